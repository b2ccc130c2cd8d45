import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { beforeAll, describe, expect, test } from 'vitest';
import { addBlacklistCommands } from '../../../cli/blacklist-commands.ts';
import { addLicenseCommands } from '../../../cli/license-commands.ts';
import { addOrganizationCommands } from '../../../cli/organization-commands.ts';
import { addProductCommands } from '../../../cli/product-commands.ts';
import { addServerCommands } from '../../../cli/server-commands.ts';
import { plimsollJson, quickPlimsoll } from '../../support/cli.ts';

const slug = `list-${randomUUID().slice(0, 8)}`;
const app = `${slug}/Second`;
let licenses: Record<string, unknown>[];
beforeAll(async () => {
  await plimsollJson('org', 'create', '--name', 'Lists', '--slug', slug);
  for (const name of ['First', 'Second']) await plimsollJson('product', 'create', slug, '--name', name);
  const create = ['license', 'create', app, '--email', 'a@example.com', '--lifetime', '--max-ips', '2'];
  licenses = [await plimsollJson(...create), await plimsollJson(...create, '--pin', '2.1', '--notes', 'n')];
});

function column(rows: unknown, name: string): unknown[] {
  return (rows as Record<string, unknown>[]).map((row) => row[name]);
}

describe('a list', () => {
  test('of organisations, products or licences has the newest first, and no more than asked for', async () => {
    const { organizations } = await plimsollJson('org', 'list', '--limit', '100');
    expect(column(organizations, 'slug')).toContain(slug);

    const all = await plimsollJson('product', 'list', slug);
    expect(column(all.products, 'name')).toEqual(['Second', 'First']);
    const one = await plimsollJson('product', 'list', slug, '--limit', '1');
    expect(column(one.products, 'name')).toEqual(['Second']);

    const made = await plimsollJson('license', 'list', app);
    expect(column(made.licenses, 'license_key')).toEqual(licenses.map((each) => each.license_key).reverse());
  });

  test('of more than a hundred is refused', async () => {
    for (const limit of ['0', '101', 'all']) {
      const { code, stderr } = await quickPlimsoll(['org', 'list', '--limit', limit]);
      expect([code, stderr]).toEqual([64, expect.stringContaining('from 1 to 100')]);
    }
  });

  test('is one line an entry for people', async () => {
    const { stdout } = await quickPlimsoll(['product', 'list', slug]);
    expect(stdout.split('\n').filter((line) => /^ {2}\S/.test(line))).toEqual([
      expect.stringMatching(/ {2}Second {2}active {2}kp_live_/),
      expect.stringMatching(/ {2}First {2}active {2}kp_live_/),
    ]);
  });
});

test('a licence is shown with its terms and its addresses', async () => {
  const key = String(licenses[1]?.license_key);
  await plimsollJson('ip', 'add', key, '192.0.2.1');
  await plimsollJson('ip', 'add', key, '2001:db8::1');
  await plimsollJson('license', 'set', key, '--custom', '{"tier":"gold"}');
  const shown = await plimsollJson('license', 'show', key);
  expect(shown).toMatchObject({
    max_ips: 2,
    notes: 'n',
    pin: { mode: 'exact', version: '2.1' },
    custom: { tier: 'gold' },
  });
  expect(column(shown.ips, 'address')).toEqual(expect.arrayContaining(['192.0.2.1', '2001:db8::1']));
  expect(column(shown.ips, 'origin')).toEqual(['manual', 'manual']);
  expect((await plimsollJson('ip', 'list', key)).ips).toEqual(shown.ips);

  await plimsollJson('license', 'set', key, '--range', '>=2 <3');
  expect(await plimsollJson('license', 'show', key)).toMatchObject({ pin: { mode: 'range', min: '2', max: '3' } });
});

test('every command has a description', () => {
  const program = new Command();
  for (const add of [
    addServerCommands,
    addOrganizationCommands,
    addProductCommands,
    addLicenseCommands,
    addBlacklistCommands,
  ])
    add(program);
  const all = program.commands.flatMap((command) => [command, ...command.commands]);
  expect(all.length).toBeGreaterThan(25);
  expect(all.filter((command) => command.description() === '').map((command) => command.name())).toEqual([]);
});
