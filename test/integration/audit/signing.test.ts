import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import type { Knex } from 'knex';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuditSigningActivities, type SigningPart } from '../../../activities/audit-signing.ts';
import type { AuditEntry } from '../../../domain/audit/entry.ts';
import type { AuditSignature } from '../../../domain/audit/signature.ts';
import { AuditKeys } from '../../../runtime/audit-keys.ts';
import { findBreak, readSigned } from '../../../store/audit-log.ts';
import { listSignatures, listUnsignedHeads } from '../../../store/audit-signatures.ts';
import { connectDatabase } from '../../../store/database.ts';
import { plimsoll } from '../../support/cli.ts';
import { aToken } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { aPlatformDatabase, type ScratchDatabase } from '../../support/scratch.ts';
import { aChain, exported, grow, rechain, setHead, tamper, verifyOffline } from './chains.ts';

// A database of its own: all heads in it are signed, with keys that nobody else knows.
const seed = () => randomBytes(32).toString('base64');
const auditKeys = [`t1:${seed()}`];
const keys = new AuditKeys(auditKeys);
const strangers = new AuditKeys([`x1:${seed()}`]);
const namesakes = new AuditKeys([`t1:${seed()}`]);

let scratch: ScratchDatabase;
let db: Knex;
let platform: TestPlatform;
beforeAll(async () => {
  scratch = await aPlatformDatabase();
  db = scratch.connect();
  platform = await startPlatform({ databaseUrl: scratch.url, auditKeys });
});
afterAll(async () => {
  await platform?.close();
  await scratch?.drop();
});

/** Runs the activity once, as a worker does. */
const sign = (
  by = keys,
  {
    on = db,
    metrics = new Registry(),
    headsAtATime = 200,
    resumed,
  }: { on?: Knex; metrics?: Registry; headsAtATime?: number; resumed?: SigningPart } = {},
): Promise<SigningPart> => {
  const activities = createAuditSigningActivities({ db: on, metrics, auditKeys: by, headsAtATime });
  const environment = new MockActivityEnvironment(resumed && { heartbeatDetails: resumed });
  return environment.run(() => activities.signHeads({ after: null }));
};
const signaturesOf = (chain: string) => listSignatures(db, chain, { fromSeq: 1, toSeq: 1_000 });
const brokenOf = async (chain: string) => (await findBreak(db, chain, keys.verify)).broken;
const publicKeys = (of = keys) => of.publicKeys.map(({ id, publicKey }) => `${id}:pub:${publicKey}`).join(',');

/** Signed at its fourth entry and at its eighth, of ten. */
async function aSignedChain(): Promise<string> {
  const chain = await aChain(db, 4);
  await sign();
  await grow(db, chain, 5, 8);
  await sign();
  await grow(db, chain, 9, 10);
  return chain;
}

/** Whoever owns the database writes a chain anew from an entry on, its head too. */
const rewrite = (chain: string, from: number) =>
  tamper(db, async (trx) => setHead(trx, chain, await rechain(trx, chain, from)));

/** And cuts it off behind an entry, its head too. */
const cutOff = (chain: string, behind: number) =>
  tamper(db, async (trx) => {
    await trx('audit_entries').where({ chain_id: chain }).where('seq', '>', behind).delete();
    const last = await trx('audit_entries').where({ chain_id: chain, seq: behind }).first<{ hash: Buffer }>('hash');
    await trx('audit_heads').where({ chain_id: chain }).update({ seq: behind, hash: last.hash });
  });

describe('signing', () => {
  test('signs each head that has grown, once, page by page', async () => {
    const chains = [await aChain(db, 2), await aChain(db, 2), await aChain(db, 2)];
    const metrics = new Registry();
    const { signed, next } = await sign(keys, { metrics, headsAtATime: 2 });
    expect({ enough: signed >= 3, next }).toEqual({ enough: true, next: null });
    for (const chain of chains) expect(await signaturesOf(chain)).toMatchObject([{ seq: 2, key_id: 't1' }]);
    expect(await metrics.metrics()).toMatch(new RegExp(`^plimsoll_audit_heads_signed_total ${signed}$`, 'm'));
    expect(await metrics.metrics()).toMatch(/^plimsoll_audit_signed_timestamp_seconds [1-9]/m);

    expect(await listUnsignedHeads(db, { afterChainId: null, limit: 10 })).toEqual([]);
    expect(await sign()).toEqual({ signed: 0, hasKey: true, next: null });
    await grow(db, chains[0]!, 3, 3);
    expect(await sign()).toEqual({ signed: 1, hasKey: true, next: null });
    expect((await signaturesOf(chains[0]!)).map(({ seq }) => seq)).toEqual([2, 3]);
  });

  test('goes on behind the last heartbeat of an attempt that was killed', async () => {
    await sign();
    const [first, second] = [await aChain(db, 1), await aChain(db, 1)].sort();
    const resumed = { signed: 7, hasKey: true, next: first! };
    expect(await sign(keys, { resumed })).toEqual({ signed: 8, hasKey: true, next: null });
    expect([await signaturesOf(first!), await signaturesOf(second!)].map(({ length }) => length)).toEqual([0, 1]);
  });

  test('done twice at once, or again after a kill between, keeps one signature', async () => {
    await sign();
    const chain = await aChain(db, 3);
    const pool = connectDatabase({ ...platform.config, databasePoolSize: 4 }, 'plimsoll-test');
    try {
      const parts = await Promise.all([1, 2, 3, 4].map(() => sign(keys, { on: pool })));
      expect(parts.reduce((sum, { signed }) => sum + signed, 0)).toBe(1);
    } finally {
      await pool.destroy();
    }
    expect(await signaturesOf(chain)).toHaveLength(1);
  });

  test('signs nothing, and says so, with public keys alone', async () => {
    const chain = await aChain(db, 1);
    expect(await sign(new AuditKeys(publicKeys().split(',')))).toEqual({ signed: 0, hasKey: false, next: null });
    expect(await signaturesOf(chain)).toEqual([]);
  });
});

describe('a signed chain', () => {
  test('that nobody touched verifies, and says how far it is signed', async () => {
    const chain = await aSignedChain();
    const { verified, broken } = await findBreak(db, chain, keys.verify);
    expect(broken).toBeUndefined();
    const [, last] = await signaturesOf(chain);
    expect(verified).toMatchObject({ entries: 10, signatures: 2, signed: { seq: 8, at: last!.signed_at } });
  });

  test('verifies at each moment while it grows and is signed', async () => {
    const chain = await aChain(db, 1);
    const pools = [1, 2].map(() => connectDatabase({ ...platform.config, databasePoolSize: 2 }, 'plimsoll-test'));
    const [growing, signing] = pools as [Knex, Knex];
    const grown = new AbortController();
    const broken = new Set<unknown>();
    try {
      await Promise.all([
        grow(growing, chain, 2, 60).finally(() => grown.abort()),
        (async () => {
          while (!grown.signal.aborted) await sign(keys, { on: signing });
        })(),
        (async () => {
          while (!grown.signal.aborted) broken.add(await brokenOf(chain));
        })(),
      ]);
    } finally {
      await Promise.all(pools.map((pool) => pool.destroy()));
    }
    expect([...broken]).toEqual([undefined]);
  });

  test('verifies under new keys while the old ones are known by their public part', async () => {
    const chain = await aSignedChain();
    const rotated = new AuditKeys([`t2:${seed()}`, ...publicKeys().split(',')]);
    await sign(rotated);
    const { verified, broken } = await findBreak(db, chain, rotated.verify);
    expect({ broken, signatures: verified.signatures }).toEqual({ broken: undefined, signatures: 3 });
  });

  test.each([
    [2, 4],
    [4, 4],
    [5, 8],
    [8, 8],
  ])('written anew from entry %i on, with its head, shows at the signed entry %i', async (from, seq) => {
    const chain = await aSignedChain();
    await rewrite(chain, from);
    expect(await brokenOf(chain)).toEqual({ seq, reason: 'not_as_signed' });
  });

  test('written anew behind its last signature verifies: that is what an hour leaves open', async () => {
    const chain = await aSignedChain();
    await rewrite(chain, 9);
    const { verified, broken } = await findBreak(db, chain, keys.verify);
    expect({ broken, signed: verified.signed?.seq }).toEqual({ broken: undefined, signed: 8 });
  });

  test('keeps showing it after the forged head was signed in its turn', async () => {
    const chain = await aSignedChain();
    await rewrite(chain, 5);
    await sign();
    expect(await brokenOf(chain)).toEqual({ seq: 8, reason: 'not_as_signed' });
  });

  test.each([3, 4, 7])(
    'cut off behind entry %i, with its head, shows the first entry that is missing',
    async (behind) => {
      const chain = await aSignedChain();
      await cutOff(chain, behind);
      expect(await brokenOf(chain)).toEqual({ seq: behind + 1, reason: 'not_as_signed' });
    },
  );

  test('of which nothing is left, head and all, shows', async () => {
    const chain = await aSignedChain();
    await tamper(db, async (trx) => {
      for (const table of ['audit_entries', 'audit_heads']) await trx(table).where({ chain_id: chain }).delete();
    });
    expect(await brokenOf(chain)).toEqual({ seq: 1, reason: 'not_as_signed' });
  });

  test('shows a signature that was altered, was moved from another chain, or is of a key that nobody knows', async () => {
    const alter = async (change: object) => {
      const chain = await aSignedChain();
      await tamper(db, (trx) => trx('audit_signatures').where({ chain_id: chain, seq: 4 }).update(change));
      return brokenOf(chain);
    };
    const changed = { seq: 4, reason: 'signature_changed' };
    expect(await alter({ signature: randomBytes(64) })).toEqual(changed);
    expect(await alter({ signature: Buffer.alloc(0) })).toEqual(changed);
    expect(await alter({ signed_at: new Date(0) })).toEqual(changed);
    expect(await alter({ hash: randomBytes(32) })).toEqual(changed);
    expect(await alter({ seq: 3 })).toEqual({ ...changed, seq: 3 });
    const [foreign] = await signaturesOf(await aSignedChain());
    expect(await alter({ signature: Buffer.from(foreign!.signature, 'base64') })).toEqual(changed);
    expect(await alter({ key_id: 'x1' })).toEqual({ seq: 4, reason: 'unknown_key' });
  });

  test('forged and signed by somebody else shows, whatever they call their key', async () => {
    for (const [by, reason] of [
      [strangers, 'unknown_key'],
      [namesakes, 'signature_changed'],
    ] as const) {
      const chain = await aSignedChain();
      await rewrite(chain, 2);
      await tamper(db, (trx) => trx('audit_signatures').where({ chain_id: chain }).delete());
      await sign(by);
      expect(await brokenOf(chain)).toEqual({ seq: 10, reason });
      await tamper(db, (trx) => trx('audit_signatures').where({ chain_id: chain }).delete());
    }
  });
});

/** Of the lines of an export. */
const typesOf = (text: string) =>
  text.split('\n').map((line) => (JSON.parse(line) as { type?: string }).type ?? 'entry');

describe('an export', () => {
  const LINES = ['entry', 'entry', 'entry', 'entry', 'signature', 'entry', 'entry', 'entry', 'entry', 'signature'];

  test('carries each signature behind its entry, and verifies offline with the public keys, whole or a part', async () => {
    const text = await exported(db, await aSignedChain());
    expect(typesOf(text)).toEqual([...LINES, 'entry', 'entry']);
    const whole = { entries: 10, signatures: 2, signatures_verified: 'yes', signed_seq: 8, broken: 'no' };
    expect(await verifyOffline(text, { keys: publicKeys() })).toMatchObject({ code: 0, result: whole });
    const part = text.split('\n').slice(2).join('\n');
    expect(await verifyOffline(part, { keys: publicKeys() })).toMatchObject({ code: 0, result: { entries: 8 } });
    expect(await verifyOffline(text)).toMatchObject({
      code: 0,
      result: { entries: 10, signatures: 2, signatures_verified: expect.stringMatching(/^no/), signed_seq: null },
    });
  });

  test('of a chain that was written anew or cut off shows it offline', async () => {
    const chain = await aSignedChain();
    await rewrite(chain, 6);
    expect(await verifyOffline(await exported(db, chain), { keys: publicKeys() })).toMatchObject({
      code: 1,
      result: { broken: 'entry 8: not_as_signed', signed_seq: 4 },
    });
    await cutOff(chain, 6);
    expect(await verifyOffline(await exported(db, chain), { keys: publicKeys() })).toMatchObject({
      code: 1,
      result: { broken: 'entry 7: not_as_signed', signed_seq: 4 },
    });
  });

  test('shows a signature offline that was altered, or whose key is not among those given', async () => {
    const text = await exported(db, await aSignedChain());
    const altered = text.replace(/"signed_at":"\d{4}/, '"signed_at":"1999');
    expect((await verifyOffline(altered, { keys: publicKeys() })).result['broken']).toBe('entry 4: signature_changed');
    const unknown = await verifyOffline(text, { keys: publicKeys(strangers) });
    expect(unknown).toMatchObject({ code: 1, result: { broken: 'entry 4: unknown_key' } });
  });

  test.each(['nonsense', 't1:AAAA', `${publicKeys()},${publicKeys()}`])('refuses %s as keys', async (given) => {
    const { code, stderr } = await plimsoll(['audit', 'verify', '/dev/null', '--keys', given]);
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining('id:pub:key') });
  });
});

describe('over HTTP', () => {
  test('the keys are there for anyone, the export carries signatures, and the chain is verified with them', async () => {
    const answer = await (await fetch(`${platform.url}/v1/audit-keys`)).text();
    expect(JSON.parse(answer)).toEqual({
      data: [{ id: 't1', public_key: keys.publicKeys[0]!.publicKey, signs: true }],
    });
    expect(answer).not.toContain(auditKeys[0]!.split(':')[1]);

    const { id } = await platform.anOrganization();
    const token = await aToken(db, { organization_id: id }, ['audit_log:view']);
    const ask = (path: string) =>
      fetch(`${platform.url}/v1/organizations/${id}/audit-log${path}`, {
        headers: { authorization: `Bearer ${token}` },
      });
    await grow(db, id, 1, 3);
    await sign();
    const signed = (await signaturesOf(id)).at(-1)!;
    expect(await (await ask('/verify')).json()).toMatchObject({
      valid: true,
      signatures: 1,
      signed: { seq: signed.seq, at: signed.signed_at },
      broken: null,
    });

    const text = await (await ask('/export')).text();
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-audit-'));
    try {
      const file = join(folder, `${randomUUID()}.json`);
      writeFileSync(file, answer);
      expect(await verifyOffline(text, { keys: file })).toMatchObject({ code: 0, result: { signed_seq: signed.seq } });
    } finally {
      rmSync(folder, { recursive: true });
    }
    expect(await (await ask('/export?action=thing.changed')).text()).not.toContain('signature');

    await rewrite(id, 2);
    expect(await (await ask('/verify')).json()).toMatchObject({
      valid: false,
      broken: { seq: signed.seq, reason: 'not_as_signed' },
    });
  });

  test('what an export hides, signatures included, is hidden by the plan', async () => {
    const chain = await aSignedChain();
    const lines: (AuditEntry | AuditSignature)[] = [];
    for await (const page of readSigned(db, chain, { sinceMs: Date.now() + 1_000 })) lines.push(...page);
    expect(lines).toEqual([]);
  });
});
