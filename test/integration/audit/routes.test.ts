import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../../domain/audit/entry.ts';
import { NOTHING_VERIFIED, verifyNext } from '../../../domain/audit/verify.ts';
import { acting } from '../../../store/acting.ts';
import { audit } from '../../../store/audit.ts';
import { sha256Hex } from '../../../store/audit-chain.ts';
import { changePlan } from '../../../store/organizations.ts';
import { aPerson, aToken, type TestPerson } from '../../support/people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

let platform: TestPlatform;
let organizationId: string;
let person: TestPerson;
let token: string;
const DAY_MS = 86_400_000;
beforeAll(async () => {
  platform = await startPlatform();
  ({ id: organizationId } = await platform.anOrganization());
  person = await aPerson(platform.db);
  token = await aToken(platform.db, { organization_id: organizationId }, ['audit_log:view']);
  for (let i = 1; i <= 300; i += 1) {
    const target = { type: 'thing', id: `${i}` };
    const action = i % 2 ? 'thing.made' : 'thing.changed';
    await acting(platform.db, { kind: 'token', id: 'a-token', userId: person.id }, (trx) =>
      audit(trx, { organizationId, action, target }),
    );
  }
});
afterAll(() => platform.close());

const ask = (path: string): Promise<Response> =>
  fetch(`${platform.url}/v1/organizations/${organizationId}/audit-log${path}`, {
    headers: { authorization: `Bearer ${token}` },
  });
const page = async (query: string) => {
  const response = await ask(query);
  expect(response.status).toBe(200);
  return (await response.json()) as { data: AuditEntry[]; next_cursor: string | null };
};

describe('the audit log', () => {
  test('is listed whole, the newest first, page by page', async () => {
    const seen: number[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { data, next_cursor: next } = await page(`?limit=100${cursor && `&cursor=${cursor}`}`);
      seen.push(...data.map(({ seq }) => seq));
      cursor = next;
    }
    expect(seen).toEqual([...seen].sort((a, b) => b - a));
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(301);
  });

  test('is filtered by who, what, of what, and when', async () => {
    expect((await page('?target=7')).data).toMatchObject([{ action: 'thing.made', target: { id: '7' } }]);
    expect((await page('?action=organization.created')).data).toHaveLength(1);
    // What a person's tokens did is the person's.
    expect((await page(`?actor=${person.id}&limit=1`)).data).toMatchObject([{ actor: { user_id: person.id } }]);
    expect((await page('?actor=test&limit=100')).data.every(({ actor }) => actor.kind === 'server')).toBe(true);
    const tomorrow = new Date(Date.now() + DAY_MS).toISOString();
    expect((await page(`?from=${tomorrow}`)).data).toEqual([]);
    expect((await page(`?until=${tomorrow}&limit=5`)).data).toHaveLength(5);
  });

  test('is exported as lines that verify by themselves', async () => {
    const response = await ask('/export');
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const lines = (await response.text()).trimEnd().split('\n');
    let verified = NOTHING_VERIFIED;
    // The platform's worker may have signed meanwhile.
    for (const line of lines.filter((each) => !each.includes('"type":"signature"'))) {
      const next = verifyNext(verified, JSON.parse(line) as AuditEntry, sha256Hex);
      if ('reason' in next) throw new Error(`${next.seq}: ${next.reason}`);
      verified = next;
    }
    const answer = (await (await ask('/verify')).json()) as object;
    expect(answer).toMatchObject({ valid: true, entries: verified.entries, last_hash: verified.hash, broken: null });
  });

  test('is hidden beyond the days of the plan, at once, and shown again by a higher one', async () => {
    platform.clock.nowMs = Date.now() + 8 * DAY_MS;
    try {
      expect((await page('')).data).toEqual([]);
      expect(await (await ask('/export')).text()).toBe('');
      await platform.write((trx) => changePlan(trx, organizationId, 'pro'));
      expect((await page('?limit=1')).data).toHaveLength(1);
    } finally {
      platform.clock.nowMs = undefined;
    }
  });
});
