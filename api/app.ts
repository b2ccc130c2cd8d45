import { Router } from '@koa/router';
import Koa from 'koa';
import { type Answer, answerOf, answerTo, type Exchange } from './answering.ts';
import { aheadOf, type Listener } from './direct.ts';
import { HttpError } from './errors.ts';
import type { Dependencies, Reply, Route } from './route.ts';
import { createSurface } from './surface.ts';

interface State {
  exchange: Exchange;
  reply: Reply;
}

/** What answers every request: all routes by Koa, and those that say so on a way ahead of it, too. */
export function createApp(routes: readonly Route[], deps: Dependencies): { callback(): Listener } {
  const koa = createKoa(routes, deps);
  return {
    callback: () =>
      aheadOf(
        koa.callback(),
        routes.filter((route) => route.isAheadOfKoa),
        deps,
      ),
  };
}

function createKoa(routes: readonly Route[], deps: Dependencies): Koa<State> {
  const app = new Koa<State>();
  const surface = createSurface(deps.config);
  // Koa's own handler would print a stack to stderr; everything that is thrown is answered and logged by `answerTo`.
  app.on('error', (error: Error) => deps.log.error({ err: error }, 'an answer could not be sent'));

  app.use(async (ctx, next) => {
    const act = async (exchange: Exchange): Promise<Reply> => {
      ctx.state.exchange = exchange;
      await next();
      return ctx.state.reply;
    };
    const answer = await new Promise<Answer | undefined>((resolve) => answerTo(ctx.req, deps, act, resolve));
    if (!answer) {
      ctx.respond = false;
      ctx.req.destroy();
      return;
    }
    ctx.status = answer.status;
    if (surface.isOn(ctx.path)) ctx.set(surface.headersFor(ctx.req));
    ctx.set(answer.headers);
    ctx.body = answer.stream ?? answer.body;
  });

  // Exact paths: what differs by a slash or a letter's case is another path, and there is never a redirect.
  const router = new Router<State>({ strict: true, sensitive: true });
  for (const route of routes) {
    const isOvershadowed = routes.some(({ path }) => overshadows(path, route.path));
    router[route.method](route.path, async (ctx) => {
      // `…/members/me` is no member, also for a method that it doesn't take itself.
      if (isOvershadowed) refuseOthers(ctx.method, allowedMethods(router, ctx.path));
      const params = rawParams(Object.keys(ctx.params), ctx.captures ?? []);
      ctx.state.reply = await answerOf(route, ctx.state.exchange, params, deps);
    });
  }
  app.use(router.routes());

  app.use((ctx) => {
    const allowed = allowedMethods(router, ctx.path);
    if (allowed.length === 0) throw new HttpError('not_found', 'There is nothing at this path.');
    if (ctx.method === 'OPTIONS' && surface.isOn(ctx.path)) {
      const methods = [...allowed, 'OPTIONS'];
      const headers = { Allow: methods.join(', '), ...surface.preflightHeaders(ctx.req, methods) };
      ctx.state.reply = { status: 204, headers, contentType: '', body: '' };
      return;
    }
    refuseOthers(ctx.method, allowed);
  });
  return app;
}

/** The router decodes parameters, and hands on what it can't decode as it is: one can't tell which it did. */
function rawParams(names: string[], captures: string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, i) => [name, captures[i] ?? '']));
}

/** Whether a path has a name of its own where the other has a parameter, and is like it elsewhere. */
function overshadows(path: string, other: string): boolean {
  const [own, theirs] = [path.split('/'), other.split('/')];
  const isAlike = own.length === theirs.length && own.every((each, i) => each === theirs[i] || isParameter(theirs[i]!));
  return isAlike && own.some((each, i) => !isParameter(each) && isParameter(theirs[i]!));
}

function isParameter(segment: string): boolean {
  return segment.startsWith(':');
}

/** @throws {HttpError} `method_not_allowed` */
function refuseOthers(method: string, allowed: readonly string[]): void {
  if (allowed.includes(method)) return;
  const headers = { Allow: allowed.join(', ') };
  throw new HttpError('method_not_allowed', `This path takes ${allowed.join(' or ')}.`, { headers });
}

/** What the path's own routes take; those that would read a fixed name in it as a parameter are other paths. */
function allowedMethods(router: Router<State>, path: string): string[] {
  const { path: layers } = router.match(path, 'GET');
  const fewest = Math.min(...layers.map((layer) => layer.paramNames.length));
  const own = layers.filter((layer) => layer.paramNames.length === fewest);
  return [...new Set(own.flatMap((layer) => layer.methods))].sort();
}
