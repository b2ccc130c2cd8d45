import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blockNetwork } from '../../../store/blacklists.ts';
import { changeLicense, type NewLicense, revokeLicense } from '../../../store/licenses.ts';
import { changeBillingState, changeSuspension } from '../../../store/organizations.ts';
import { setVersion } from '../../../store/product-versions.ts';
import { changeProduct, deleteProduct, rotateApiKey } from '../../../store/products.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { LOOKUP_FIELDS, VALIDATE_FIELDS } from './answers.ts';
import { installPythonClient, type PythonClient } from './python/client.ts';

const SCRIPT = fileURLToPath(new URL('./python/acceptance.py', import.meta.url));
const CHECKS = [...readFileSync(SCRIPT, 'utf8').matchAll(/^@check\ndef (\w+)\(/gm)].map(([, name]) => name!);

const DAY_MS = 86_400_000;
/** Not a number that the client would make up itself: it takes 60 where it can't read the header. */
const SECONDS_TO_MIDNIGHT = 12_346;
const NOW_MS = (Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS - SECONDS_TO_MIDNIGHT * 1_000 + 1;

let platform: TestPlatform;
let client: PythonClient;
/** A server that takes every connection and says nothing. */
let silent: { url: string; close(): void };
let outcomes: Record<string, string | null>;

beforeAll(async () => {
  client = await installPythonClient();
  [platform, silent] = await Promise.all([startPlatform(), startSilentServer()]);
  if (client.python === undefined) return;
  platform.clock.nowMs = NOW_MS;
  const given = await arrange();
  await platform.obeyed();
  outcomes = await runChecks(client.python, given);
}, 180_000);
afterAll(async () => {
  silent?.close();
  await client?.remove();
  await platform?.close();
});

describe('the official Python client', () => {
  test.for(CHECKS)('%s', (name, context) => {
    if (client.reason !== undefined) context.skip(client.reason);
    expect(outcomes[name], 'the check did not run').not.toBeUndefined();
    expect(outcomes[name] ?? '').toBe('');
  });

  test('is tested by every check of the script', () => {
    expect(CHECKS.length).toBeGreaterThan(10);
  });
});

interface Case {
  api_key: string;
  license_key: string;
}

async function aCase(
  options: { plan?: string; license?: Partial<NewLicense> } = {},
  change: (at: { productId: string; organizationId: string; licenseId: string }) => Promise<unknown> = async () => {},
): Promise<Case> {
  const { product, apiKey } = await platform.aProduct({ plan: options.plan ?? 'pro' });
  const license = await platform.aLicense(product.id, options.license);
  await change({ productId: product.id, organizationId: product.organizationId, licenseId: license.id });
  return { api_key: apiKey, license_key: license.licenseKey };
}

/** One product with a licence for each status that comes with a 200 (docs/spec/keyport.md §3.4). */
async function allCases(): Promise<Record<string, Case>> {
  return {
    active: await aCase(),
    license_not_found: { ...(await aCase()), license_key: 'AAAA-BBBB-CCCC-DDDD' },
    revoked: await aCase({}, ({ licenseId }) => platform.write((trx) => revokeLicense(trx, licenseId))),
    expired: await aCase({ license: { expiresAtMs: NOW_MS } }),
    ip_blocked: await aCase({}, ({ organizationId, licenseId }) =>
      platform.write((trx) => blockNetwork(trx, { list: 'license', organizationId, licenseId }, '127.0.0.1', null)),
    ),
    ip_limit_reached: await aCase({}, ({ licenseId }) => platform.register(licenseId, '192.0.2.1')),
    ip_not_registered: await aCase({}, async ({ licenseId }) => {
      await platform.register(licenseId, '192.0.2.1');
      await platform.write((trx) => changeLicense(trx, licenseId, { maxIps: 2 }));
    }),
    product_not_found: await aCase({}, ({ productId }) => platform.write((trx) => deleteProduct(trx, productId))),
    product_archived: await aCase({}, ({ productId }) =>
      platform.write((trx) => changeProduct(trx, productId, { state: 'archived' })),
    ),
    product_disabled: await aCase({}, ({ productId }) =>
      platform.write((trx) => changeProduct(trx, productId, { state: 'disabled' })),
    ),
    org_suspended: await aCase({}, ({ organizationId }) =>
      platform.write((trx) => changeSuspension(trx, organizationId, 'abuse')),
    ),
    billing_suspended: await aCase({}, ({ organizationId }) =>
      platform.write((trx) => changeBillingState(trx, organizationId, 'billing_suspended')),
    ),
  };
}

async function arrange(): Promise<Record<string, unknown>> {
  const main = await aCase({ license: { customer: { email: 'zoe@example.com', discordId: null, name: 'Zoë 日本' } } });
  const versioned = await aCase({}, async ({ productId }) => {
    await platform.write((trx) => changeProduct(trx, productId, { versionsEnabled: true }));
    await platform.write((trx) => setVersion(trx, { productId, version: '1.0', state: 'blocked' }));
    await platform.write((trx) => setVersion(trx, { productId, version: '2.0', state: 'latest' }));
  });
  const rotated = await aCase({}, ({ productId }) => platform.write((trx) => rotateApiKey(trx, productId)));
  return {
    ...main,
    base_url: `${platform.url}/api/v1`,
    silent_url: silent.url,
    validate_fields: VALIDATE_FIELDS,
    lookup_fields: LOOKUP_FIELDS,
    seconds_to_midnight: SECONDS_TO_MIDNIGHT,
    cases: await allCases(),
    versioned,
    rotated_away: rotated.api_key,
    exhausted: await aCase({ plan: 'enterprise' }, ({ organizationId }) =>
      platform.allow(organizationId, 'api_calls', 2),
    ),
    fresh: await aCase(),
  };
}

/** Runs the script, and gives what each check came to. @throws with what Python said when it didn't come to an end */
async function runChecks(python: string, given: unknown): Promise<Record<string, string | null>> {
  const child = spawn(python, [SCRIPT], { stdio: ['pipe', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin.end(JSON.stringify(given));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== 0) throw new Error(`The script ended with code ${code}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, string | null>;
}

async function startSilentServer(): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => socket.destroy())));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
