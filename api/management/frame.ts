import { Readable } from 'node:stream';
import type { Knex } from 'knex';
import { unreachable } from '../../domain/unreachable.ts';
import { isId } from '../../runtime/ids.ts';
import { type Actor, acting, type Origin } from '../../store/acting.ts';
import { parseJson, readBody } from '../body.ts';
import { HttpError } from '../errors.ts';
import type { Call, Dependencies, Reply } from '../route.ts';
import { countCall, nameOf } from './call-limits.ts';
import { admit, type Caller, callerOf } from './callers.ts';
import { etagOf, holdAgainst, isKnownAlready } from './etags.ts';
import { answerOnce, onceAsked } from './idempotency.ts';
import { checkedBody, checkedQuery, fault, invalid, NO_QUERY } from './input.ts';
import { refuseForeignOrigin } from './origins.ts';
import { type AnyManagedCall, type AnyReply, type ManagedRoute, takesIdempotencyKey } from './route.ts';

/** The largest body, design of the API: beyond it 413. */
const MOST_BODY_BYTES = 1_048_576;

/**
 * Answers a call of a management route. The order is that of what it tells: 413; who calls (401); whether they may (404 for what
 * they may not know of, 403); how often (429, ahead of these two); what they sent (415, 422); what they had read (412); what their plan has.
 * @throws {HttpError}, {Refusal}
 */
export async function answerManaged(
  route: ManagedRoute,
  call: Call,
  deps: Dependencies,
  withHeaders: WithHeaders,
): Promise<Reply> {
  const { request, requestId } = call;
  const { db } = deps;
  const body = route.method === 'get' ? NO_BODY : await readBody(request, MOST_BODY_BYTES);
  const address = deps.callerAddress(request);
  const caller = await countedCaller(route, request, { address, deps, withHeaders });
  refuseForeignOrigin(caller, request, deps.config);
  const params = checkedParams(route, call.params);
  const organization = await admit(route.caller, caller, params, db);

  const [, search = ''] = /\?(.*)$/s.exec(request.url ?? '') ?? [];
  const query = checkedQuery(route.query ?? NO_QUERY, search);
  const value = bodyOf(route, request.headers['content-type'], body);

  const nowMs = deps.now();
  const name = nameOf(caller);
  const once =
    takesIdempotencyKey(route) && name !== undefined ? onceAsked(request, { caller: name, body, nowMs }) : undefined;

  let hasWritten = false;
  const managed: AnyManagedCall = {
    params,
    query,
    body: value,
    caller,
    organization,
    requestId,
    request,
    nowMs,
    db,
    write: (work) => {
      if (hasWritten) throw new Error(`${route.operationId} writes twice: one call is one transaction`);
      hasWritten = true;
      const done = once ? (trx: Knex.Transaction) => answerOnce(trx, once, deps.secrets, work) : work;
      return acting(db, actorOf(caller), done, originOf(call, address));
    },
    mustMatch: (view) => holdAgainst(request, view),
  };
  return rendered(route, await inTime(route.handle(managed, deps)), call);
}

const NO_BODY = Buffer.alloc(0);

/** No caller waits longer than this for a handler, in milliseconds. What the handler does may still come to be. */
const MOST_MS = 30_000;

async function inTime(answered: Promise<AnyReply>): Promise<AnyReply> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const detail = `This took longer than ${MOST_MS / 1_000} s. It may have been done all the same.`;
    late.reject(new HttpError('unavailable', detail, { headers: { 'Retry-After': '5' } }));
  }, MOST_MS);
  try {
    return await Promise.race([answered, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Who calls, counted. Who isn't known is counted by their address: whoever guesses has no more tries than anybody else. */
async function countedCaller(
  { caller: rule }: ManagedRoute,
  request: Call['request'],
  { address, deps, withHeaders }: { address: string; deps: Dependencies; withHeaders: WithHeaders },
): Promise<Caller> {
  const { attempts, config } = deps;
  const count = async (caller: Caller): Promise<void> =>
    withHeaders(await countCall({ caller, address }, { attempts, callsAMinute: config.callsAMinute }));
  let caller: Caller;
  try {
    caller = await callerOf(rule, request, deps);
  } catch (error) {
    if (error instanceof HttpError) await count({ kind: 'anyone' });
    throw error;
  }
  await count(caller);
  return caller;
}

type WithHeaders = (headers: Record<string, string>) => void;

/** Ids that are none belong to nothing. @throws {HttpError} `not_found`, `validation_failed` */
function checkedParams(route: ManagedRoute, raw: Readonly<Record<string, string>>): Record<string, string> {
  const params: Record<string, string> = {};
  const others: Record<string, string> = {};
  for (const [name, text] of Object.entries(raw)) {
    const isOther = route.params !== undefined && Object.hasOwn(route.params.properties, name);
    const value = decoded(text);
    if (value === undefined || (!isOther && !isId(value))) throw nothingHere();
    params[name] = isOther ? value : value.toLowerCase();
    if (isOther) others[name] = value;
  }
  if (route.params) {
    try {
      checkedBody(route.params, others);
    } catch (error) {
      // What can't be the name of anything is the name of nothing.
      if (error instanceof HttpError) throw nothingHere();
      throw error;
    }
  }
  return params;
}

function nothingHere(): HttpError {
  return new HttpError('not_found', 'There is no such thing, or none that you may see.');
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

/** @throws {HttpError} `unsupported_media_type`, `invalid_request`, `validation_failed` */
function bodyOf(route: ManagedRoute, contentType: string | undefined, body: Buffer): unknown {
  if (!route.body) {
    if (body.length === 0 || body.toString('latin1').trim() === '{}') return undefined;
    throw invalid([fault('', 'unexpected', 'This route takes no body.', 'no body')]);
  }
  if (!/^application\/json *(;|$)/i.test(contentType?.trim() ?? '')) {
    throw new HttpError('unsupported_media_type', 'Send JSON, and say so: Content-Type: application/json');
  }
  return checkedBody(route.body, parseJson(body));
}

function actorOf(caller: Caller): Actor {
  switch (caller.kind) {
    case 'anyone':
      return { kind: 'system', process: 'api' };
    case 'user':
      return { kind: 'user', id: caller.userId };
    case 'token':
      return { kind: 'token', id: caller.tokenId, userId: caller.userId };
    case 'customer':
      return { kind: 'customer', id: caller.customerId };
    default:
      return unreachable(caller);
  }
}

function originOf({ request, requestId }: Call, ip: string): Origin {
  return { ip, userAgent: request.headers['user-agent']?.slice(0, 500) ?? null, requestId };
}

function rendered(route: ManagedRoute, { status, body, headers = {} }: AnyReply, { request }: Call): Reply {
  const answer = route.answers[status];
  if (answer === undefined) throw new Error(`${route.operationId} doesn't declare its answer ${status}`);
  if (answer === null) return { status, headers, contentType: '', body: '' };
  if ('media' in answer) {
    return body instanceof Readable
      ? { status, headers, contentType: answer.media, body: '', stream: body }
      : { status, headers, contentType: answer.media, body: String(body) };
  }
  const text = JSON.stringify(body);
  if (status !== 200) return { status, headers, contentType: JSON_TYPE, body: text };
  const ETag = etagOf(text);
  if (route.method === 'get' && isKnownAlready(request, ETag)) {
    return { status: 304, headers: { ...headers, ETag }, contentType: '', body: '' };
  }
  return { status, headers: { ...headers, ETag }, contentType: JSON_TYPE, body: text };
}

const JSON_TYPE = 'application/json; charset=utf-8';
