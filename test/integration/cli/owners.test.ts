import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plimsollJson, quickPlimsoll } from '../../support/cli.ts';
import { type People, people } from '../people/world.ts';

let world: People;
beforeAll(() => {
  world = people();
});
afterAll(() => world.close());

test('an organisation that is made on the server belongs to whom it is given', { timeout: 60_000 }, async () => {
  const [first, second] = [await world.aPerson(), await world.aPerson()];
  const slug = `cli-${randomUUID().slice(0, 8)}`;
  const made = await plimsollJson('organizations', 'create', '--name', 'X', '--slug', slug, '--owner', first.email);
  expect(made).toMatchObject({ slug, owner_id: first.id });
  expect(await plimsollJson('org', 'show', slug)).toMatchObject({ owner_id: first.id });

  const given = await plimsollJson('organizations', 'set-owner', slug, second.email.toUpperCase());
  expect(given).toEqual({ organization_id: made.organization_id, owner_id: second.id });
  expect(await world.db('members').where({ organization_id: made.organization_id })).toMatchObject([
    { user_id: second.id, role_id: null },
  ]);

  const unknown = await quickPlimsoll(['org', 'set-owner', slug, 'nobody@example.com']);
  expect(unknown).toMatchObject({
    stderr: expect.stringContaining("There is no such person with the e-mail 'nobody@example.com'"),
  });
  expect(unknown.code).not.toBe(0);
});
