import { type ErrorCode, HttpError } from '../errors.ts';

/** What the library's codes are in ours; what has no row is told by its status alone. */
const CODES: Record<string, ErrorCode> = {
  UNAUTHORIZED: 'unauthenticated',
  FAILED_TO_GET_SESSION: 'unauthenticated',
  INVALID_EMAIL_OR_PASSWORD: 'invalid_credentials',
  INVALID_PASSWORD: 'invalid_credentials',
  CREDENTIAL_ACCOUNT_NOT_FOUND: 'invalid_credentials',
  EMAIL_NOT_VERIFIED: 'email_not_verified',
  INVALID_TOKEN: 'link_not_valid',
  TOKEN_EXPIRED: 'link_not_valid',
  USER_NOT_FOUND: 'link_not_valid',
  INVALID_CODE: 'invalid_code',
  INVALID_BACKUP_CODE: 'invalid_code',
  INVALID_OTP: 'invalid_code',
  OTP_EXPIRED: 'invalid_code',
  OTP_HAS_EXPIRED: 'invalid_code',
  TOO_MANY_ATTEMPTS: 'invalid_code',
  TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE: 'invalid_code',
  INVALID_TWO_FACTOR_COOKIE: 'unauthenticated',
  ACCOUNT_TEMPORARILY_LOCKED: 'rate_limited',
  INVALID_ORIGIN: 'origin_not_allowed',
  MISSING_OR_NULL_ORIGIN: 'origin_not_allowed',
  CROSS_SITE_NAVIGATION_LOGIN_BLOCKED: 'origin_not_allowed',
  INVALID_CALLBACK_URL: 'validation_failed',
  INVALID_REDIRECT_URL: 'validation_failed',
  INVALID_ERROR_CALLBACK_URL: 'validation_failed',
  INVALID_NEW_USER_CALLBACK_URL: 'validation_failed',
};

const BY_STATUS: Record<number, ErrorCode> = {
  400: 'validation_failed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  409: 'conflict',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
  422: 'validation_failed',
  429: 'rate_limited',
};

/**
 * An answer of the library that is an error, as ours: problem details with our codes. What its own client reads stands there, too:
 * `message`, and its code under `reason`. The status is the one that our code has everywhere.
 */
export function accountProblem(status: number, text: string, headers: Record<string, string>): HttpError {
  const { code: reason, message } = parsed(text);
  const code = (reason !== undefined && CODES[reason]) || (BY_STATUS[status] ?? 'invalid_request');
  const detail = message ?? WITHOUT_WORDS[code] ?? 'This is not taken here.';
  const members = { message: detail, ...(reason !== undefined && { reason }) };
  const faults = code === 'validation_failed' ? [faultIn(detail)] : [];
  return new HttpError(code, detail, { members, headers, faults });
}

const WITHOUT_WORDS: Partial<Record<ErrorCode, string>> = {
  not_found: 'There is nothing at this path.',
  rate_limited: 'Too many attempts. Try again later.',
};

/** The library tells faults of a body as one sentence: `[body.email] Invalid email address; [body.name] …`. The first is pointed at. */
function faultIn(message: string) {
  const [, name] = /^\[(?:body|query)\.([A-Za-z0-9_.]+)\]/.exec(message) ?? [];
  const pointer = name === undefined ? '' : `/${name.replaceAll('.', '/')}`;
  return { pointer, code: 'not_accepted', message, accepts: 'what docs/accounts.md says of this route' };
}

function parsed(text: string): { code?: string; message?: string } {
  try {
    const body = JSON.parse(text) as { code?: unknown; message?: unknown } | null;
    return {
      ...(typeof body?.code === 'string' && { code: body.code }),
      ...(typeof body?.message === 'string' && { message: body.message }),
    };
  } catch {
    return {};
  }
}
