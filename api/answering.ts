import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { ConnectionLost } from './body.ts';
import { renderError } from './errors.ts';
import { answerManaged } from './management/frame.ts';
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
  headers: Record<string, string | string[]>;
  body: string;
  stream?: Readable;
}

/**
 * Gives the answer to a request: its id, its errors in words, its log line and its metrics stand here, and nothing between this
 * and the route. `send` is called once, with `undefined` where nobody is there to be answered any more. A callback rather than
 * a promise, as between the two ways in and the route each promise more costs every call (bench/README.md).
 */
export function answerTo(
  request: IncomingMessage,
  deps: Dependencies,
  act: (exchange: Exchange) => Promise<Reply>,
  send: (answer: Answer | undefined) => void,
): void {
  const beganMs = performance.now();
  const given = request.headers['x-request-id'];
  const requestId = requestIdFor(given);
  const exchange: Exchange = { request, requestId, route: 'none', headers: { 'X-Request-Id': requestId } };

  const finish = (reply: Reply, code?: string): void => {
    const ms = performance.now() - beganMs;
    const { status } = reply;
    const { route, headers } = exchange;
    const method = knownMethod(request.method);
    deps.metrics.answered({ route, method, status, seconds: ms / 1_000 });
    deps.answerLog.answered({ requestId, route, method, status, code, ms }, given === undefined);
    if (reply.headers) Object.assign(headers, reply.headers);
    if (reply.contentType !== '') headers['Content-Type'] = reply.contentType;
    send(answerOfReply(reply, headers));
  };
  const fail = (error: unknown): void => {
    if (error instanceof ConnectionLost) {
      deps.log.info({ requestId, route: exchange.route }, 'the caller went away');
      send(undefined);
      return;
    }
    const failure = toHttpError(error);
    if (failure.status >= 500) deps.log.error({ requestId, err: failure.cause ?? failure }, failure.code);
    const reply = { ...renderError(failure, { path: pathOf(request.url), requestId }), headers: failure.headers };
    finish(reply, failure.code);
  };

  try {
    checkRequestHead(request);
  } catch (error) {
    fail(error);
    return;
  }
  act(exchange).then((reply) => finish(reply), fail);
}

/** Has a route answer, as the kind of caller it is for. */
export function answerOf(
  route: Route,
  exchange: Exchange,
  params: Readonly<Record<string, string>>,
  deps: Dependencies,
): Promise<Reply> {
  exchange.route = route.path;
  const call = { request: exchange.request, requestId: exchange.requestId, params };
  if (route.caller === 'anyone') return route.handle(call, deps);
  // Whatever becomes of a call that was counted, the answer says what is left.
  const withHeaders = (headers: Record<string, string>): void => void Object.assign(exchange.headers, headers);
  return route.caller === 'product_key'
    ? answerProductCall(route, call, deps, withHeaders)
    : answerManaged(route, call, deps, withHeaders);
}

function answerOfReply({ status, body, cookies, stream }: Reply, headers: Record<string, string>): Answer {
  if (!cookies && !stream) return { status, headers, body };
  return {
    status,
    headers: cookies ? { ...headers, 'Set-Cookie': [...cookies] } : headers,
    body,
    ...(stream && { stream }),
  };
}

/** The path of a target; nothing where the target is none. */
function pathOf(target = ''): string | undefined {
  return target.startsWith('/') ? target.split('?', 1)[0] : undefined;
}

/** A label must not grow with what callers make up. */
function knownMethod(method = ''): string {
  return KNOWN_METHODS.has(method) ? method : 'other';
}

const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
