import { createHmac } from 'node:crypto';
import Ajv from 'ajv';
import { type Static, Type } from 'typebox';
import { LICENSE_KEY_LENGTH } from '../../domain/validation/license-key.ts';
import { decideValidation, type Verdict } from '../../domain/validation/verdict.ts';
import { type LicenseSnapshot, withIp } from '../../store/validation.ts';
import { parseJson } from '../body.ts';
import { HttpError } from '../errors.ts';
import { faultsOf } from '../faults.ts';
import { DEGRADED, type Dependencies, type ProductCall, type Reply, route } from '../route.ts';
import type { Found } from '../snapshots/cache.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import { register } from './registrations.ts';

const OptionalText = (accepts: string) =>
  Type.Optional(Type.Unsafe<string | null>({ type: ['string', 'null'], description: accepts }));

/** docs/spec/keyport.md §3.2. Unknown members are ignored; `null` is as good as absent. */
export const ValidateBody = Type.Object(
  {
    license_key: Type.String({ description: 'the licence key as a string' }),
    version: OptionalText("the application's version as a string"),
    device_id: OptionalText('a label of your own as a string'),
  },
  { description: 'a JSON object with license_key' },
);

/** What the schema says of a body, with words for each fault. */
export const checkValidateBody = new Ajv.default({ strict: true, allErrors: true, verbose: true }).compile<
  Static<typeof ValidateBody>
>(ValidateBody);

/** The same answer as the schema's, by hand: every call passes here, and nearly every one is right. A test holds both together. */
export function isValidateBody(value: unknown): value is Static<typeof ValidateBody> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { license_key: licenseKey, version, device_id: deviceId } = value as Record<string, unknown>;
  return typeof licenseKey === 'string' && isOptionalText(version) && isOptionalText(deviceId);
}

function isOptionalText(value: unknown): boolean {
  return typeof value === 'string' || value === null || value === undefined;
}

export const validate = route({
  method: 'post',
  path: '/api/v1/validate',
  summary: 'Validate a licence',
  isAheadOfKoa: true,
  caller: 'product_key',

  prepare(call, deps) {
    const ip = deps.callerAddress(call.request);
    const asked = parsed(call.body);
    if (asked instanceof HttpError) {
      const answer = (): never => {
        throw asked;
      };
      return { licenseId: null, ip, version: null, deviceId: null, status: 'invalid_request', answer };
    }
    const { licenseKey, version, deviceId } = asked;
    // With tracking off nothing about addresses is recorded (§6.3 row 1).
    const isTracked = call.effective.facts.ipRules?.track ?? true;
    const facts = { ip: isTracked ? ip : null, version: version ?? null, deviceId };
    const told = (decided: Decided) => {
      const { status } = decided.verdict.payload;
      deps.metrics.validated(status);
      return {
        reply: reply(call, deps, decided, licenseKey),
        status,
        facts: { ...facts, licenseId: decided.licenseId },
      };
    };

    const atHand = decideAtHand(call, deps, { licenseKey, ip, version });
    if (atHand) {
      const { licenseId, verdict } = atHand;
      return { ...facts, licenseId, status: verdict.payload.status, answer: () => told(atHand) };
    }
    const decided = async () => told(await decide(call, deps, { licenseKey, ip, version }));
    return { ...facts, licenseId: null, status: null, answer: decided };
  },
});

interface Asked {
  licenseKey: string;
  ip: string;
  version: string | undefined;
}

interface Decided {
  verdict: Verdict;
  licenseId: string | null;
  degraded: boolean;
}

/** What was asked for, or the error to answer with once the call is counted (docs/spec/keyport.md §3.8 step 3a). */
function parsed(
  body: Buffer,
): { licenseKey: string; version: string | undefined; deviceId: string | null } | HttpError {
  try {
    const value = parseJson(body);
    if (!isValidateBody(value)) {
      checkValidateBody(value);
      const faults = faultsOf(checkValidateBody.errors);
      return new HttpError('invalid_request', faults.map((fault) => fault.message).join(' '), { faults });
    }
    // An empty version says as little as none (§3.2); the device's label never changes a verdict.
    return {
      licenseKey: value.license_key.trim(),
      version: value.version || undefined,
      deviceId: value.device_id ?? null,
    };
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
}

/** The verdict where it takes no look at Postgres: the licence is at hand, and nothing has to be registered. */
function decideAtHand(call: ProductCall, { snapshots }: Dependencies, asked: Asked): Decided | undefined {
  const found = canBeKey(asked.licenseKey)
    ? snapshots.peekLicense({ productId: call.product.id, licenseKey: asked.licenseKey })
    : { value: undefined, degraded: false };
  if (!found || found.value?.hasManyIps) return undefined;
  const verdict = decideValidation(call.effective.facts, found.value?.facts ?? null, asked, call.nowMs);
  if (verdict.registersIp) return undefined;
  return { verdict, licenseId: found.value?.facts.id ?? null, degraded: call.degraded || found.degraded };
}

/** The verdict with all that it takes: the licence is loaded, an address is registered. */
async function decide(call: ProductCall, deps: Dependencies, asked: Asked): Promise<Decided> {
  const { effective, nowMs, product } = call;
  const found = await licenseOf(call, deps.snapshots, asked.licenseKey);
  const degraded = call.degraded || found.degraded;
  const facts = found.value ? await withIp(deps.db, found.value, asked.ip) : null;
  const licenseId = facts?.id ?? null;
  const verdict = decideValidation(effective.facts, facts, asked, nowMs);
  if (!verdict.registersIp || licenseId === null) return { verdict, licenseId, degraded };

  const license = { id: licenseId, productId: product.id, licenseKey: asked.licenseKey };
  const registered = await register(deps, license, { request: asked, nowMs });
  // Many first calls of one machine need one registration: they look again at what it has left.
  return registered ? { verdict: registered, licenseId, degraded: false } : decide(call, deps, asked);
}

/** The licence with this key under the call's product. */
export async function licenseOf(
  { product }: ProductCall,
  snapshots: Snapshots,
  licenseKey: string,
): Promise<Found<LicenseSnapshot>> {
  return canBeKey(licenseKey)
    ? snapshots.license({ productId: product.id, licenseKey })
    : { value: undefined, degraded: false };
}

/** What can't be a key (too long, a NUL byte) is not worth a look. */
function canBeKey(text: string): boolean {
  return text.length <= LICENSE_KEY_LENGTH && /^[\x21-\x7e]+$/.test(text);
}

/**
 * The ten fields in their order; the signature is over the first nine, exactly as they are sent (§3.7). Where the product wants it,
 * a header binds the whole answer to its moment and to the key that was asked for, so that it can't be played back (§13.4).
 */
function reply(
  { product, effective, nowMs }: ProductCall,
  { signing }: Dependencies,
  { verdict, degraded }: Decided,
  licenseKey: string,
): Reply {
  const text = JSON.stringify(verdict.payload);
  const key = effective.signingSecret === null ? null : signing.keyOf(product.id, effective.signingSecret);
  const signature = key && createHmac('sha256', key).update(text).digest('hex');
  const body = `${text.slice(0, -1)},"signature":${JSON.stringify(signature)}}`;

  const headers: Record<string, string> = degraded ? { ...DEGRADED } : {};
  if (key && effective.signatureHeader) {
    const seconds = Math.floor(nowMs / 1000);
    const digest = createHmac('sha256', key).update(`${seconds}.${licenseKey}.${body}`).digest('hex');
    headers['Plimsoll-Signature'] = `t=${seconds},v1=${digest}`;
  }
  return { status: 200, headers, contentType: 'application/json; charset=utf-8', body };
}
