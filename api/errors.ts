import type { Fault } from '../domain/refusal.ts';

/** Every error that a route can answer with by itself, its HTTP status and its title. The keys are the codes we promise. */
export const ERRORS = {
  invalid_request: { status: 400, title: 'The request is not what this route takes' },
  invalid_api_key: { status: 401, title: 'The API key is missing, malformed or unknown' },
  not_found: { status: 404, title: 'There is nothing here' },
  license_not_found: { status: 404, title: 'No such licence under this product' },
  method_not_allowed: { status: 405, title: 'This path does not take that method' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'The body is encoded in a way that is not read here' },
  expectation_failed: { status: 417, title: 'That expectation is not met here' },
  rate_limit_exceeded: { status: 429, title: 'The daily quota is used up' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'A part that is needed is away' },
} as const satisfies Record<string, { status: number; title: string }>;

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
