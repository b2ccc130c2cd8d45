import { Router } from '@koa/router';
import Koa from 'koa';
import { FIXED_ANSWER, readBody, serve } from './shared.ts';

/** Koa and its router with a body reader of our own, one fixed answer: what the framework costs. */
const app = new Koa();
const router = new Router();
router.post('/api/v1/validate', async (ctx) => {
  const body = JSON.parse((await readBody(ctx.req)).toString('utf8')) as { license_key?: unknown };
  if (typeof body.license_key !== 'string') ctx.throw(400);
  ctx.set('Content-Type', 'application/json; charset=utf-8');
  ctx.body = FIXED_ANSWER;
});
app.use(router.routes());
const listener = app.callback();
serve((request, response) => void listener(request, response));
