import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadCatalogue } from '../../../domain/plans/load.ts';
import { publishCatalogue } from '../../../store/catalogues.ts';
import { migrate } from '../../../store/migrate.ts';
import { write } from '../../support/acting.ts';
import { type ApiProcess, runApiProcess, startApiProcess } from '../../support/api-process.ts';
import { exchange, type RawConnection, rawConnection, requestText } from '../../support/raw-http.ts';
import { aScratchDatabase } from '../../support/scratch.ts';
import { waitUntil } from '../../support/wait.ts';
import { startTarget, type Target, VALIDATE } from './support.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.platform.close());

const body = () => JSON.stringify({ license_key: target.licenseKey });
const valid = () => requestText('POST', VALIDATE, target.authorization, body());

/** Resolves once the process takes no connection any more. */
const refusesConnections = (url: string) =>
  waitUntil('new connections are refused', () =>
    rawConnection(url).then(
      ({ socket }) => {
        socket.destroy();
        return false;
      },
      (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED',
    ),
  );

describe('an API process that is told to end', () => {
  test('answers all that is in flight, lets idle callers go, takes nobody new, and ends with 0', async () => {
    const api = await startApiProcess({ PLIMSOLL_SHUTDOWN_GRACE: 'PT20S' });
    const idle = await rawConnection(api.url);
    idle.send(valid());
    expect((await idle.answer())?.status).toBe(200);

    // Fifty calls with half of their bodies sent.
    const text = valid();
    const half = text.length - 20;
    const callers = await Promise.all(Array.from({ length: 50 }, () => rawConnection(api.url)));
    const counted = await target.counted(async () => {
      for (const caller of callers) caller.send(text.slice(0, half));
      await arrived(api, callers);

      api.signal('SIGTERM');
      await idle.ended();
      await refusesConnections(api.url);
      // A second one changes nothing: a terminal sends it to all, and a supervisor again.
      api.signal('SIGTERM');
      api.signal('SIGINT');

      for (const caller of callers) caller.send(text.slice(half));
      const answers = await Promise.all(callers.map((caller) => caller.answer()));
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 200, headers: { connection: 'close' } });
        expect(JSON.parse(answer!.body)).toMatchObject({ valid: true });
      }
      await Promise.all(callers.map((caller) => caller.ended()));
    });
    expect(counted).toBe(50);
    for (const caller of callers) caller.socket.destroy();
    idle.socket.destroy();
    const began = Date.now();
    expect(await api.ended).toBe(0);
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  test('answers once more on a connection that is kept, and says that it closes it', async () => {
    const api = await startApiProcess();
    const kept = await rawConnection(api.url);
    kept.send(valid());
    expect((await kept.answer())?.status).toBe(200);
    api.signal('SIGTERM');
    for (let said: string | undefined; said !== 'close'; ) {
      // Idle for a moment, as a connection is in a client's pool.
      await pause(50);
      kept.send(valid());
      const answer = await kept.answer();
      expect(answer?.status).toBe(200);
      said = answer?.headers['connection'];
    }
    await kept.ended();
    kept.socket.destroy();
    expect(await api.ended).toBe(0);
  });

  test('says on its other connections that it is not ready, while it answers what is in flight', async () => {
    const api = await startApiProcess();
    const [slow, prober] = await Promise.all([rawConnection(api.url), rawConnection(api.url)]);
    // Both are in the middle of a request, so both stay open; what the prober asks is known only after the signal.
    slow.send(valid().slice(0, -5));
    prober.send('GET /health/');
    await arrived(api, [slow]);
    api.signal('SIGTERM');
    await refusesConnections(api.url);
    prober.send('ready HTTP/1.1\r\nHost: a\r\n\r\n');
    const answer = await prober.answer();
    expect(answer).toMatchObject({ status: 503, headers: { connection: 'close' } });
    expect(JSON.parse(answer!.body)).toMatchObject({ status: 'not_ready', failing: [{ part: 'api' }] });
    slow.send(valid().slice(-5));
    expect((await slow.answer())?.status).toBe(200);
    expect(await api.ended).toBe(0);
  });

  test('waits for nobody longer than its grace', async () => {
    const api = await startApiProcess({ PLIMSOLL_SHUTDOWN_GRACE: 'PT1S' });
    const hanging = await rawConnection(api.url);
    hanging.send(valid().slice(0, -5));
    await arrived(api, [hanging]);
    const began = Date.now();
    api.signal('SIGINT');
    // Not 0: somebody was cut off.
    expect(await api.ended).toBe(1);
    expect(Date.now() - began).toBeLessThan(4_000);
    hanging.socket.destroy();
  });
});

describe('an API process that can not start', () => {
  test('says every fault of its configuration on stderr, and ends with 78', async () => {
    const { code, stdout, stderr } = await runApiProcess({
      PLIMSOLL_PORT: 'eighty',
      PLIMSOLL_TRUSTED_PROXIES: '10.0.0.0/33',
      PLIMSOLL_SECRET_KEYS: 'k1:short-and-secret',
      PLIMSOLL_REQUEST_TIMEOUT: '10',
      REDIS_URL: '',
    });
    expect(code).toBe(78);
    expect(stdout).toBe('');
    for (const name of ['PORT', 'TRUSTED_PROXIES', 'SECRET_KEYS', 'REQUEST_TIMEOUT'])
      expect(stderr).toContain(`PLIMSOLL_${name}: `);
    expect(stderr).toContain('REDIS_URL: ');
    expect(stderr).not.toContain('short-and-secret');
    expect(stderr).not.toMatch(/ at .*\.ts:\d+/);
  });

  test('because its catalogue was changed under a published version says so, and ends with 78', async () => {
    const database = await aScratchDatabase();
    try {
      const db = database.connect();
      await migrate(db);
      // What stands in the database differs from our file: the same as a file that was changed.
      const text = readFileSync(new URL('../../../plans/platform.yaml', import.meta.url), 'utf8');
      const other = loadCatalogue(text.replace('{ free: 10, pro: 200', '{ free: 11, pro: 200'), 'platform.yaml');
      await write(db, (trx) => publishCatalogue(trx, other));
      const { code, stderr } = await runApiProcess({ DATABASE_URL: database.url });
      expect(stderr).toMatch(/differs from what was published as version .*new version/s);
      expect(code).toBe(78);
    } finally {
      await database.drop();
    }
  });

  test('because its port is taken says so, and ends', async () => {
    const { port } = new URL(target.platform.url);
    const { code, stderr } = await runApiProcess({ PLIMSOLL_PORT: port });
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(port);
  });
});

describe('two API processes on one port', () => {
  test('both serve, each with an address of its own, and what one leaves the other takes', async () => {
    const env = { PLIMSOLL_API_PROCESSES: '2', PLIMSOLL_NODE_PORT: '0' };
    const first = await startApiProcess(env);
    const { port } = new URL(first.url);
    const second = await startApiProcess({ ...env, PLIMSOLL_PORT: port });
    const both = [first, second];
    expect(new URL(second.url).port).toBe(port);
    expect(new Set(both.map((api) => api.urls[1])).size).toBe(2);

    const call = async () => (await exchange(first.url, valid()))[0]?.status;
    const served = async () =>
      Promise.all(both.map(async (api) => seriesValue(await metrics(api.urls[1]!), 'plimsoll_validations_total')));
    // The kernel spreads connections by their ports: enough of them reach both.
    await waitUntil('both have served', async () => {
      expect(await Promise.all(Array.from({ length: 20 }, call))).toEqual(Array(20).fill(200));
      return (await served()).every((count) => count > 0);
    });

    expect(await first.stop()).toBe(0);
    expect(await Promise.all(Array.from({ length: 20 }, call))).toEqual(Array(20).fill(200));
    expect(await second.stop()).toBe(0);
  });
});

describe('the metrics of an API process', () => {
  test('can be read by Prometheus, hold our series, and no id or key', async () => {
    const api = await startApiProcess();
    for (const path of [VALIDATE, '/nowhere/kp_live_secret', `/api/v1/license/${target.licenseKey}`, '/health/live']) {
      for (const method of ['GET', 'POST', 'REPORT'])
        await exchange(api.url, requestText(method, path, target.authorization, body()));
    }
    const text = await metrics(api.url);
    const lines = text.trimEnd().split('\n');
    for (const line of lines) {
      expect(line).toMatch(/^(|# (HELP|TYPE) [a-z0-9_]+ .+|[a-z0-9_]+(\{([a-z_]+="[^"]*",?)*\})? ([0-9.e+-]+|NaN))$/);
    }
    expect(text).toContain('plimsoll_http_requests_total{route="/api/v1/validate",method="POST",status="200"} 1');
    expect(text).toContain('plimsoll_http_requests_total{route="/api/v1/license/:key",method="GET",status="200"} 1');
    expect(text).toContain('plimsoll_http_requests_total{route="none",method="other",status="404"}');
    expect(text).toContain('plimsoll_validations_total{status="active"} 1');
    expect(text).toMatch(/^plimsoll_http_request_seconds_bucket\{le="0.001",route="\/api\/v1\/validate"\} \d+$/m);
    for (const secret of [target.licenseKey, target.product.apiKey, 'kp_live_', target.product.product.id, 'nowhere'])
      expect(text).not.toContain(secret);
    expect(api.output()).not.toContain(target.licenseKey);
    expect(api.output()).not.toContain(target.product.apiKey);
    expect(await api.stop()).toBe(0);
  });
});

/**
 * Waits until what callers have sent so far was taken by the process: it answers a call that was sent after it. One thread
 * reads all connections, in turn.
 */
async function arrived(api: ApiProcess, callers: RawConnection[]): Promise<void> {
  await Promise.all(callers.map(({ socket }) => waitUntil('it is sent', () => socket.writableLength === 0)));
  for (let i = 0; i < 3; i += 1) expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
}

async function metrics(url: string): Promise<string> {
  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  return response.text();
}

function seriesValue(text: string, name: string): number {
  const values = [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'gm'))];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}
