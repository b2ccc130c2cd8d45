import { createHmac } from 'node:crypto';
import Ajv from 'ajv';
import { type Static, Type } from 'typebox';
import { LICENSE_KEY_LENGTH } from '../../domain/validation/license-key.ts';
import { decideValidation, type ValidationPayload, type Verdict } from '../../domain/validation/verdict.ts';
import { type LicenseSnapshot, registerIp, withIp } from '../../store/validation.ts';
import { parseJson } from '../body.ts';
import { HttpError } from '../errors.ts';
import { faultsOf } from '../faults.ts';
import { DEGRADED, type Dependencies, type ProductCall, type Reply, route } from '../route.ts';
import type { Found } from '../snapshots/cache.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';

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

const isValidateBody = new Ajv.default({ strict: true, allErrors: true, verbose: true }).compile<
  Static<typeof ValidateBody>
>(ValidateBody);

export const validate = route({
  method: 'post',
  path: '/api/v1/validate',
  summary: 'Validate a licence',
  caller: 'product_key',

  async handle(call, deps) {
    const body = parseJson(call.body);
    if (!isValidateBody(body)) {
      const faults = faultsOf(isValidateBody.errors);
      throw new HttpError('invalid_request', faults.map((fault) => fault.message).join(' '), { faults });
    }
    const licenseKey = body.license_key.trim();
    // An empty version says as little as none (§3.2); the device's label never changes a verdict.
    const version = body.version || undefined;

    const { verdict, degraded } = await verdictFor(call, deps, { licenseKey, version });
    deps.metrics.verdicts.inc({ status: verdict.payload.status });
    return answer(call, deps, verdict.payload, degraded);
  },
});

async function verdictFor(
  call: ProductCall,
  { db, snapshots, callerAddress }: Dependencies,
  { licenseKey, version }: { licenseKey: string; version: string | undefined },
): Promise<{ verdict: Verdict; degraded: boolean }> {
  const { effective, keyHash, nowMs } = call;
  const asked = { ip: callerAddress(call.request), version };
  const found = await licenseOf(call, snapshots, licenseKey);
  const degraded = call.degraded || found.degraded;
  const facts = found.value ? await withIp(db, found.value, asked.ip) : null;
  const verdict = decideValidation(effective.facts, facts, asked, nowMs);
  if (!verdict.registersIp) return { verdict, degraded };

  // The one write of a validation, once a licence and address: it needs Postgres itself, not a snapshot of it.
  const registered = await registerIp(db, { licenseKey, keyHash, request: asked, nowMs });
  // The key was rotated away between the two looks: the call was admitted under the old one, and nothing was registered.
  if (!registered) {
    throw new HttpError('invalid_api_key', 'This API key was replaced by a new one.', {
      headers: { 'WWW-Authenticate': 'Bearer' },
    });
  }
  snapshots.forgetLicense(facts!.id);
  return { verdict: registered, degraded: false };
}

/** The licence with this key under the call's product. What can't be a key (too long, a NUL byte) is not worth a look. */
export async function licenseOf(
  { product }: ProductCall,
  snapshots: Snapshots,
  licenseKey: string,
): Promise<Found<LicenseSnapshot>> {
  const canBeKey = licenseKey.length <= LICENSE_KEY_LENGTH && /^[\x21-\x7e]+$/.test(licenseKey);
  return canBeKey ? snapshots.license({ productId: product.id, licenseKey }) : { value: undefined, degraded: false };
}

/** The ten fields in their order; the signature is over the first nine, exactly as they are sent (§3.7). */
function answer(
  { product, effective, quotaHeaders }: ProductCall,
  { signing }: Dependencies,
  payload: ValidationPayload,
  degraded: boolean,
): Reply {
  const text = JSON.stringify(payload);
  const key = effective.signingSecret === null ? null : signing.keyOf(product.id, effective.signingSecret);
  const signature = key && createHmac('sha256', key).update(text).digest('hex');
  const body = `${text.slice(0, -1)},"signature":${JSON.stringify(signature)}}`;
  const headers = degraded ? { ...quotaHeaders, ...DEGRADED } : quotaHeaders;
  return { status: 200, headers, contentType: 'application/json; charset=utf-8', body };
}
