import { describe, expect, test } from 'vitest';
import { clockSkew } from '../../../cli/doctor/clock.ts';
import { checkNode, diskFinding } from '../../../cli/doctor/host.ts';
import { fail, ok, reason, warn, within, worst } from '../../../cli/doctor/part.ts';
import { addressOf, lacking, readAll } from '../../../cli/doctor/settings.ts';
import { checkTcpMigration } from '../../../cli/doctor/tcp.ts';

const GIB = 1024 ** 3;

describe('the clock skew', () => {
  test.each([
    ['is none where the other clock shows the middle of the round trip', 1_050, 0],
    ['is what the other clock is ahead', 3_050, 2_000],
    ['is negative where the other clock is behind', 50, -1_000],
  ])('%s', async (_behaviour, theirTime, expected) => {
    const ours = [1_000, 1_100];
    expect(
      await clockSkew(
        async () => theirTime,
        () => ours.shift() ?? Number.NaN,
      ),
    ).toBe(expected);
  });

  test('is measured once the connection stands, so that connecting is no skew', async () => {
    let asked = 0;
    await clockSkew(async () => (asked += 1));
    expect(asked).toBe(2);
  });
});

describe('free space', () => {
  test.each([
    ['is well from 5 GiB on', 5 * GIB, 'ok'],
    ['is a warning just below', 5 * GIB - 1, 'warn'],
    ['is a warning at 1 GiB', GIB, 'warn'],
    ['is a failure just below', GIB - 1, 'fail'],
  ])('%s', (_behaviour, bytes, state) => {
    expect(diskFinding(bytes, '/home').state).toBe(state);
  });
});

describe("Node's version", () => {
  test.each([
    ['v24.0.0', 'ok'],
    ['v26.1.0', 'ok'],
    ['v23.11.1', 'fail'],
    ['v20.20.0', 'fail'],
  ])('%s is %s', (version, state) => {
    expect(checkNode(version).state).toBe(state);
  });
});

describe("the kernel's hand-over between processes on one port", () => {
  test.each([
    ['is well when it is on', 3, '1', 'ok'],
    ['is a warning when it is off and several processes share the port', 2, '0', 'warn'],
    ['is nothing to warn of when one process has the port', 1, '0', 'ok'],
    ['is nothing to warn of where the kernel has no such setting', 3, null, 'ok'],
  ])('%s', (_behaviour, processes, setting, state) => {
    expect(checkTcpMigration(processes, setting).state).toBe(state);
  });
});

describe("a part's address", () => {
  test.each([
    ['postgres://me:hunter2@db.example:6432/plimsoll?sslpassword=hunter2', 'db.example:6432/plimsoll'],
    ['postgres://me:hunter2@db.example/plimsoll', 'db.example:5432/plimsoll'],
    ['postgres://me:hunter2@[::1]:5432/plimsoll', '[::1]:5432/plimsoll'],
    ['postgres://me:hun/ter2@db:port/x', 'an address that can not be read'],
    ['postgres://me:12/ter2@db:5432/x', 'an address that can not be read'],
  ])('is shown without user, password and options: %s', (url, shown) => {
    expect(addressOf(url, 5432)).toBe(shown);
  });
});

describe('a configuration with faults', () => {
  test('is read as far as it can be, and names each setting that is missing', () => {
    const { config, faults } = readAll({ DATABASE_URL: 'postgres://a@b/c', PLIMSOLL_PORT: 'eighty' });
    expect(config.databaseUrl).toBe('postgres://a@b/c');
    expect(faults.map(({ variable }) => variable)).toEqual(
      expect.arrayContaining(['REDIS_URL', 'TEMPORAL_ADDRESS', 'PLIMSOLL_PORT', 'PLIMSOLL_SECRET_KEYS']),
    );
    expect(lacking(faults, 'redisUrl')?.advice).toContain('REDIS_URL');
    expect(lacking(faults, 'databaseUrl')).toBeUndefined();
  });
});

describe('several findings about one part', () => {
  test('are as bad as the worst, and all of them are told', () => {
    expect(worst([ok('fine', { version: '7' }), warn('a.', 'do a.'), fail('b.', 'do b.'), ok('')])).toEqual({
      state: 'fail',
      detail: 'a. b.',
      advice: 'do a. do b.',
      version: '7',
    });
    expect(worst([ok('fine'), ok('')])).toEqual(ok('fine'));
  });
});

describe('a deadline', () => {
  test('ends the wait for what never answers', async () => {
    await expect(within(20, () => new Promise(() => {}))).rejects.toThrow('It gave no answer within 0.02 s.');
  });
});

describe('the reason of a failure', () => {
  test('is the innermost one, in one line', () => {
    const inner = new Error('connect ECONNREFUSED 127.0.0.1:1\nat somewhere');
    expect(reason(new Error('outer', { cause: inner }))).toBe('connect ECONNREFUSED 127.0.0.1:1.');
    expect(reason(new Error('postgres://me:hunter2@db:1 is no address'))).not.toContain('hunter2');
    expect(reason(new AggregateError([inner], ''))).toBe('connect ECONNREFUSED 127.0.0.1:1.');
  });
});
