import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createInvite } from '../../../store/invites.ts';
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
