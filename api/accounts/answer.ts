import type { IncomingMessage } from 'node:http';
import type { Attempt, Attempts } from '../../counters/attempts.ts';
import type { Carrying } from '../../store/carried.ts';
import { isUniqueViolation } from '../../store/database.ts';
import { parseJson, readBody } from '../body.ts';
import { HttpError, renderError } from '../errors.ts';
import type { Call, Reply } from '../route.ts';
import type { Audience } from './accounts.ts';
import { DASHBOARD_PATH, NEW_PASSWORD_PAGE } from './dashboard.ts';
import { type AccountExchange, within } from './exchange.ts';
import { checkInput } from './input.ts';
import { tryAt } from './limits.ts';
import { ADDRESS_HEADER, seconds } from './options.ts';
import { PORTAL_PATH } from './portal.ts';
import { accountProblem } from './problems.ts';

const MOST_BODY_BYTES = 65_536;

/** All that the library is told of a request beside its body. */
const TOLD = [
  'cookie',
  'host',
  'origin',
  'referer',
  'user-agent',
  'sec-fetch-site',
  'sec-fetch-mode',
  'sec-fetch-dest',
];

/** What takes no time where there is no such account: answered after as long as it takes where there is. Milliseconds. */
const EVEN_MS: Record<string, number> = { '/request-password-reset': 250 };

interface Parts {
  handler: (request: Request) => Promise<Response>;
  audience: Audience;
  carrying: Carrying;
  attempts: Attempts;
  callerAddress: (request: IncomingMessage) => string;
  now: () => number;
}

/**
 * Has the library answer a request, in our envelope: bodies are JSON and bounded, all that is written is one transaction with its mails
 * and audit entries, errors are problem details, limits have their headers.
 * @throws {HttpError}, {Refusal}
 */
export async function answerAccounts(parts: Parts, { request, requestId }: Call): Promise<Reply> {
  const { audience, callerAddress, now } = parts;
  const beganMs = performance.now();
  const basePath = audience === 'dashboard' ? DASHBOARD_PATH : PORTAL_PATH;
  const [target = '', ...search] = (request.url ?? '').split('?');
  const path = target.slice(basePath.length);
  const text = await readBody(request, MOST_BODY_BYTES);
  // HEAD, too: whoever looks where a link leads must not use it up.
  if (request.method !== 'GET' && request.method !== 'POST') {
    throw new HttpError('method_not_allowed', 'This path takes GET or POST.', { headers: { Allow: 'GET, POST' } });
  }
  const body = request.method === 'GET' ? {} : withDefaults(audience, path, bodyOf(request, text));
  checkInput(path, body, request.url ?? '');

  const exchange: AccountExchange = {
    audience,
    path,
    body,
    ip: callerAddress(request),
    nowMs: now(),
    attempt: undefined,
    sessionBeganAtMs: undefined,
    newUserId: undefined,
  };
  await holdLimit(parts, exchange);

  const answer = (): Promise<Response> => {
    const url = `http://localhost${target}${search.length > 0 ? `?${search.join('?')}` : ''}`;
    return within(exchange, () =>
      carried(parts, exchange, () => toWebRequest(request, url, body, exchange.ip), requestId),
    );
  };
  // Two at once with a new address, say: the second finds now what the first has written.
  const response = await answer().catch((error: unknown) => {
    if (isUniqueViolation(error)) return answer();
    throw error;
  });
  await evenedOut(path, beganMs);
  return toReply(response, exchange, { path: request.url, requestId });
}

async function carried(
  { carrying, handler, audience }: Parts,
  exchange: AccountExchange,
  toRequest: () => Request,
  requestId: string,
): Promise<Response> {
  const request = toRequest();
  const origin = { ip: exchange.ip, userAgent: request.headers.get('user-agent')?.slice(0, 500) ?? null, requestId };
  return carrying.carry(
    async () => {
      const response = await handler(request);
      // Thrown, it takes back what was written.
      if (response.status >= 500) throw new Error(`The library of accounts answered ${response.status}`);
      return response;
    },
    { kind: audience === 'dashboard' ? 'user' : 'customer', origin },
  );
}

function bodyOf(request: IncomingMessage, text: Buffer): Record<string, unknown> {
  if (text.length === 0) return {};
  if (!/^application\/json *(;|$)/i.test(request.headers['content-type']?.trim() ?? '')) {
    throw new HttpError('unsupported_media_type', 'Send JSON, and say so: Content-Type: application/json');
  }
  const body = parseJson(text);
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body };
  const message = 'The body is no JSON object.';
  throw new HttpError('validation_failed', message, {
    faults: [{ pointer: '', code: 'not_an_object', message, accepts: 'a JSON object' }],
  });
}

/** What the library takes for said where nothing was said, and shouldn't. */
function withDefaults(audience: Audience, path: string, body: Record<string, unknown>): Record<string, unknown> {
  if (audience !== 'dashboard') return body;
  // Who changes a password because somebody else knows it wants that one out, and doesn't know that it has to be asked for.
  if (path === '/change-password') return { revokeOtherSessions: true, ...body };
  // Without a page to lead to, the link in the mail would lead to an error.
  if (path === '/request-password-reset' && (body['redirectTo'] ?? '') === '') {
    return { ...body, redirectTo: NEW_PASSWORD_PAGE };
  }
  return body;
}

async function holdLimit({ attempts }: Parts, { audience, path, body }: AccountExchange): Promise<void> {
  if (typeof body['email'] !== 'string') return;
  const attempt = await tryAt(attempts, { audience, path, email: body['email'] });
  if (!attempt || attempt.counted) return;
  throw new HttpError('rate_limited', 'Too many attempts with this e-mail address. Try again later.', {
    headers: limitHeaders(attempt),
    members: { message: 'Too many attempts with this e-mail address. Try again later.' },
  });
}

function toWebRequest(request: IncomingMessage, url: string, body: object, ip: string): Request {
  const headers = new Headers({ [ADDRESS_HEADER]: ip });
  for (const name of TOLD) {
    const value = request.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  if (request.method === 'GET') return new Request(url, { headers });
  headers.set('content-type', 'application/json');
  return new Request(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function evenedOut(path: string, beganMs: number): Promise<void> {
  const leftMs = (EVEN_MS[path] ?? 0) - (performance.now() - beganMs);
  if (leftMs > 0) await new Promise((resolve) => setTimeout(resolve, leftMs));
}

async function toReply(
  response: Response,
  { attempt }: AccountExchange,
  { path, requestId }: { path: string | undefined; requestId: string },
): Promise<Reply> {
  const cookies = response.headers.getSetCookie();
  const headers: Record<string, string> = attempt ? limitHeaders(attempt) : {};
  const text = await response.text();
  if (response.status >= 400) {
    const problem = accountProblem(response.status, text, headers);
    if (cookies.length === 0) throw problem;
    return { ...renderError(problem, { path, requestId }), headers, cookies };
  }
  const location = response.headers.get('location');
  // Beside a body it is for the library's own client, which reads the body.
  if (location !== null && response.status >= 300) headers['Location'] = location;
  const contentType = text === '' ? '' : (response.headers.get('content-type') ?? 'application/json');
  return { status: response.status, headers, cookies, contentType, body: text };
}

function limitHeaders({
  counted,
  allowed,
  remaining,
  resetsInMs,
}: Attempt & { allowed: number }): Record<string, string> {
  const reset = String(seconds(resetsInMs));
  return {
    'RateLimit-Limit': String(allowed),
    'RateLimit-Remaining': String(remaining),
    'RateLimit-Reset': reset,
    ...(!counted && { 'Retry-After': reset }),
  };
}
