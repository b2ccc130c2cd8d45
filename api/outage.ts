import { isRedisOutage } from '../counters/redis.ts';
import { Refusal } from '../domain/refusal.ts';
import { isDatabaseOutage } from '../store/database.ts';
import { HttpError } from './errors.ts';
import { refusalError } from './refusals.ts';

const RETRY_AFTER_SECONDS = '2';

/** What any thrown thing is to the caller: an error as it is, a refusal in words, an outage as 503 with a time to come back, a bug as 500. */
export function toHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof Refusal) return refusalError(error);
  if (isDatabaseOutage(error) || isRedisOutage(error)) {
    return new HttpError('unavailable', 'The service can not answer right now. Try again in a moment.', {
      headers: { 'Retry-After': RETRY_AFTER_SECONDS },
      cause: error,
    });
  }
  return new HttpError('internal_error', 'Something went wrong on our side. The request id helps us to find it.', {
    cause: error,
  });
}
