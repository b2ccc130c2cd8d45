import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { plimsollJson, quickPlimsoll } from '../../support/cli.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';

/** Each command once on the way from an organisation to a verdict, the verdict asked of an API beside it. */

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startPlatform({ trustedProxies: ['127.0.0.1'] });
});
afterAll(() => platform.close());

async function validate(key: unknown, licenseKey: unknown, { ip = '192.0.2.1', version }: Asked = {}) {
  await platform.obeyed();
  const response = await fetch(`${platform.url}/api/v1/validate`, {
    method: 'POST',
    headers: { authorization: `Bearer ${String(key)}`, 'x-forwarded-for': ip },
    body: JSON.stringify({ license_key: licenseKey, version }),
  });
  const text = await response.text();
  return { http: response.status, text, ...(JSON.parse(text) as { status: string }) };
}
interface Asked {
  ip?: string;
  version?: string;
}

async function anApp(plan: string) {
  const slug = `cli-${randomUUID().slice(0, 8)}`;
  const org = await plimsollJson('org', 'create', '--name', 'Ümlaut & Co', '--slug', slug, '--plan', plan);
  const app = `${slug}/My app`;
  const product = await plimsollJson('product', 'create', slug, '--name', 'My app');
  const license = await plimsollJson('license', 'create', app, '--email', 'Zoe@Example.com', '--lifetime');
  return { slug, org, app, product, license, apiKey: product.api_key, licenseKey: String(license.license_key) };
}

// Each test runs dozens of commands, one process after the other.
vi.setConfig({ testTimeout: 180_000 });

test('an organisation, a product and a licence come to a verdict, and their keys are shown once', async () => {
  const { slug, org, app, product, license, apiKey, licenseKey } = await anApp('free');
  expect(org).toEqual({ organization_id: expect.any(String), slug, plan: 'free' });
  expect(product).toEqual({
    product_id: expect.any(String),
    name: 'My app',
    api_key: expect.stringMatching(/^kp_live_[0-9a-f]{64}$/),
  });
  expect(license).toEqual({
    license_id: expect.any(String),
    license_key: expect.stringMatching(/^([A-HJ-NP-Z2-9]{4}-){3}[A-HJ-NP-Z2-9]{4}$/),
    customer_id: expect.any(String),
    max_ips: 1,
  });
  expect(await validate(apiKey, licenseKey)).toMatchObject({ http: 200, status: 'active', ip_count: 1 });

  const shown = await plimsollJson('product', 'show', app);
  expect(shown).toMatchObject({
    product_id: product.product_id,
    organization_id: org.organization_id,
    state: 'active',
    api_key_prefix: String(apiKey).slice(0, 12),
    auto_register_ip: true,
    default_max_ips: 1,
  });
  expect(JSON.stringify(shown)).not.toContain(apiKey);

  const rotated = await plimsollJson('product', 'rotate-key', String(product.product_id));
  expect(await validate(apiKey, licenseKey)).toMatchObject({ http: 401 });
  expect(await validate(rotated.api_key, licenseKey)).toMatchObject({ http: 200, status: 'active' });
  expect(await plimsollJson('license', 'show', licenseKey)).toMatchObject({
    license_id: license.license_id,
    license_key: licenseKey,
    expires_at: null,
  });
});

test('a result is lines of names and values without --json', async () => {
  const slug = `cli-${randomUUID().slice(0, 8)}`;
  const made = await quickPlimsoll(['org', 'create', '--name', 'X', '--slug', slug]);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(new RegExp(`^organization_id +[0-9a-f-]{36}\\nslug +${slug}\\nplan +free\\n$`));
});

test('settings, versions, signing and custom payloads have their effect', async () => {
  const { slug, app, apiKey, licenseKey } = await anApp('enterprise');
  const { signing_secret: secret } = await plimsollJson('product', 'signing-secret', app);
  expect(secret).toMatch(/^sgn_[0-9a-f]{64}$/);
  const custom = ['--custom-response', 'on', '--custom-template', '{"tier":"gold","seats":1}'];
  const set = await plimsollJson('product', 'set', app, ...custom, '--versions', 'on', '--signing', 'on');
  expect(set).toMatchObject({ custom_response: true, versions: true, signing: true, ip_system: true });
  await plimsollJson('org', 'signing', slug, 'on');
  await plimsollJson('version', 'set', app, '2.0.x', 'blocked');
  await plimsollJson('version', 'set', app, '2.1.0', 'latest');
  const changes = ['--range', '>=2.1 <3', '--custom', '{"seats":9}', '--notes', 'VIP', '--max-ips', 'none'];
  expect(await plimsollJson('license', 'set', licenseKey, ...changes)).toMatchObject({ max_ips: null });

  const answer = await validate(apiKey, licenseKey);
  const { signature, ...payload } = JSON.parse(answer.text) as Record<string, unknown>;
  expect(payload).toMatchObject({ version: '2.1.0', version_valid: true, custom: { tier: 'gold', seats: 9 } });
  expect(createHmac('sha256', String(secret)).update(JSON.stringify(payload)).digest('hex')).toBe(signature);
  expect(await validate(apiKey, licenseKey, { version: '2.0.7' })).toMatchObject({ valid: true, version_valid: false });

  expect((await plimsollJson('version', 'list', app)).versions).toEqual([
    { version: '2.0.x', state: 'blocked' },
    { version: '2.1.0', state: 'latest' },
  ]);
  await plimsollJson('version', 'remove', app, '2.1.0');
  expect(await validate(apiKey, licenseKey)).toMatchObject({ version: null, version_valid: null });
});

test('addresses and blacklists have their effect', async () => {
  const { slug, app, apiKey, licenseKey } = await anApp('pro');
  await plimsollJson('product', 'set', app, '--auto-register-ip', 'off', '--default-max-ips', 'none');
  expect(await plimsollJson('product', 'show', app)).toMatchObject({ default_max_ips: null, auto_register_ip: false });
  const status = async (ip: string) => (await validate(apiKey, licenseKey, { ip })).status;
  expect(await status('192.0.2.1')).toBe('ip_not_registered');
  await plimsollJson('ip', 'add', licenseKey, '192.0.2.1');
  expect(await status('192.0.2.1')).toBe('active');
  const full = await quickPlimsoll(['ip', 'add', licenseKey, '192.0.2.2']);
  expect(full).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^1 of 1 addresses are registered/),
  });
  await plimsollJson('ip', 'remove', licenseKey, '192.0.2.1');
  expect(await status('192.0.2.1')).toBe('ip_not_registered');
  await plimsollJson('ip', 'add', licenseKey, '192.0.2.3');
  expect(await plimsollJson('ip', 'reset', licenseKey)).toMatchObject({ removed: 1 });

  await plimsollJson('ip', 'add', licenseKey, '192.0.2.1');
  for (const list of [
    ['--org', slug],
    ['--customer-of', licenseKey],
    ['--license', licenseKey],
  ]) {
    expect(await plimsollJson('blacklist', 'add', '192.0.2.99/24', '--reason', 'abuse', ...list)).toMatchObject({
      blocked: '192.0.2.0/24',
    });
    expect(await status('192.0.2.1')).toBe('ip_blocked');
    if (list[0] === '--org') {
      const { entries } = await plimsollJson('blacklist', 'list', ...list);
      expect(entries).toEqual([{ network: '192.0.2.0/24', reason: 'abuse' }]);
    }
    await plimsollJson('blacklist', 'remove', '192.0.2.0/24', ...list);
    expect(await status('192.0.2.1')).toBe('active');
  }
});

test('plans, overrides, billing and suspension have their effect', async () => {
  const { slug, org, app, apiKey, licenseKey } = await anApp('free');
  const status = async () => (await validate(apiKey, licenseKey)).status;
  const reasoned = ['--reason', 'test'];
  expect(await plimsollJson('org', 'override', slug, 'members', '3', ...reasoned)).toMatchObject({
    note: 'It rests until the organisation is on a plan with overrides.',
  });
  await plimsollJson('org', 'plan', slug, 'enterprise');
  expect(await plimsollJson('org', 'override', slug, 'products', '1', ...reasoned)).not.toHaveProperty('note');
  expect(await plimsollJson('org', 'show', slug)).toMatchObject({
    organization_id: org.organization_id,
    plan: 'enterprise',
    effective_plan: 'enterprise',
    suspended: false,
    limits: { products: { value: 1, source: 'override' }, licenses: { value: 'unlimited', source: 'plan' } },
    features: { signed_validation: { enabled: true } },
  });
  expect(await quickPlimsoll(['product', 'create', slug, '--name', 'Second'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: '1 of 1 products are in use. Reduce them first.\n',
  });

  await plimsollJson('org', 'suspend', slug, ...reasoned);
  expect(await status()).toBe('org_suspended');
  await plimsollJson('org', 'unsuspend', slug);
  await plimsollJson('org', 'billing', slug, 'billing_suspended');
  expect(await status()).toBe('billing_suspended');
  await plimsollJson('org', 'billing', slug, 'cancelled');
  expect(await status()).toBe('active');
  expect(await plimsollJson('org', 'show', slug)).toMatchObject({ plan: 'enterprise', effective_plan: 'free' });

  const { license_id } = await plimsollJson('license', 'create', app, '--discord-id', '7', '--expires', '2027-01-01');
  expect(await plimsollJson('license', 'show', String(license_id))).toMatchObject({
    expires_at: '2027-01-01T00:00:00.000Z',
  });
  await plimsollJson('license', 'delete', String(license_id));
  expect(await plimsollJson('license', 'revoke', licenseKey)).toMatchObject({ status: 'revoked' });
  expect(await status()).toBe('revoked');
  expect(await plimsollJson('product', 'delete', app)).toMatchObject({ deleted_licenses: 1 });
  expect(await status()).toBe('product_not_found');
});
