import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerOf, answerTo, type Exchange } from './answering.ts';
import type { Dependencies, Route } from './route.ts';

export type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

/**
 * A way in ahead of Koa, for the route that gets nearly all calls: the same route object, the same envelope (`answerTo`), and one
 * write to the socket. Koa's contexts, composition and finishing cost about as much as the whole validation (bench/README.md).
 *
 * Only what is written exactly as the route's path is taken; everything else (a query, an absolute target, another method)
 * goes on to `others`, where the same route answers the same.
 */
export function aheadOf(others: Listener, routes: readonly Route[], deps: Dependencies): Listener {
  const byTarget = new Map(routes.map((route) => [route.path, { route, method: route.method.toUpperCase() }]));
  return (request, response) => {
    const found = byTarget.get(request.url!);
    return found?.method === request.method
      ? answerDirectly(found!.route, request, response, deps)
      : others(request, response);
  };
}

function answerDirectly(route: Route, request: IncomingMessage, response: ServerResponse, deps: Dependencies): void {
  const act = (exchange: Exchange) => answerOf(route, exchange, NO_PARAMS, deps);
  answerTo(request, deps, act, (answer) => {
    if (!answer) {
      request.destroy();
      return;
    }
    const { status, headers, body } = answer;
    const sizeBytes = Buffer.byteLength(body);
    headers['Content-Length'] = String(sizeBytes);
    response.writeHead(status, headers);
    // What is plain ASCII needs no encoding: its bytes are its characters.
    response.end(body, sizeBytes === body.length ? 'latin1' : 'utf8');
  });
}

const NO_PARAMS = {};
