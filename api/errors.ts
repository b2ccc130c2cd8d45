import type { Fault, RefusalCode } from '../domain/refusal.ts';

interface Problem {
  status: number;
  title: string;
  /** When it is answered and what helps, for whoever meets it: docs/errors.md and `/problems/{code}` are made of it. */
  meaning: string;
}

/**
 * Every error that is answered, its HTTP status, its title and its meaning. The keys are the codes we promise: add freely; never
 * rename, never reuse. A refusal of the domain without a row here does not compile.
 */
export const ERRORS = {
  invalid_request: {
    status: 400,
    title: 'The request is not what this route takes',
    meaning:
      'The request is no well-formed HTTP, or its body can not be read. On the public API also a body that lacks something. `errors` names each fault.',
  },
  link_not_valid: {
    status: 400,
    title: 'This link does not work, or not any more',
    meaning: 'Links from mails work once and for a while. Ask for a new one.',
  },
  unauthenticated: {
    status: 401,
    title: 'Nobody is signed in',
    meaning:
      'The route takes a session cookie or an access token, and none came, or one that has ended, was revoked or is unknown.',
  },
  invalid_credentials: {
    status: 401,
    title: 'E-mail and password do not fit together',
    meaning:
      'There is no account with this e-mail and this password; which of the two is wrong is not told. On a change, the old password is wrong.',
  },
  invalid_code: {
    status: 401,
    title: 'The code is wrong or has ended',
    meaning:
      'The code, or the recovery code, is none that works now. After a few tries a new one is needed; `detail` says so.',
  },
  invalid_api_key: {
    status: 401,
    title: 'The API key is missing, malformed or unknown',
    meaning:
      "The public API takes a product's API key as a bearer token. It may have been replaced: keys that were rotated are dead at once.",
  },
  forbidden: {
    status: 403,
    title: 'This is not allowed to you',
    meaning:
      'You are known, and what you asked for is there, but your role or your token lacks what `permissions` names, or the route is for others.',
  },
  email_not_verified: {
    status: 403,
    title: 'The e-mail address is not confirmed yet',
    meaning:
      'E-mail and password are right, but nobody has followed the link that was mailed to this address. It was sent again.',
  },
  origin_not_allowed: {
    status: 403,
    title: 'Requests from this origin are not taken',
    meaning:
      'A request with a session cookie changes something only if its `Origin` is the platform itself or one of `PLIMSOLL_CORS_ORIGINS`. Scripts use access tokens, which need no origin.',
  },
  plan_limit_reached: {
    status: 403,
    title: 'The plan allows no more of these',
    meaning:
      'The limit named in `limit` is used up: `used` of `allowed`. Remove one, wait until `resets_at`, or move to `admitting_plan`.',
  },
  feature_not_available: {
    status: 403,
    title: 'The plan does not have this',
    meaning:
      'The feature named in `feature` is not part of the plan in force. `admitting_plan` is the lowest that has it.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    meaning:
      'Nothing is at this path, or nothing that you may know of: what belongs to others answers as if it were not there.',
  },
  license_not_found: {
    status: 404,
    title: 'No such licence under this product',
    meaning: 'The product of the API key has no licence with that key.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This path does not take that method',
    meaning: '`Allow` names the methods that the path takes.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    meaning: 'Headers or body did not come in time. Send the request again.',
  },
  conflict: {
    status: 409,
    title: 'That does not fit what is there',
    meaning: 'What was asked for contradicts the state of a thing; `detail` says which. Read it again, then decide.',
  },
  name_taken: {
    status: 409,
    title: 'Another one already has this name',
    meaning: 'The value at the `pointer` of `errors` is taken. Choose another.',
  },
  idempotency_running: {
    status: 409,
    title: 'A request with this Idempotency-Key is still running',
    meaning:
      'The first request with this key has no answer yet. Ask again after `Retry-After`: its answer will be given.',
  },
  precondition_failed: {
    status: 412,
    title: 'It was changed since you read it',
    meaning: '`If-Match` does not hold the ETag that the thing has now. Read it again, and apply your change to that.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    meaning: 'Bodies are read up to a size that `errors` names. Nothing was done, and nothing counted.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is encoded in a way that is not read here',
    meaning: 'Send JSON in UTF-8 with `Content-Type: application/json` and without a `Content-Encoding`.',
  },
  expectation_failed: {
    status: 417,
    title: 'That expectation is not met here',
    meaning: 'The only value of `Expect` that is met is `100-continue`.',
  },
  validation_failed: {
    status: 422,
    title: 'Something in the request is not accepted',
    meaning:
      '`errors` names all faults at once, a hundred at most: where, a code, what is wrong, and what would be accepted.',
  },
  idempotency_conflict: {
    status: 422,
    title: 'This Idempotency-Key belongs to another request',
    meaning: 'The key was sent with another path or body within the last 24 hours. A new request needs a new key.',
  },
  rate_limit_exceeded: {
    status: 429,
    title: 'The daily quota is used up',
    meaning: "All API calls that the provider's plan allows a day are used. It resets at midnight UTC.",
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    meaning:
      'You asked more often than is served in a minute. `Retry-After` says in how many seconds one more is taken.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    meaning: 'Request line and headers together are larger than what is read here.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong on our side',
    meaning: 'A fault of ours. Send the `request_id` along with your report: our log has the cause under it.',
  },
  unavailable: {
    status: 503,
    title: 'A part that is needed is away',
    meaning:
      'Try again after `Retry-After`. Whether something was done is not known; an `Idempotency-Key` makes the repeat safe.',
  },
} as const satisfies Record<RefusalCode, Problem> & Record<string, Problem>;

export type ErrorCode = keyof typeof ERRORS;

/** Thrown by a route to answer with an error. `detail` is for whoever reads it at midnight, and holds no secret. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly detail: string;
  readonly headers: Record<string, string>;
  readonly faults: Fault[];
  /** Members of the body beside those that every error has. */
  readonly members: Record<string, unknown>;

  constructor(
    code: ErrorCode,
    detail: string,
    more: {
      headers?: Record<string, string>;
      faults?: Fault[];
      members?: Record<string, unknown>;
      cause?: unknown;
    } = {},
  ) {
    super(code, more.cause === undefined ? undefined : { cause: more.cause });
    this.code = code;
    this.status = ERRORS[code].status;
    this.detail = detail;
    this.headers = more.headers ?? {};
    this.faults = more.faults ?? [];
    this.members = more.members ?? {};
  }
}

export interface RenderedError {
  status: number;
  contentType: string;
  body: string;
}

/**
 * An error as the caller of that path reads it: below `/api/` as the public API's clients expect it (plain JSON with `message`,
 * docs/spec/keyport.md §3.5), elsewhere as problem details (RFC 9457).
 */
export function renderError(
  error: HttpError,
  { path, requestId }: { path: string | undefined; requestId: string },
): RenderedError {
  const { code, status, detail, members } = error;
  const errors = error.faults.length > 0 ? { errors: error.faults } : {};
  if (path === undefined || path === '/api' || path.startsWith('/api/')) {
    const body = { valid: false, status: code, message: detail, ...members, ...errors };
    return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
  }
  const { title } = ERRORS[code];
  const body = { type: `/problems/${code}`, title, status, detail, code, request_id: requestId, ...members, ...errors };
  return { status, contentType: 'application/problem+json', body: JSON.stringify(body) };
}
