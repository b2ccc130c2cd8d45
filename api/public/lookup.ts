import { lookupPayload } from '../../domain/validation/lookup.ts';
import { HttpError, renderError } from '../errors.ts';
import { DEGRADED, json, type ProductCall, type Reply, route } from '../route.ts';
import { licenseOf } from './validate.ts';

/** Read-only: registers no IP, runs no rule of validation, costs one call (docs/spec/keyport.md §3.6). */
export const lookup = route({
  method: 'get',
  path: '/api/v1/license/:key',
  summary: 'Look a licence up by its key',
  caller: 'product_key',

  prepare(call, { snapshots, callerAddress }) {
    const facts = { licenseId: null, ip: callerAddress(call.request), version: null, deviceId: null };
    const licenseKey = decoded(call.params.key!);
    if (licenseKey instanceof HttpError) {
      const answer = (): never => {
        throw licenseKey;
      };
      return { ...facts, status: 'invalid_request', answer };
    }
    return {
      ...facts,
      status: null,
      async answer() {
        const { value, degraded } = await licenseOf(call, snapshots, licenseKey.trim());
        if (!value) return { reply: notFound(call), status: 'lookup_not_found' };
        const headers = call.degraded || degraded ? DEGRADED : {};
        const reply = json(200, lookupPayload(call.effective.facts, value.lookup, call.nowMs), headers);
        return { reply, status: 'lookup', facts: { ...facts, licenseId: value.facts.id } };
      },
    };
  },
});

function notFound({ requestId, request }: ProductCall): Reply {
  const error = new HttpError('license_not_found', 'This product has no licence with that key.');
  return renderError(error, { path: request.url, requestId });
}

/** Decoded once, and only here: routes are matched on what was sent, so `%2F` never splits a path. */
function decoded(segment: string): string | HttpError {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    const message = 'The licence key in the path is not percent-encoded UTF-8.';
    const faults = [{ pointer: '/key', code: 'bad_encoding', message, accepts: 'the key, percent-encoded as UTF-8' }];
    return new HttpError('invalid_request', message, { faults, cause: error });
  }
}
