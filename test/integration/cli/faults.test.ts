import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plimsoll, quickPlimsoll } from '../../support/cli.ts';
import { aScratchDatabase, type ScratchDatabase } from '../../support/scratch.ts';
import { testStack } from '../../support/stack.ts';

let scratch: ScratchDatabase;
beforeAll(async () => {
  scratch = await aScratchDatabase();
});
afterAll(() => scratch.drop());

/** A fault is one sentence or a few on stderr: nothing on stdout, no stack trace, no secret. */
async function fault(args: string[], env: Record<string, string | undefined> = {}, run = plimsoll) {
  const { code, stdout, stderr } = await run(args, env);
  expect(stdout).toBe('');
  expect(stderr).not.toMatch(/^\s+at |node:internal|\.ts:\d/m);
  expect(stderr).toMatch(/\S\n$/);
  return { code, stderr };
}

describe('help', () => {
  test('lists every group of commands', async () => {
    const { code, stdout, stderr } = await plimsoll(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    const groups = ['blacklist', 'demo', 'doctor', 'ip', 'license', 'migrate', 'org', 'product', 'version'];
    expect([...stdout.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name)).toEqual(expect.arrayContaining(groups));
  });

  test('of a group lists its commands', async () => {
    const { code, stdout } = await quickPlimsoll(['product', '--help']);
    expect(code).toBe(0);
    for (const name of ['create', 'show', 'set', 'rotate-key', 'signing-secret', 'delete'])
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });
});

describe('a command line that is wrong ends with 64', () => {
  const license = ['license', 'create', 'x/y', '--email', 'a@example.com'];
  test.each<[what: string, args: string[], says: RegExp]>([
    ['no command', [], /Usage: plimsoll/],
    ['an unknown command', ['lisence'], /unknown command 'lisence'/],
    ['an unknown command of a group', ['org', 'crate'], /unknown command 'crate'/],
    ['an unknown option', ['org', 'show', 'x', '--jsn'], /unknown option '--jsn'/],
    ['a missing argument', ['org', 'show'], /missing required argument 'org'/],
    ['a missing option', ['org', 'create', '--name', 'x'], /required option '--slug/],
    ['a slug in upper case', ['org', 'create', '--name', 'x', '--slug', 'A'], /lower-case letters/],
    ['an empty name', ['org', 'create', '--name', '', '--slug', 'a'], /1 to 80 characters/],
    ['a name too long', ['product', 'create', 'x', '--name', 'x'.repeat(81)], /1 to 80 characters/],
    ['a licence without an end', license, /needs --lifetime or --expires/],
    ['a licence with two ends', [...license, '--lifetime', '--expires', '2027-01-01'], /cannot be used with/],
    ['an instant without a zone', [...license, '--expires', '2027-01-01T00:00:00'], /ISO 8601/],
    ['a day that does not exist', [...license, '--expires', '2027-02-31'], /ISO 8601/],
    ['a licence for nobody', ['license', 'create', 'x/y', '--lifetime'], /--email or --discord-id/],
    ['a range that is none', [...license, '--lifetime', '--range', '2.1 to 2.4'], />=MIN <MAX/],
    ['a cap that is none', [...license, '--lifetime', '--max-ips', 'many'], /whole number/],
    ['JSON that is no object', ['product', 'set', 'x/y', '--custom-template', '[]'], /a JSON object/],
    ['two blacklists', ['blacklist', 'add', '::1', '--platform', '--org', 'x'], /Name one list/],
    ['a state that is none', ['org', 'billing', 'x', 'paid'], /billing_grace/],
  ])('%s', async (_what, args, says) => {
    const { code, stderr } = await fault(args, {}, quickPlimsoll);
    expect(stderr).toMatch(says);
    expect(code).toBe(64);
  });
});

describe('a refusal ends with 1 and says what helps', () => {
  const slug = `faults-${randomUUID().slice(0, 8)}`;
  beforeAll(async () => {
    await quickPlimsoll(['org', 'create', '--name', 'x', '--slug', slug]);
    await quickPlimsoll(['product', 'create', slug, '--name', 'App']);
  });

  test.each<[what: string, args: string[], says: RegExp]>([
    ['no such organisation', ['org', 'show', 'nobody-at-all'], /^There is no such organization as 'nobody-at-all'\.$/m],
    ['no such product', ['product', 'show', `${slug}/Nope`], /no such product as .* \(an id, or organization\/name\)/],
    ['no such licence', ['license', 'show', 'AAAA-BBBB-CCCC-DDDD'], /^There is no such license\.$/m],
    ['no such plan', ['org', 'plan', slug, 'gold'], /free, pro, enterprise/],
    [
      'a slug that is taken',
      ['org', 'create', '--name', 'x', '--slug', slug],
      /has the slug 'faults-\w+' already: choose another/,
    ],
    [
      'a name that is taken',
      ['product', 'create', slug, '--name', 'aPP'],
      /has the name 'aPP' already: choose another/,
    ],
    [
      'a feature of a larger plan',
      ['product', 'set', `${slug}/App`, '--versions', 'on'],
      /version_control.*pro has it/,
    ],
    ['no network', ['blacklist', 'add', '10.0.0.0/33', '--platform'], /neither an address nor a network/],
    [
      'an override of a feature',
      ['org', 'override', slug, 'webhooks', 'on', '--reason', 'x'],
      /'webhooks' can't be overridden .* It takes no feature at all\./,
    ],
    [
      'an override of a limit that has none',
      ['org', 'override', slug, 'webhook_endpoints', '20', '--reason', 'x'],
      /'webhook_endpoints' can't be overridden .* It takes api_calls, licenses, members, products\./,
    ],
    [
      "an override of a person's limit",
      ['org', 'override', slug, 'organizations', '20', '--reason', 'x'],
      /'organizations' can't be overridden for one organization/,
    ],
    ['an unknown limit', ['org', 'override', slug, 'prodcuts', '5', '--reason', 'x'], /There is no limit 'prodcuts'/],
  ])('%s', async (_what, args, says) => {
    const { code, stderr } = await fault(args, {}, quickPlimsoll);
    expect(stderr).toMatch(says);
    expect(code).toBe(1);
  });
});

describe('a part that is away, or a configuration that is wrong', () => {
  const COMMAND = ['org', 'show', 'x'];

  test('Postgres that does not listen ends with 69', async () => {
    const { code, stderr } = await fault(COMMAND, { DATABASE_URL: 'postgres://me:hunter2@127.0.0.1:1/x' });
    expect(code).toBe(69);
    expect(stderr).toBe('Postgres does not answer. Is the platform running (bin/up)?\n');
  });

  test('a database that does not exist ends with 78', async () => {
    const url = new URL(testStack().config.databaseUrl);
    url.pathname = '/no_such_database';
    const { code, stderr } = await fault(COMMAND, { DATABASE_URL: url.href });
    expect([code, stderr]).toEqual([78, 'Postgres: database "no_such_database" does not exist.\n']);
  });

  test('a database without a schema ends with 78 and names the command', async () => {
    const { code, stderr } = await fault(COMMAND, { DATABASE_URL: scratch.url });
    expect([code, stderr]).toEqual([78, "The database has no schema yet: run 'plimsoll migrate'.\n"]);
  });

  test('no configuration at all ends with 78, naming every variable and where a home would be', async () => {
    const { code, stderr } = await fault(COMMAND, { DATABASE_URL: undefined, PLIMSOLL_DATABASE_TIMEOUT: 'soon' });
    expect(code).toBe(78);
    expect(stderr).toMatch(/DATABASE_URL: is not set/);
    expect(stderr).toMatch(/PLIMSOLL_DATABASE_TIMEOUT: "soon" is not accepted/);
    expect(stderr).toMatch(/PLIMSOLL_HOME/);
  });
});

describe('migrate', () => {
  test('makes a schema and publishes the catalogue, and the second of two at once waits', async () => {
    const empty = await aScratchDatabase();
    try {
      const run = () => plimsoll(['migrate', '--json'], { DATABASE_URL: empty.url });
      const both = await Promise.all([run(), run()]);
      expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([
        [0, ''],
        [0, ''],
      ]);
      const results = both.map(({ stdout }) => JSON.parse(stdout) as { migrations: string[]; published: boolean });
      expect(results.filter(({ migrations }) => migrations.length > 0)).toHaveLength(1);
      expect(results.filter(({ published }) => published)).toHaveLength(1);

      const demo = await plimsoll(['demo', '--json'], { DATABASE_URL: empty.url });
      expect(Object.keys(JSON.parse(demo.stdout) as object)).toEqual([
        'owner_email',
        'owner_password',
        'access_token',
        'organization_id',
        'product_id',
        'product_key',
        'license_key',
      ]);
    } finally {
      await empty.drop();
    }
  });
});

test('a restart where nothing is supervised ends no process, and says so', async () => {
  const { code, stdout, stderr } = await plimsoll(['restart', '--json'], { PLIMSOLL_HOME: '/nowhere' });
  expect([code, stdout]).toEqual([69, '']);
  expect(stderr).toBe('No API is supervised in /nowhere: start it by bin/up.\n');
});

test('what nobody foresaw is a sentence, and a stack trace only for whoever asks for it', async () => {
  const args = ['demo', '--kept', '/'];
  const { code, stderr } = await fault(args);
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^Something unforeseen went wrong: EISDIR.*=debug shows where.*\n$/),
  ]);
  const asked = await plimsoll(args, { PLIMSOLL_LOG_LEVEL: 'debug' });
  expect(asked.stderr).toMatch(/EISDIR[^]*^ +at readKept/m);
});
