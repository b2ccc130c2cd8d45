import { createHash, createHmac } from 'node:crypto';
import { Router } from '@koa/router';
import Koa from 'koa';
import { Pool } from 'pg';
import { PAYLOAD, readSeed, serve } from './shared.ts';

/**
 * What one would write without Redis: four queries a call (product, licence, count, log). Commits don't wait for the disk
 * (`synchronous_commit off`), so that the work is compared and not somebody's disk.
 */
const seed = readSeed();
const pool = new Pool({
  connectionString: process.env['DATABASE_URL'],
  max: 20,
  options: '-c synchronous_commit=off',
});
const app = new Koa();
app.use(async (ctx, next) => {
  const chunks: Buffer[] = [];
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) chunks.push(chunk);
  ctx.state.body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  await next();
});
const router = new Router();
router.post('/api/v1/validate', async (ctx) => {
  const token = /^Bearer (\S+)$/.exec(ctx.get('Authorization'))?.[1] ?? '';
  const { license_key: licenseKey } = ctx.state.body as { license_key?: unknown };
  if (typeof licenseKey !== 'string') ctx.throw(400);

  const products = await pool.query<{ id: string; state: string; plan: string }>(
    `select p.id, p.state, o.plan from products p join organizations o on o.id = p.organization_id where p.api_key_hash = $1`,
    [createHash('sha256').update(token).digest()],
  );
  const product = products.rows[0];
  if (!product) throw ctx.throw(401);
  const licenses = await pool.query<{ id: string; status: string; ips: string }>(
    `select l.id, l.status, (select count(*) from license_ips i where i.license_id = l.id) as ips
     from licenses l where l.product_id = $1 and l.license_key = $2`,
    [product.id, licenseKey],
  );
  await pool.query(
    `insert into bench_usage (product_id, day, used) values ($1, current_date, 1)
     on conflict (product_id, day) do update set used = bench_usage.used + 1 returning used`,
    [product.id],
  );
  const status = licenses.rows[0]?.status ?? 'license_not_found';
  await pool.query('insert into bench_log (product_id, license_id, status) values ($1, $2, $3)', [
    product.id,
    licenses.rows[0]?.id,
    status,
  ]);
  const payload = { ...PAYLOAD, valid: status === 'active', status };
  const signature = createHmac('sha256', seed.signingSecret).update(JSON.stringify(payload)).digest('hex');
  ctx.body = { ...payload, signature };
});
app.use(router.routes());
const listener = app.callback();
serve((request, response) => void listener(request, response));
