import { ERRORS, type ErrorCode } from '../errors.ts';

/** What the document has beside the routes: headers, parameters, problem details, ways to sign in. */

const whole = { type: 'integer', minimum: 0 };

export const HEADERS = {
  'X-Request-Id': {
    description: 'Names this request in our log: your own id, where you sent a decent one',
    schema: { type: 'string' },
  },
  'RateLimit-Limit': { description: 'Calls that you have a minute', schema: whole },
  'RateLimit-Remaining': { description: 'Calls that are left of this minute', schema: whole },
  'RateLimit-Reset': { description: 'Seconds until this minute ends', schema: whole },
  ETag: { description: 'What this answer reads as; to be sent in `If-Match`', schema: { type: 'string' } },
};

const names = ['X-Request-Id', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'];

export const COMMON_HEADERS = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

export const PARAMETERS = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'Any text that is yours alone, such as a UUID. Repeated within 24 hours with the same key, the request is done once, and the first ' +
      'answer given again with `Idempotent-Replayed: true`.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    required: false,
    description: 'The ETag of the thing as you read it: it is changed only if it still is that.',
    schema: { type: 'string' },
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'The ETag of the answer that you have: it is not sent again.',
    schema: { type: 'string' },
  },
};

export const SECURITY_SCHEMES = {
  token: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'plm_…',
    description: 'An access token, personal or of an organisation.',
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: 'plimsoll.session_token',
    description:
      'The cookie of a person who is signed in. What changes something also needs an `Origin` of the platform, as browsers send it.',
  },
  portal: {
    type: 'apiKey',
    in: 'cookie',
    name: 'plimsoll-portal.session_token',
    description: 'The cookie of a customer who is signed in to the portal.',
  },
  product_key: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'kp_live_…',
    description: "A product's API key, for the public API alone.",
  },
};

const ALL_CODES = Object.keys(ERRORS).sort();

/** Problem details (RFC 9457). */
export const PROBLEM = {
  type: 'object',
  description: 'What went wrong, and what helps. Some codes have more members, such as the limit that was reached.',
  required: ['type', 'title', 'status', 'detail', 'code', 'request_id'],
  properties: {
    type: { type: 'string', description: 'leads to a page about the code' },
    title: { type: 'string' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'what is, what is allowed, what helps' },
    code: { type: 'string', enum: ALL_CODES },
    request_id: { type: 'string' },
    errors: {
      type: 'array',
      description: 'every fault of the request',
      items: {
        type: 'object',
        required: ['pointer', 'code', 'message', 'accepts'],
        properties: {
          pointer: { type: 'string', description: 'where, as a JSON pointer into body or query' },
          code: { type: 'string' },
          message: { type: 'string' },
          accepts: { type: 'string', description: 'what would be accepted' },
        },
      },
    },
  },
};

export function problemExample(code: ErrorCode): Record<string, unknown> {
  const { title, status, meaning } = ERRORS[code];
  const request_id = 'req_0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b';
  return { type: `/problems/${code}`, title, status, detail: meaning, code, request_id };
}
