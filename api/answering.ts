import type { IncomingMessage } from 'node:http';
import { infoInOurWords } from '../runtime/log.ts';
import { ConnectionLost } from './body.ts';
import { type HttpError, renderError } from './errors.ts';
import { toHttpError } from './outage.ts';
import { answerProductCall } from './public/product-caller.ts';
import { checkRequestHead } from './request-head.ts';
import { requestIdFor } from './request-id.ts';
import type { Dependencies, Reply, Route } from './route.ts';

/** One request on its way to its answer, whichever way it came in. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly requestId: string;
  /** The pattern of the route that took it; `none` while none has. */
  route: string;
  /** Headers of the answer, whatever it will be. */
  readonly headers: Record<string, string>;
}

/** What is sent. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/**
 * Gives the answer to a request: its id, its errors in words, its log line and its metrics stand here, and nothing between this
 * and the route. `undefined` where nobody is there to be answered any more. Never rejects.
 */
export async function answerTo(
  request: IncomingMessage,
  deps: Dependencies,
  act: (exchange: Exchange) => Promise<Reply>,
): Promise<Answer | undefined> {
  const begin = performance.now();
  const given = request.headers['x-request-id'];
  const requestId = requestIdFor(given);
  const exchange: Exchange = { request, requestId, route: 'none', headers: { 'X-Request-Id': requestId } };
  let reply: Reply;
  let failure: HttpError | undefined;
  try {
    checkRequestHead(request);
    reply = await act(exchange);
  } catch (error) {
    if (error instanceof ConnectionLost) {
      deps.log.info({ requestId, route: exchange.route }, 'the caller went away');
      return undefined;
    }
    failure = toHttpError(error);
    reply = { ...renderError(failure, { path: pathOf(request.url), requestId }), headers: failure.headers };
    if (reply.status >= 500) deps.log.error({ requestId, err: failure.cause ?? failure }, failure.code);
  }

  const ms = performance.now() - begin;
  const { status } = reply;
  const { route } = exchange;
  const method = knownMethod(request.method);
  deps.metrics.requests.inc({ route, method, status });
  deps.metrics.seconds.observe({ route }, ms / 1_000);
  const line = { requestId, route, method, status, code: failure?.code, ms: Math.round(ms * 100) / 100 };
  // An id that the caller made may be anything, a key too; the rest is our own.
  if (given === undefined) infoInOurWords(deps.log, line, 'answered');
  else deps.log.info(line, 'answered');
  return {
    status,
    headers: Object.assign(exchange.headers, reply.headers, { 'Content-Type': reply.contentType }),
    body: reply.body,
  };
}

/** Has a route answer, as the kind of caller it is for. */
export async function answerOf(
  route: Route,
  exchange: Exchange,
  params: Readonly<Record<string, string>>,
  deps: Dependencies,
): Promise<Reply> {
  exchange.route = route.path;
  const call = { request: exchange.request, requestId: exchange.requestId, params };
  if (route.caller === 'anyone') return route.handle(call, deps);
  // Whatever becomes of a call that was counted, the answer says what is left.
  return answerProductCall(route, call, deps, (headers) => Object.assign(exchange.headers, headers));
}

/** The path of a target; nothing where the target is none. */
function pathOf(target = ''): string | undefined {
  return target.startsWith('/') ? target.split('?', 1)[0] : undefined;
}

/** A label must not grow with what callers make up. */
function knownMethod(method = ''): string {
  return /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method) ? method : 'other';
}
