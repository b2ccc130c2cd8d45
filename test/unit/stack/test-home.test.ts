import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Stack } from '../../../stack/home.ts';
import { testStack } from '../../support/stack.ts';

const STACK: Stack = {
  api: 'http://127.0.0.1:8080',
  api_nodes: [],
  temporal_ui: '',
  temporal_address: '127.0.0.1:7233',
  database_url: 'postgres://plimsoll@127.0.0.1:5432/plimsoll',
  redis_url: 'redis://127.0.0.1:6379/0',
  pids: { api: [], worker: [], postgres: null, redis: null, temporal: null },
};
const DEMO = {
  owner_email: 'e',
  owner_password: 'w',
  access_token: 't',
  organization_id: 'o',
  product_id: 'p',
  product_key: 'k',
  license_key: 'l',
};

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'plimsoll-test-home-'));
  const settings = {
    DATABASE_URL: STACK.database_url,
    REDIS_URL: STACK.redis_url,
    TEMPORAL_ADDRESS: STACK.temporal_address,
    PLIMSOLL_SECRET_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(home, 'env'), lines.join(''));
  vi.stubEnv('PLIMSOLL_TEST_HOME', home);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

const runs = (stack: Stack): void => writeFileSync(join(home, 'stack.json'), JSON.stringify(stack));

describe('the home of integration tests', () => {
  test('is one that was started empty', () => {
    runs(STACK);
    expect(testStack()).toMatchObject({ home, stack: STACK, config: { databaseUrl: STACK.database_url } });
  });

  test('is never one with a demo: somebody works with it', () => {
    runs({ ...STACK, demo: DEMO });
    expect(testStack).toThrow(/it has a demo.*bin\/up --detach --empty/);
  });

  test('is running', () => {
    expect(testStack).toThrow(/need a stack/);
  });
});
