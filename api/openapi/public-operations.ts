import { ERRORS, type ErrorCode } from '../errors.ts';
import { ValidateBody } from '../public/validate.ts';
import type { Operation } from './document.ts';

type Json = Record<string, unknown>;

const text = { type: 'string' };
const maybe = (schema: Json): Json => ({ anyOf: [schema, { type: 'null' }] });
const uuid = { type: 'string', format: 'uuid' };
const instant = { type: 'string', format: 'date-time' };
const whole = { type: 'integer', minimum: 0 };

function object(properties: Json, required: readonly string[] = Object.keys(properties)): Json {
  return { type: 'object', required: [...required], properties };
}

const STATUSES = [
  'active',
  'license_not_found',
  'revoked',
  'expired',
  'ip_blocked',
  'ip_limit_reached',
  'ip_not_registered',
  'product_not_found',
  'product_archived',
  'product_disabled',
  'org_suspended',
  'billing_suspended',
];

/** The bodies of the public API: KeyPort's to the last field (docs/spec/keyport.md §3). */
export const PUBLIC_SCHEMAS: Json = {
  Verdict: object({
    valid: { type: 'boolean', description: 'the one thing to gate on' },
    status: { type: 'string', enum: STATUSES, description: 'why' },
    expires: maybe(instant),
    ip_registered: maybe({ type: 'boolean' }),
    ip_count: maybe(whole),
    max_ips: maybe(whole),
    version: maybe(text),
    version_valid: maybe({ type: 'boolean' }),
    custom: maybe({ type: 'object' }),
    signature: maybe(text),
  }),
  LicenseLookup: object({
    id: uuid,
    organization_id: uuid,
    product_id: uuid,
    global_customer_id: maybe(uuid),
    license_key: text,
    status: { type: 'string', enum: ['active', 'revoked', 'expired'] },
    expires_at: maybe(instant),
    is_lifetime: { type: 'boolean' },
    ip_system_enabled: { type: 'boolean' },
    max_ips: maybe(whole),
    current_unique_ip_count: whole,
    notes: maybe(text),
    version_pin_mode: maybe({ type: 'string', enum: ['exact', 'range'] }),
    version_pinned: maybe(text),
    version_range_min: maybe(text),
    version_range_max: maybe(text),
    revoked_at: maybe(instant),
    created_at: instant,
    updated_at: instant,
    customer_email: maybe(text),
    customer_name: maybe(text),
    customer_discord_id: maybe(text),
  }),
  PublicError: object(
    {
      valid: { type: 'boolean', const: false },
      status: { type: 'string', description: 'the code' },
      message: text,
      retry_after: { type: 'integer', minimum: 1 },
      errors: { type: 'array', items: { type: 'object' } },
    },
    ['valid', 'status', 'message'],
  ),
};

function refusals(...codes: ErrorCode[]): Record<string, Json> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of codes) byStatus.set(ERRORS[code].status, [...(byStatus.get(ERRORS[code].status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, those]) => [
      status,
      {
        description: those.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('. '),
        content: { 'application/json': { schema: { $ref: '#/components/schemas/PublicError' } } },
      },
    ]),
  );
}

function ok(description: string, schema: string): Json {
  return { description, content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } } };
}

const byProductKey = [{ product_key: [] }];

/** What the document says of routes that are no management routes. */
export const PUBLIC_PATHS: Record<string, Record<string, Operation>> = {
  '/api/v1/validate': {
    post: {
      operationId: 'validateLicense',
      summary: 'Validate a licence',
      description:
        "Takes one from the product's day. The verdict is 200 whatever it is; the address that calls may be registered for the licence.",
      tags: ['Validation'],
      security: byProductKey,
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: JSON.parse(JSON.stringify(ValidateBody)) as Json,
            example: { license_key: 'AB12-CD34-EF56-GH78', version: '2.1.0' },
          },
        },
      },
      responses: {
        200: ok('The verdict', 'Verdict'),
        ...refusals(
          'invalid_request',
          'invalid_api_key',
          'payload_too_large',
          'unsupported_media_type',
          'rate_limit_exceeded',
          'internal_error',
          'unavailable',
        ),
      },
    },
  },
  '/api/v1/license/{license_key}': {
    get: {
      operationId: 'lookUpLicense',
      summary: 'Look a licence up by its key',
      description: "Takes one from the product's day, and changes nothing.",
      tags: ['Validation'],
      security: byProductKey,
      parameters: [{ name: 'license_key', in: 'path', required: true, schema: { type: 'string', minLength: 1 } }],
      responses: {
        200: ok('The licence', 'LicenseLookup'),
        ...refusals(
          'invalid_request',
          'invalid_api_key',
          'license_not_found',
          'rate_limit_exceeded',
          'internal_error',
          'unavailable',
        ),
      },
    },
  },
};
