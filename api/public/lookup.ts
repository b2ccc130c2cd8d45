import { lookupPayload } from '../../domain/validation/lookup.ts';
import { HttpError } from '../errors.ts';
import { DEGRADED, json, route } from '../route.ts';
import { licenseOf } from './validate.ts';

/** Read-only: registers no IP, runs no rule of validation, costs one call (docs/spec/keyport.md §3.6). */
export const lookup = route({
  method: 'get',
  path: '/api/v1/license/:key',
  summary: 'Look a licence up by its key',
  caller: 'product_key',

  async handle(call, { snapshots }) {
    const licenseKey = decoded(call.params.key!).trim();
    const license = await licenseOf(call, snapshots, licenseKey);
    if (!license.value) throw new HttpError('license_not_found', 'This product has no licence with that key.');
    const headers = call.degraded || license.degraded ? { ...call.quotaHeaders, ...DEGRADED } : call.quotaHeaders;
    return json(200, lookupPayload(call.effective.facts, license.value.lookup, call.nowMs), headers);
  },
});

/** Decoded once, and only here: routes are matched on what was sent, so `%2F` never splits a path. @throws {HttpError} `invalid_request` */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    const message = 'The licence key in the path is not percent-encoded UTF-8.';
    const faults = [{ pointer: '/key', code: 'bad_encoding', message, accepts: 'the key, percent-encoded as UTF-8' }];
    throw new HttpError('invalid_request', message, { faults, cause: error });
  }
}
