import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { normalNetwork } from '../../../domain/validation/addresses.ts';
import { ConfigError, loadConfig, readSettings, SETTINGS } from '../../../runtime/config.ts';
import { configurationReference } from '../../../runtime/configuration-reference.ts';
import { docsFaults } from '../../runner/docs.ts';
import { ROOT } from '../../runner/process.ts';

const KEY = `k1:${Buffer.alloc(32, 7).toString('base64')}`;
const least = {
  DATABASE_URL: 'postgres://plimsoll:pw@localhost:5432/plimsoll',
  REDIS_URL: 'redis://localhost:6379/0',
  TEMPORAL_ADDRESS: 'localhost:7233',
  PLIMSOLL_SECRET_KEYS: KEY,
};
const folder = mkdtempSync(join(tmpdir(), 'plimsoll-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function faultsOf(env: NodeJS.ProcessEnv): ConfigError {
  try {
    loadConfig({ ...least, ...env });
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('The configuration was accepted');
}

describe('the configuration', () => {
  test('has a default for all but the three servers and the key', () => {
    expect(loadConfig(least)).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      trustedProxies: [],
      secretKeys: [KEY],
      shutdownGraceMs: 20_000,
      logLevel: 'info',
    });
  });

  test('has defaults that its own schemas accept', () => {
    for (const each of Object.values(SETTINGS)) {
      if (each.fallback === undefined) continue;
      expect(() => loadConfig({ ...least, [each.variable]: each.fallback })).not.toThrow();
    }
  });

  test('lists every fault at once', () => {
    const error = faultsOf({
      DATABASE_URL: undefined,
      REDIS_URL: 'http://localhost',
      PLIMSOLL_PORT: '65536',
      PLIMSOLL_REQUEST_TIMEOUT: '30',
      PLIMSOLL_LOG_LEVEL: 'loud',
    });
    expect(error.faults.map((fault) => fault.variable)).toEqual([
      'DATABASE_URL',
      'REDIS_URL',
      'PLIMSOLL_PORT',
      'PLIMSOLL_REQUEST_TIMEOUT',
      'PLIMSOLL_LOG_LEVEL',
    ]);
    expect(error.message).toMatch(/^The configuration has 5 faults:\n {2}DATABASE_URL: is not set; it takes postgres:/);
  });

  test.each([
    ['PLIMSOLL_PORT', '-1'],
    ['PLIMSOLL_PORT', '8080.5'],
    ['PLIMSOLL_PORT', '0x1F90'],
    ['PLIMSOLL_PORT', '1e3'],
    ['PLIMSOLL_HOST', 'localhost'],
    ['PLIMSOLL_HOST', '127.0.0.1:80'],
    ['TEMPORAL_ADDRESS', 'http://localhost:7233'],
    ['TEMPORAL_ADDRESS', 'localhost'],
    ['TEMPORAL_NAMESPACE', 'a b'],
    ['TEMPORAL_UI_URL', 'localhost:8233'],
    ['PLIMSOLL_REQUEST_TIMEOUT', 'PT0S'],
    ['PLIMSOLL_REQUEST_TIMEOUT', 'P31D'],
    ['PLIMSOLL_REQUEST_TIMEOUT', 'P1M'],
    ['PLIMSOLL_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['PLIMSOLL_TRUSTED_PROXIES', '10.0.0.0/8/8'],
    ['PLIMSOLL_TRUSTED_PROXIES', '10.0.0.0/'],
    ['PLIMSOLL_TRUSTED_PROXIES', '::/129'],
    ['PLIMSOLL_TRUSTED_PROXIES', 'proxy.local'],
    ['PLIMSOLL_SECRET_KEYS', Buffer.alloc(32).toString('base64')],
    ['PLIMSOLL_SECRET_KEYS', `k1:${Buffer.alloc(31).toString('base64')}`],
    ['PLIMSOLL_SECRET_KEYS', `${KEY},`.repeat(17)],
    ['PLIMSOLL_SECRET_KEYS', ','],
    ['PLIMSOLL_SECRET_KEYS', `${KEY},k1:${Buffer.alloc(32, 8).toString('base64')}`],
  ])('refuses %s=%s', (variable, value) => {
    expect(faultsOf({ [variable]: value }).faults.map((fault) => fault.variable)).toEqual([variable]);
  });

  test.each([
    ['PLIMSOLL_PORT', '0', 'port', 0],
    ['PLIMSOLL_NODE_PORT', '-1', 'nodePort', -1],
    ['PLIMSOLL_HOST', '::', 'host', '::'],
    ['PLIMSOLL_REQUEST_TIMEOUT', 'PT0.25S', 'requestTimeoutMs', 250],
    ['PLIMSOLL_REQUEST_TIMEOUT', 'P30D', 'requestTimeoutMs', 2_592_000_000],
    ['PLIMSOLL_TRUSTED_PROXIES', ' 10.0.0.0/8, ::1 ,,fd00::/8', 'trustedProxies', ['10.0.0.0/8', '::1', 'fd00::/8']],
    ['PLIMSOLL_SECRET_KEYS', `k2:${KEY.slice(3)},${KEY}`, 'secretKeys', [`k2:${KEY.slice(3)}`, KEY]],
    ['PLIMSOLL_PORT', ' 9000 ', 'port', 9000],
    ['PLIMSOLL_PORT', '', 'port', 8080],
  ] as const)('reads %s=%j', (variable, value, name, expected) => {
    expect(loadConfig({ ...least, [variable]: value })[name]).toEqual(expected);
  });

  test("never tells a secret's value, not even a wrong one", () => {
    for (const each of Object.values(SETTINGS)) {
      if (!('secret' in each) || !each.secret) continue;
      // A space is in none of them.
      expect(faultsOf({ [each.variable]: 'hunter2 or so' }).message).not.toContain('hunter2');
    }
    expect(faultsOf({ PLIMSOLL_LOG_LEVEL: 'hunter2' }).message).toContain('hunter2');
  });

  test('reads a part of the settings without asking for the others', () => {
    expect(readSettings(['databaseUrl'], { DATABASE_URL: least.DATABASE_URL })).toEqual({
      databaseUrl: least.DATABASE_URL,
    });
  });
});

describe('a trusted proxy', () => {
  test.each([
    ['10.0.0.0', true],
    ['10.0.0.0/0', true],
    ['10.0.0.0/32', true],
    ['10.0.0.0/33', false],
    ['10.0.0.0/08', false],
    ['10.0.0.0/', false],
    ['10.0.0.0/8/8', false],
    ['10.1', false],
    ['010.0.0.0', false],
    ['fd00::/0', true],
    ['fd00::/128', true],
    ['fd00::/129', false],
    ['fe80::1%eth0', false],
    ['fe80::%eth0/64', false],
    ['::ffff:10.0.0.0', true],
    ['::ffff:10.0.0.0/104', true],
    ['::FFFF:a00:0/96', true],
    ['::ffff:10.0.0.0/95', false],
    ['0:0:0:0:0:ffff:a00:0/8', false],
    ['::10.0.0.0/8', true],
    ['::fffe:0:0/8', true],
  ])('may be %s: %s, and the rules for addresses agree', (text, accepted) => {
    const env = { PLIMSOLL_TRUSTED_PROXIES: text };
    if (accepted) expect(readSettings(['trustedProxies'], env)).toEqual({ trustedProxies: [text] });
    else expect(faultsOf(env).faults).toHaveLength(1);
    expect(normalNetwork(text) !== undefined).toBe(accepted);
  });
});

describe('a variable that names a file', () => {
  test('gives its content, without the line feed at its end', () => {
    writeFileSync(join(folder, 'keys'), `${KEY}\n`);
    const env = { ...least, PLIMSOLL_SECRET_KEYS: undefined, PLIMSOLL_SECRET_KEYS_FILE: join(folder, 'keys') };
    expect(loadConfig(env).secretKeys).toEqual([KEY]);
  });

  test('must not stand beside the variable itself', () => {
    expect(faultsOf({ PLIMSOLL_SECRET_KEYS_FILE: join(folder, 'keys') }).message).toContain('is set twice');
  });

  test('must lead to a file, and the message says why it does not', () => {
    const error = faultsOf({ DATABASE_URL: '', DATABASE_URL_FILE: join(folder, 'gone') });
    expect(error.faults).toEqual([{ variable: 'DATABASE_URL', message: expect.stringContaining('ENOENT') }]);
  });
});

describe('docs/configuration.md', () => {
  test('names every setting once, and says which are secret', () => {
    const rows = configurationReference()
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    for (const each of Object.values(SETTINGS)) {
      const own = rows.filter((row) => row.startsWith(`| \`${each.variable}\` |`));
      expect([each.variable, own.length]).toEqual([each.variable, 1]);
      expect(own[0]!.includes('**Secret.**')).toBe('secret' in each && each.secret);
    }
  });

  test('is what the table generates', () => {
    expect(docsFaults(ROOT).filter((fault) => fault.startsWith('docs/configuration.md'))).toEqual([]);
  });
});
