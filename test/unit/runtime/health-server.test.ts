import { afterEach, describe, expect, test } from 'vitest';
import { type HealthServer, type Readiness, startHealthServer } from '../../../runtime/health-server.ts';
import { createLogger } from '../../../runtime/log.ts';
import { createMetrics } from '../../../runtime/metrics.ts';

const servers: HealthServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function aHealthServer(ready: () => Readiness): Promise<string> {
  const metrics = createMetrics();
  const server = await startHealthServer({
    port: 0,
    log: createLogger({ logLevel: 'silent' }, { name: 'test' }),
    ready,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.metrics() }),
  });
  servers.push(server);
  return server.url;
}

describe('the health server', () => {
  test('is alive whether it is ready or not', async () => {
    const url = await aHealthServer(() => ({ ready: false }));
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  test('answers readiness with 200 or 503, and says what it knows', async () => {
    let ready = false;
    const url = await aHealthServer(() => ({ ready, temporal: 'away' }));

    const before = await fetch(`${url}/health/ready?verbose`);
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({ ready: false, temporal: 'away' });
    ready = true;
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
  });

  test('shows metrics as Prometheus reads them', async () => {
    const response = await fetch(`${await aHealthServer(() => ({ ready: true }))}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(await response.text()).toMatch(/^process_cpu_seconds_total /m);
  });

  test.each([
    ['an unknown path', 'GET', '/', 404],
    ['a name that every object has', 'GET', '/constructor', 404],
    ['an unknown path and method', 'POST', '/nowhere', 404],
    ['another method', 'POST', '/health/live', 405],
    ['another method', 'DELETE', '/metrics', 405],
  ])('answers %s in JSON: %s %s', async (_what, method, path, status) => {
    const response = await fetch((await aHealthServer(() => ({ ready: true }))) + path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await response.json()).toHaveProperty('message');
    expect(response.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD' : null);
  });

  test('answers 500 when readiness itself breaks, and goes on', async () => {
    const url = await aHealthServer(() => {
      throw new Error('broken');
    });
    const response = await fetch(`${url}/health/ready`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('broken');
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
  });

  test('says so when its port is taken', async () => {
    const url = await aHealthServer(() => ({ ready: true }));
    await expect(
      startHealthServer({
        port: Number(new URL(url).port),
        log: createLogger({ logLevel: 'silent' }, { name: 'test' }),
        ready: () => ({ ready: true }),
        metrics: async () => ({ contentType: 'text/plain', text: '' }),
      }),
    ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
