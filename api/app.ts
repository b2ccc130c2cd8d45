import { Router } from '@koa/router';
import Koa from 'koa';
import { ConnectionLost } from './body.ts';
import { HttpError, renderError } from './errors.ts';
import { toHttpError } from './outage.ts';
import { answerProductCall } from './public/product-caller.ts';
import { checkRequestHead } from './request-head.ts';
import { requestIdFor } from './request-id.ts';
import type { Call, Dependencies, Reply, Route } from './route.ts';

/** The Koa app over the routes: ids, log line, metrics and errors around each call, and nothing between them and the route. */
export function createApp(routes: readonly Route[], deps: Dependencies): Koa {
  const app = new Koa();
  // Koa's own handler would print a stack to stderr; everything that is thrown is answered and logged below.
  app.on('error', (error: Error) => deps.log.error({ err: error }, 'an answer could not be sent'));

  app.use(async (ctx, next) => {
    const begin = process.hrtime.bigint();
    const requestId = requestIdFor(ctx.req.headers['x-request-id']);
    ctx.state.requestId = requestId;
    ctx.set('X-Request-Id', requestId);
    let failure: HttpError | undefined;
    try {
      checkRequestHead(ctx.req);
      await next();
    } catch (error) {
      if (error instanceof ConnectionLost) {
        deps.log.info({ requestId, route: ctx.state.route }, 'the caller went away');
        ctx.respond = false;
        ctx.req.destroy();
        return;
      }
      failure = toHttpError(error);
      const { status, contentType, body } = renderError(failure, { path: pathOf(ctx.req.url), requestId });
      send(ctx, { status, contentType, body, headers: failure.headers });
      if (status >= 500) deps.log.error({ requestId, err: failure.cause ?? failure }, failure.code);
    }
    const seconds = Number(process.hrtime.bigint() - begin) / 1e9;
    const route = (ctx.state.route as string | undefined) ?? 'none';
    deps.metrics.requests.inc({ route, method: knownMethod(ctx.method), status: ctx.status });
    deps.metrics.seconds.observe({ route }, seconds);
    deps.log.info(
      {
        requestId,
        route,
        method: ctx.method,
        status: ctx.status,
        code: failure?.code,
        ms: Math.round(seconds * 1e5) / 100,
      },
      'answered',
    );
  });

  // Exact paths: what differs by a slash or a letter's case is another path, and there is never a redirect.
  const router = new Router({ strict: true, sensitive: true });
  for (const route of routes) {
    router[route.method](route.path, async (ctx) => {
      ctx.state.route = route.path;
      const call: Call = {
        request: ctx.req,
        requestId: ctx.state.requestId as string,
        params: rawParams(Object.keys(ctx.params), ctx.captures ?? []),
      };
      send(ctx, await answerOf(route, call, deps, (headers) => ctx.set(headers)));
    });
  }
  app.use(router.routes());

  app.use((ctx) => {
    const allowed = allowedMethods(router, ctx.path);
    if (allowed.length === 0) throw new HttpError('not_found', 'There is nothing at this path.');
    throw new HttpError('method_not_allowed', `This path takes ${allowed.join(' or ')}.`, {
      headers: { Allow: allowed.join(', ') },
    });
  });
  return app;
}

async function answerOf(
  route: Route,
  call: Call,
  deps: Dependencies,
  withHeaders: (headers: Record<string, string>) => void,
): Promise<Reply> {
  if (route.caller === 'anyone') return route.handle(call, deps);
  // Whatever becomes of a call that was counted, the answer says what is left.
  return answerProductCall(route, call, deps, withHeaders);
}

/** The router decodes parameters, and hands on what it can't decode as it is: one can't tell which it did. */
function rawParams(names: string[], captures: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, captures[i] ?? '']));
}

function allowedMethods(router: Router, path: string): string[] {
  return [...new Set(router.match(path, 'GET').path.flatMap((layer) => layer.methods))].sort();
}

function send(ctx: Koa.Context, { status, headers, contentType, body }: Reply): void {
  ctx.status = status;
  ctx.set(headers ?? {});
  ctx.set('Content-Type', contentType);
  ctx.body = body;
}

/** The path of a target; nothing where the target is none. Koa's own way throws at some of them. */
function pathOf(target = ''): string | undefined {
  return target.startsWith('/') ? target.split('?', 1)[0] : undefined;
}

/** A label must not grow with what callers make up. */
function knownMethod(method: string): string {
  return /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/.test(method) ? method : 'other';
}
