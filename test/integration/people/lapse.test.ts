import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createInvite, lapseInvites } from '../../../store/invites.ts';
import { startInviteLapse } from '../../../worker/invite-lapse.ts';
import { waitUntil } from '../../support/wait.ts';
import { DAY_MS, type People, people } from './world.ts';

let world: People;
beforeAll(() => {
  world = people();
});
afterAll(() => world.close());

test('seats of invites that are over come back by themselves, once, and those of others stay', async () => {
  const { organization } = await world.anOrganization();
  const role = await world.aRole(organization.id, 'products:view');
  const invite = (email: string, nowMs: number) =>
    world.as('server', (trx) =>
      createInvite(trx, { organizationId: organization.id, email, roleId: role.id }, world.terms(nowMs)),
    );
  const living = await invite('living@example.com', Date.now());
  // Made after the other: making it lapses nothing.
  const over = await invite('over@example.com', Date.now() - 8 * DAY_MS);
  expect(await world.usedIn(organization.id)).toMatchObject({ members: 3 });

  // As two workers have: both look at the same time.
  const log = pino({ level: 'silent' });
  const jobs = [
    startInviteLapse({ db: world.db, log, everyMs: 20 }),
    startInviteLapse({ db: world.db, log, everyMs: 20 }),
  ];
  const states = async () =>
    Object.fromEntries(
      (await world.db('invites').where({ organization_id: organization.id })).map((row) => [row.id, row.state]),
    ) as Record<string, string>;
  await waitUntil('the seat is free', async () => (await states())[over.id] === 'lapsed');
  await Promise.all(jobs.map((job) => job.stop()));
  expect((await states())[living.id]).toBe('pending');
  expect(await world.usedIn(organization.id)).toMatchObject({ members: 2 });
  const entries = await world.db('audit_entries').where({ chain_id: organization.id, action: 'invite.lapsed' });
  expect(entries).toHaveLength(1);
});

test('an organisation that fails keeps no other waiting, and each failure is told', async () => {
  const [failing, well] = [await world.anOrganization(), await world.anOrganization()].map(
    ({ organization }) => organization.id,
  ) as [string, string];
  const over = async (organizationId: string) => {
    const role = await world.aRole(organizationId, 'products:view');
    const input = { organizationId, email: 'over@example.com', roleId: role.id };
    return world.as('server', (trx) => createInvite(trx, input, world.terms(Date.now() - 8 * DAY_MS)));
  };
  const [kept, given] = [await over(failing), await over(well)];
  await world.db.raw(
    `alter table invites add constraint test_never_lapses check (organization_id <> '${failing}' or state <> 'lapsed')`,
  );
  const lines: { msg: string; organizationId?: string }[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const job = startInviteLapse({ db: world.db, log, everyMs: 20 });
  const stateOf = async (id: string) => (await world.db('invites').where({ id }).first('state')).state as string;
  try {
    await waitUntil('the other one is done', async () => (await stateOf(given.id)) === 'lapsed');
    await waitUntil('the failure is told', () => lines.some(({ organizationId }) => organizationId === failing));
    expect(await stateOf(kept.id)).toBe('pending');
  } finally {
    await job.stop();
    await world.db.raw('alter table invites drop constraint test_never_lapses');
    await world.as('server', (trx) => lapseInvites(trx, failing, Date.now()));
  }
});
