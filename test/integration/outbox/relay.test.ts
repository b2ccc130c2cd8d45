import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Mail } from '../../../domain/mails.ts';
import { createMetrics } from '../../../runtime/metrics.ts';
import { SecretBox } from '../../../runtime/secrets.ts';
import { enqueueMail, findMail, keepMail, listMails, pruneMails } from '../../../store/mails.ts';
import { migrate } from '../../../store/migrate.ts';
import { onEnqueued, unparkEntries } from '../../../store/outbox.ts';
import { createMailHandler } from '../../../worker/mails/sending.ts';
import { type Relay, type RelayTimes, startRelay } from '../../../worker/relay.ts';
import { write } from '../../support/acting.ts';
import { createRandom } from '../../support/random.ts';
import { aScratchDatabase, type ScratchDatabase } from '../../support/scratch.ts';
import { type SmtpReceiver, startSmtpReceiver } from '../../support/smtp-receiver.ts';
import { testStack } from '../../support/stack.ts';
import { waitUntil } from '../../support/wait.ts';

const PROCESS = fileURLToPath(new URL('../../support/relay-process.ts', import.meta.url));
const { config, env } = testStack();
const secrets = new SecretBox(config.secretKeys);

let database: ScratchDatabase;
let db: Knex;
let smtp: SmtpReceiver;
const relays: Relay[] = [];
beforeAll(async () => {
  database = await aScratchDatabase();
  db = database.connect();
  await migrate(db);
  smtp = await startSmtpReceiver();
});
afterAll(async () => {
  await smtp.close();
  await database.drop();
});
beforeEach(async () => {
  await db('outbox').delete();
  await db('sent_mails').delete();
  smtp.mails.length = 0;
  smtp.judge = () => undefined;
});
afterEach(async () => {
  await Promise.all(relays.splice(0).map((relay) => relay.stop()));
});

const aReset = (to: string): Mail => ({
  template: 'reset_password',
  to,
  data: { name: 'Ada', link: `/new?token=${randomUUID()}`, expiresAtMs: Date.now() + 60_000 },
});
const send = (...mails: Mail[]): Promise<string[]> =>
  write(db, async (trx) => {
    const ids: string[] = [];
    for (const mail of mails) ids.push(await enqueueMail(trx, mail, secrets));
    return ids;
  });
const some = (count: number): Mail[] => Array.from({ length: count }, (_, i) => aReset(`p${i}@example.com`));

function aRelay({ smtpUrl = '', times = {} }: { smtpUrl?: string; times?: Partial<RelayTimes> } = {}) {
  const metrics = createMetrics();
  const relay = startRelay({
    db: database.connect(),
    secrets,
    handlers: { mail: createMailHandler({ ...config, smtpUrl, publicUrl: 'https://plimsoll.example' }) },
    metrics,
    log: pino({ level: 'silent' }),
    times: { pollMs: 10, lookMs: 10, ...times },
  });
  relays.push(relay);
  const metric = async (name: string, outcome?: string): Promise<number | undefined> => {
    const found = await metrics.getSingleMetric(name)?.get();
    return found?.values.find(({ labels }) => outcome === undefined || labels['outcome'] === outcome)?.value;
  };
  return { relay, metric };
}

const isEmpty = async (): Promise<boolean> => (await db('outbox').first('id')) === undefined;

describe('mails without an SMTP server', () => {
  test('are kept exactly once each, however many relays there are', async () => {
    for (let i = 0; i < 3; i += 1) aRelay();
    const ids = (await Promise.all(Array.from({ length: 5 }, () => send(...some(20))))).flat();
    await waitUntil('all are kept', isEmpty);
    const kept = await db('sent_mails').select<{ id: string }[]>('id');
    expect(kept.map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  test('can be read as text and HTML, and lead to the public address', async () => {
    aRelay();
    const [id] = await send(aReset('ada@example.com'));
    const mail = await waitUntil('it is kept', () => findMail(db, id!));
    expect(mail).toMatchObject({ recipient: 'ada@example.com', template: 'reset_password' });
    for (const part of [mail.text, mail.html]) expect(part).toContain('https://plimsoll.example/new?token=');
    expect((await listMails(db, 10)).map((each) => each.id)).toEqual([id]);
  });

  test('are forgotten after their time, the oldest first', async () => {
    const mail = { template: 't', sender: 's', recipient: 'r', subject: 's', text: 't', html: 'h' };
    for (let i = 0; i < 3; i += 1) await keepMail(db, { ...mail, id: randomUUID() });
    expect(await pruneMails(db, { beforeMs: Date.now() - 60_000, limit: 10 })).toBe(0);
    expect(await pruneMails(db, { beforeMs: Date.now() + 60_000, limit: 2 })).toBe(2);
    expect(await listMails(db, 10)).toHaveLength(1);
  });
});

describe('an entry', () => {
  test('is written by its transaction or not at all, and told to listeners after the commit alone', async () => {
    let told = 0;
    onEnqueued(db, () => void (told += 1));
    const undone = write(db, async (trx) => {
      await enqueueMail(trx, aReset('a@example.com'), secrets);
      throw new Error('undone');
    });
    await expect(undone).rejects.toThrow('undone');
    expect([await isEmpty(), told]).toEqual([true, 0]);
    await send(...some(3));
    expect(told).toBe(1);
  });

  test('keeps its link from whoever reads the table, and is erased when it was acted upon', async () => {
    const mail = aReset('ada@example.com');
    await send(mail);
    const [row] = await db('outbox').select('*');
    const token = (mail.data as { link: string }).link.split('=')[1]!;
    expect(JSON.stringify(row)).not.toContain(token);
    expect(JSON.stringify(row)).not.toContain('ada@example.com');
    aRelay({ smtpUrl: smtp.url });
    await waitUntil('it is sent', isEmpty);
    expect(smtp.mails[0]!.raw).toContain('plimsoll.example/new');
    expect(await db('sent_mails').first('id')).toBeUndefined();
  });

  test('whose offer is over is dropped, and counted', async () => {
    const over = aReset('late@example.com');
    (over.data as { expiresAtMs: number }).expiresAtMs = Date.now() - 1;
    await send(over);
    const { metric } = aRelay({ smtpUrl: smtp.url });
    await waitUntil('it is gone', isEmpty);
    expect(smtp.mails).toEqual([]);
    expect(await metric('plimsoll_outbox_acted_total', 'expired')).toBe(1);
  });

  test('of a template that this release does not have keeps nobody waiting', async () => {
    await send({ ...aReset('x@example.com'), template: 'from_the_future' } as unknown as Mail, aReset('b@example.com'));
    aRelay({ smtpUrl: smtp.url });
    await waitUntil('the other is sent', () => smtp.mails.length === 1);
    expect(await db('outbox').first('last_error')).toMatchObject({
      last_error: expect.stringContaining('no template'),
    });
  });
});

describe('mails by SMTP', () => {
  test('arrive once each, from and to whom they should, with an id that is derived from the entry', async () => {
    aRelay({ smtpUrl: smtp.url });
    aRelay({ smtpUrl: smtp.url });
    const ids = await send(...some(30));
    await waitUntil('all are sent', isEmpty);
    expect(smtp.mails.map(({ messageId }) => messageId).sort()).toEqual(ids.map((id) => `<${id}@localhost>`).sort());
    expect(smtp.mails.every(({ from }) => from === 'plimsoll@localhost')).toBe(true);
    expect(smtp.mails.flatMap(({ to }) => to)).toContain('p7@example.com');
    const { raw } = smtp.mails[0]!;
    for (const part of [
      /^Subject: Choose a new password/m,
      /^Auto-Submitted: auto-generated/m,
      /text\/plain/,
      /text\/html/,
    ])
      expect(raw).toMatch(part);
  });

  test('that the server will never take are given up at once, those that it may take later are tried again', async () => {
    smtp.judge = (recipient) => {
      if (recipient.startsWith('never')) return { code: 550, text: 'no such user' };
      return recipient.startsWith('later') ? { code: 451, text: `come back, ${recipient}` } : undefined;
    };
    const [, later] = await send(aReset('never@example.com'), aReset('later@example.com'), aReset('now@example.com'));
    const { metric } = aRelay({ smtpUrl: smtp.url, times: { pausesMs: [5, 5] } });
    await waitUntil('it is parked', () => db('outbox').whereNotNull('parked_at').first('id'));
    expect(smtp.mails.map(({ to }) => to[0])).toEqual(['now@example.com']);
    expect(await metric('plimsoll_outbox_acted_total', 'refused')).toBe(1);
    expect(await metric('plimsoll_outbox_acted_total', 'failed')).toBe(2);
    // Beside a payload that is sealed no word of the server's may stand, which has named whom the mail is for.
    expect(await db('outbox').pluck('last_error')).toEqual(['EENVELOPE 451']);
    await waitUntil('the metric tells it', async () => (await metric('plimsoll_outbox_parked')) === 1);
    expect(await metric('plimsoll_outbox_lag_seconds')).toBe(0);

    smtp.judge = () => undefined;
    expect(await unparkEntries(db, later)).toBe(1);
    await waitUntil('it is sent after all', isEmpty);
    expect(smtp.mails.map(({ to }) => to[0])).toContain('later@example.com');
  });

  test('wait while the server is away, and the lag says for how long', async () => {
    const away = await startSmtpReceiver();
    await away.close();
    await send(aReset('ada@example.com'));
    const { relay, metric } = aRelay({ smtpUrl: away.url, times: { pausesMs: [60_000] } });
    await waitUntil('it failed', async () => (await metric('plimsoll_outbox_acted_total', 'failed')) === 1);
    const before = await waitUntil('there is a lag', () => metric('plimsoll_outbox_lag_seconds'));
    await waitUntil('it grows', async () => (await metric('plimsoll_outbox_lag_seconds'))! > before);
    await relay.stop();
    await db('outbox').update({ due_at: db.fn.now() });
    aRelay({ smtpUrl: smtp.url });
    await waitUntil('it is sent', () => smtp.mails.length > 0);
  });
});

/** So long that sending, on a machine that is busy, never takes half of it: an act that is too slow counts as failed. */
const LONG_LEASE_MS = 4_000;

function spawnRelay(smtpUrl: string, crashAt?: string, leaseMs = 300): ChildProcess {
  return spawn(process.execPath, [PROCESS], {
    env: {
      PATH: process.env['PATH'] ?? '',
      ...env,
      DATABASE_URL: database.url,
      PLIMSOLL_SMTP_URL: smtpUrl,
      TEST_LEASE_MS: String(leaseMs),
      ...(crashAt !== undefined && { PLIMSOLL_CRASH_AT: crashAt }),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
async function ended(child: ChildProcess): Promise<NodeJS.Signals | number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.signalCode ?? child.exitCode;
}

describe('a relay that is killed', { timeout: 60_000 }, () => {
  test.each(['relay.taken', 'relay.written', 'relay.committed'])(
    'at %s keeps each mail exactly once',
    async (place) => {
      const ids = await send(...some(25));
      expect(await ended(spawnRelay('', `${place}:2`))).toBe('SIGKILL');
      expect(await isEmpty()).toBe(false);
      expect(await ended(spawnRelay(''))).toBe(0);
      const kept = await db('sent_mails').select<{ id: string }[]>('id');
      expect(kept.map(({ id }) => id).sort()).toEqual(ids.sort());
    },
  );

  test('between sending and saying so sends those again under the same id, and no other', async () => {
    const ids = await send(...some(25));
    expect(await ended(spawnRelay(smtp.url, 'relay.sent:3', LONG_LEASE_MS))).toBe('SIGKILL');
    const left = await db('outbox').select<{ id: string }[]>('id');
    expect(left.length).toBeLessThan(25);
    await smtp.settled();
    const before = smtp.mails.map(({ messageId }) => messageId);
    expect(await ended(spawnRelay(smtp.url, undefined, LONG_LEASE_MS))).toBe(0);
    const after = smtp.mails.slice(before.length).map(({ messageId }) => messageId);
    // What was finished is not sent again; what was not, is, once.
    expect(after.sort()).toEqual(left.map(({ id }) => `<${id}@localhost>`).sort());
    expect(new Set([...before, ...after]).size).toBe(ids.length);
    expect(before.length + after.length).toBeGreaterThan(ids.length);
  });

  test('at any moment, with another one beside it, loses nothing and keeps nothing twice', async () => {
    const seed = Date.now();
    const random = createRandom(seed);
    const ids: string[] = [];
    const kills = process.env['PLIMSOLL_DEEP'] ? 20 : 2;
    for (let kill = 0; kill < kills; kill += 1) {
      ids.push(...(await send(...some(60))));
      const pair = [spawnRelay(''), spawnRelay('')];
      await waitUntil(
        'they are at work',
        async () => (await db('sent_mails').whereIn('id', ids.slice(-60)).first('id')) !== undefined,
      );
      await pause(random.below(40));
      for (const child of pair) child.kill('SIGKILL');
      await Promise.all(pair.map((child) => ended(child)));
    }
    expect(await ended(spawnRelay(''))).toBe(0);
    const kept = await db('sent_mails').select<{ id: string }[]>('id');
    expect(kept.map(({ id }) => id).sort(), `seed ${seed}`).toEqual(ids.sort());
  });
});
