import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connectRedis, openRedis } from '../../../counters/redis.ts';
import { createWake, hearWakes } from '../../../counters/wakes.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { SecretBox } from '../../../runtime/secrets.ts';
import { enqueueMail } from '../../../store/mails.ts';
import { migrate } from '../../../store/migrate.ts';
import { createMailHandler } from '../../../worker/mails/sending.ts';
import { type Handler, type Relay, startRelay } from '../../../worker/relay.ts';
import { anAddress, PASSWORD } from '../../support/account-people.ts';
import { write } from '../../support/acting.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedis, type TestRedis } from '../../support/redis-process.ts';
import { aScratchDatabase, type ScratchDatabase } from '../../support/scratch.ts';
import { testStack } from '../../support/stack.ts';
import { waitUntil } from '../../support/wait.ts';

const { config } = testStack();
const secrets = new SecretBox(config.secretKeys);
/** Longer than any test takes: what happens before it was woken for. */
const NEVER_MS = 24 * 3_600_000;

let database: ScratchDatabase;
let redis: TestRedis;
let platform: TestPlatform;
beforeAll(async () => {
  [database, redis] = await Promise.all([aScratchDatabase(), startRedis()]);
  await migrate(database.connect());
  // No worker but the test's own looks into this database.
  platform = await startPlatform({ databaseUrl: database.url, redisUrl: redis.url, redisTimeoutMs: 500, smtpUrl: '' });
});
afterAll(async () => {
  await platform?.close();
  await redis?.stop();
  await database?.drop();
});

const never = (error: unknown): void => expect.unreachable(String(error));
const isKept = async (recipient: string): Promise<boolean> =>
  (await platform.db('sent_mails').where({ recipient }).first('id')) !== undefined;

async function signUp(): Promise<string> {
  const email = anAddress();
  const { status } = await fetch(`${platform.url}/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: platform.url },
    body: JSON.stringify({ name: 'Ann', email, password: PASSWORD }),
  });
  expect(status).toBe(200);
  return email;
}

function enqueue(to: string): Promise<string> {
  const data = { name: 'Ada', link: '/new', expiresAtMs: Date.now() + NEVER_MS };
  return write(platform.db, (trx) => enqueueMail(trx, { template: 'reset_password', to, data }, secrets));
}

/** A relay that looks once, and not again by itself. */
function aRelay(mail: Handler<'mail'> = createMailHandler(platform.config)): Relay {
  const relay = startRelay({
    db: platform.db,
    secrets,
    handlers: { mail },
    metrics: createMetrics(),
    log: pino({ level: 'silent' }),
    times: { pollMs: NEVER_MS },
  });
  onTestFinished(() => relay.stop());
  return relay;
}

/** How many listen, of a Redis or of one node. */
async function listeners(url: string): Promise<number> {
  const client = connectRedis({ redisUrl: url, redisTimeoutMs: 2_000 }, () => undefined);
  try {
    await openRedis(client);
    return Number((await client.pubsub('NUMSUB', 'plimsoll:outbox'))[1]);
  } finally {
    client.disconnect();
  }
}

describe('a mail that the API has committed', () => {
  test('goes out at once, also after Redis was away, and waits for nobody meanwhile', async () => {
    const before = anAddress();
    await enqueue(before);
    const relay = aRelay();
    await waitUntil('it has looked', () => isKept(before));
    const ears = hearWakes(platform.config, { onWake: () => relay.wake(), onError: never, renewMs: 50 });
    onTestFinished(() => ears.close());
    await waitUntil('it listens', async () => (await listeners(redis.url)) === 1);
    const first = await signUp();
    await waitUntil('the first is kept', () => isKept(first));

    await redis.kill();
    const unheard = await signUp();
    await redis.restart();
    await waitUntil('it listens again', async () => (await listeners(redis.url)) === 1);
    expect(await isKept(unheard)).toBe(false);
    // Whoever is woken takes all there is. The API may need a moment more to find its way back.
    await waitUntil('both are kept', async () => {
      if (await isKept(unheard)) return true;
      await signUp();
      return false;
    });
  });

  test('is heard of by the worker that people run', async () => {
    expect(await listeners(config.redisUrl)).toBeGreaterThan(0);
  });
});

describe('a relay', () => {
  test('that is woken while it is at work looks again', async () => {
    const [first, second] = [anAddress(), anAddress()];
    const sent: string[] = [];
    const relay = aRelay({
      async send({ to }) {
        sent.push(to);
        if (to !== first) return;
        await enqueue(second);
        relay.wake();
      },
    });
    await enqueue(first);
    await waitUntil('it is woken for the first', () => {
      if (sent.length === 0) relay.wake();
      return sent.length > 0;
    });
    await waitUntil('the second is sent', () => sent.includes(second));
    expect(sent).toEqual([first, second]);
  });
});

describe('on a cluster', { timeout: 60_000 }, () => {
  test('a wake is heard whichever node is told and whichever is listened to, also when that one is lost', async () => {
    const cluster = await startRedisCluster();
    onTestFinished(() => cluster.stop());
    const settings = { redisUrl: cluster.url, redisTimeoutMs: 1_000 };
    let heard = 0;
    const ears = hearWakes(settings, { onWake: () => void (heard += 1), onError: never, renewMs: 50 });
    onTestFinished(() => ears.close());
    const teller = connectRedis(settings, () => undefined);
    onTestFinished(() => teller.disconnect());
    await openRedis(teller);
    const wake = createWake(teller, never);
    const wakeUntil = (count: number) =>
      waitUntil('it is heard', () => {
        wake();
        return heard >= count;
      });
    await wakeUntil(1);

    const counts = await Promise.all(
      cluster.ports.map(async (port) => [port, (await cluster.node(port).pubsub('NUMSUB', 'plimsoll:outbox'))[1]]),
    );
    const [listened] = counts.find(([, count]) => Number(count) > 0)!;
    await cluster.kill(Number(listened));
    const before = heard;
    await wakeUntil(before + 5);
  });
});
