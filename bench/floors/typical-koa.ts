import { createHash, createHmac } from 'node:crypto';
import { Router } from '@koa/router';
import Ajv from 'ajv';
import { Redis, type Result } from 'ioredis';
import Koa from 'koa';
import { PAYLOAD, readSeed, serve } from './shared.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    plainQuota(key: string, allowed: string, ttlSeconds: number): Result<[counted: 0 | 1, used: number], Context>;
  }
}

/** What one would write on a good day: Koa, a body parser, ajv, one script call on Redis for each call, an HMAC. */
const seed = readSeed();
const products = new Map([[createHash('sha256').update(seed.productKey).digest('hex'), seed]]);
const licenses = new Set(seed.licenseKeys);
const isBody = new Ajv.default().compile<{ license_key: string }>({
  type: 'object',
  required: ['license_key'],
  properties: { license_key: { type: 'string' }, version: { type: 'string' }, device_id: { type: 'string' } },
});
const redis = new Redis(process.env['REDIS_URL']!);
redis.defineCommand('plainQuota', {
  numberOfKeys: 1,
  lua: `local allowed = ARGV[1] == 'unlimited' and math.huge or tonumber(ARGV[1])
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if not (used + 1 <= allowed) then return { 0, used } end
used = redis.call('INCR', KEYS[1])
if used == 1 then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return { 1, used }`,
});

const app = new Koa();
app.use(async (ctx, next) => {
  // As body parsers do: look at the type and length, collect asynchronously, concatenate, decode, parse.
  if (!ctx.request.is('json')) ctx.throw(415);
  if ((ctx.request.length ?? 0) > 65_536) ctx.throw(413);
  const chunks: Buffer[] = [];
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) chunks.push(chunk);
  ctx.state.body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  await next();
});
const router = new Router();
router.post('/api/v1/validate', async (ctx) => {
  const token = /^Bearer (\S+)$/.exec(ctx.get('Authorization'))?.[1] ?? '';
  const product = products.get(createHash('sha256').update(token).digest('hex'));
  if (!product) throw ctx.throw(401);
  const body = ctx.state.body as unknown;
  if (!isBody(body)) throw ctx.throw(400);
  const day = new Date().toISOString().slice(0, 10);
  const [counted] = await redis.plainQuota(`typical:${product.productId}:${day}`, 'unlimited', 345_600);
  if (counted === 0) ctx.throw(429);
  const payload = licenses.has(body.license_key) ? PAYLOAD : { ...PAYLOAD, valid: false, status: 'license_not_found' };
  const signature = createHmac('sha256', product.signingSecret).update(JSON.stringify(payload)).digest('hex');
  ctx.body = { ...payload, signature };
});
app.use(router.routes());
const listener = app.callback();
serve((request, response) => void listener(request, response));
