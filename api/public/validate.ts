import { createHmac } from 'node:crypto';
import Ajv from 'ajv';
import { type Static, Type } from 'typebox';
import { LICENSE_KEY_LENGTH } from '../../domain/validation/license-key.ts';
import { decideValidation, type ValidationPayload, type Verdict } from '../../domain/validation/verdict.ts';
import { findLicense, registerIp } from '../../store/validation.ts';
import { parseJson } from '../body.ts';
import { HttpError } from '../errors.ts';
import { faultsOf } from '../faults.ts';
import { type Dependencies, type ProductCall, type Reply, route } from '../route.ts';

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

    const verdict = await verdictFor(call, deps, { licenseKey, version });
    deps.metrics.verdicts.inc({ status: verdict.payload.status });
    return answer(call, deps, verdict.payload);
  },
});

async function verdictFor(
  { request, product, keyHash, nowMs }: ProductCall,
  { db, callerAddress }: Dependencies,
  { licenseKey, version }: { licenseKey: string; version: string | undefined },
): Promise<Verdict> {
  const asked = { ip: callerAddress(request), version };
  const license = canBeLicenseKey(licenseKey)
    ? await findLicense(db, { productId: product.id, licenseKey })
    : undefined;
  const verdict = decideValidation(product.facts(nowMs), license?.facts ?? null, asked, nowMs);
  if (!verdict.registersIp) return verdict;

  const registered = await registerIp(db, { licenseKey, keyHash, request: asked, nowMs });
  // The key was rotated away between the two looks: the call was admitted under the old one, and nothing was registered.
  if (!registered)
    throw new HttpError('invalid_api_key', 'This API key was replaced by a new one.', {
      headers: { 'WWW-Authenticate': 'Bearer' },
    });
  return registered;
}

/** The ten fields in their order; the signature is over the first nine, exactly as they are sent (§3.7). */
function answer(
  { product, nowMs, quotaHeaders }: ProductCall,
  { secrets }: Dependencies,
  payload: ValidationPayload,
): Reply {
  const text = JSON.stringify(payload);
  const sealed = product.signingSecret(nowMs);
  const signature =
    sealed === null ? null : createHmac('sha256', secrets.open(sealed, product.id)).update(text).digest('hex');
  const body = `${text.slice(0, -1)},"signature":${JSON.stringify(signature)}}`;
  return { status: 200, headers: quotaHeaders, contentType: 'application/json; charset=utf-8', body };
}

/** Whether a text can be a licence's key at all: what can't be one (too long, a NUL byte) is not worth a query. */
export function canBeLicenseKey(text: string): boolean {
  return text.length <= LICENSE_KEY_LENGTH && /^[\x21-\x7e]+$/.test(text);
}
