import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { pino } from 'pino';
import { startApi } from '../../api/start.ts';
import type { Limit } from '../../domain/plans/catalogue.ts';
import type { Config } from '../../runtime/config.ts';
import { SecretBox } from '../../runtime/secrets.ts';
import { connectDatabase } from '../../store/database.ts';
import { addIp, createLicense, type License, type NewLicense } from '../../store/licenses.ts';
import { notifyChange, type Tag, tagOf } from '../../store/notices.ts';
import { changeOrganizationSigning, createOrganization, createOverride } from '../../store/organizations.ts';
import {
  changeProduct,
  createProduct,
  type Product,
  type ProductSettings,
  rotateSigningSecret,
} from '../../store/products.ts';
import { write as writeTo } from './acting.ts';
import { testStack } from './stack.ts';
import { waitUntil } from './wait.ts';

/** A platform for one test file: its own API in this process on the test stack's servers, with a clock that can be set. */
export interface TestPlatform {
  db: Knex;
  config: Config;
  url: string;
  /** Epoch milliseconds that the API takes for now; `undefined` is the real clock. */
  clock: { nowMs: number | undefined };
  anOrganization(options?: { plan?: string; signing?: boolean }): Promise<{ id: string; slug: string }>;
  aProduct(options?: ProductOptions): Promise<TestProduct>;
  /** Resolves when the API obeys every change that has committed; `validate` and `lookup` wait for it by themselves. */
  obeyed(): Promise<void>;
  aLicense(productId: string, options?: Partial<NewLicense>): Promise<License>;
  /** Does one thing of the store in a transaction of its own. */
  write<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** Grants an override of a limit; a later one needs a later start. It holds on Enterprise alone. */
  allow(organizationId: string, limit: string, value: Limit, startsAtMs?: number): Promise<void>;
  /** Registers addresses by hand. */
  register(licenseId: string, ...addresses: string[]): Promise<void>;
  /** The registered addresses of a licence, sorted. */
  addressesOf(licenseId: string): Promise<string[]>;
  close(): Promise<void>;
}

export interface ProductOptions {
  organizationId?: string;
  plan?: string;
  settings?: Partial<ProductSettings>;
  /** Makes a signing secret, and turns both switches on. */
  signing?: boolean;
}

export interface TestProduct {
  product: Product;
  apiKey: string;
  signingSecret: string | undefined;
  /** `POST /api/v1/validate` with this product's key. */
  validate(
    body: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Record<string, unknown>; text: string; headers: Headers }>;
  /** `GET /api/v1/license/:key` with this product's key; the key is percent-encoded here. */
  lookup(
    licenseKey: string,
  ): Promise<{ status: number; body: Record<string, unknown>; text: string; headers: Headers }>;
}

export async function startPlatform(overrides: Partial<Config> = {}): Promise<TestPlatform> {
  const { config: base } = testStack();
  // Each test file is a process of its own: many small pools instead of one large one.
  const config: Config = {
    ...base,
    host: '127.0.0.1',
    port: 0,
    nodePort: -1,
    apiProcesses: 1,
    databasePoolSize: 8,
    // All tests come from one address, and those that ask for more than others of theirs must not be in each other's way.
    callsAMinute: 1_000_000,
    ...overrides,
  };
  const db = connectDatabase({ ...config, databasePoolSize: 4 }, 'plimsoll-test');
  const clock: { nowMs: number | undefined } = { nowMs: undefined };
  const barriers = new Map<Tag, () => void>();
  const api = await startApi(config, {
    log: pino({ level: 'silent' }),
    now: () => clock.nowMs ?? Date.now(),
    onChange: (tag) => barriers.get(tag)?.(),
  });
  await waitUntil('the API listens to changes', () => api.snapshots.isListening());
  const obeyed = createBarrier(db, barriers);
  const url = api.urls[0]!;
  const secrets = new SecretBox(config.secretKeys);

  const anOrganization: TestPlatform['anOrganization'] = ({ plan = 'free', signing = false } = {}) =>
    write(async (trx) => {
      const slug = `t-${randomUUID()}`;
      const made = await createOrganization(trx, { name: 'Test', slug, plan });
      if (signing) await changeOrganizationSigning(trx, made.id, true);
      return { id: made.id, slug };
    });

  const call = async (path: string, init: RequestInit) => {
    await obeyed();
    const response = await fetch(url + path, init);
    const text = await response.text();
    return {
      status: response.status,
      body: JSON.parse(text) as Record<string, unknown>,
      text,
      headers: response.headers,
    };
  };

  const write: TestPlatform['write'] = (work) => writeTo(db, work);

  return {
    db,
    config,
    url,
    clock,
    obeyed,
    anOrganization,
    write,

    async aProduct({ organizationId, plan = 'free', settings = {}, signing = false } = {}) {
      const owner = organizationId ?? (await anOrganization({ plan, signing })).id;
      const made = await write(async (trx) => {
        const { product, apiKey } = await createProduct(trx, { organizationId: owner, name: `p ${randomUUID()}` });
        const signingSecret = signing ? (await rotateSigningSecret(trx, product.id, secrets)).signingSecret : undefined;
        const changed = await changeProduct(trx, product.id, {
          ...settings,
          ...(signing ? { signingEnabled: true } : {}),
        });
        return { product: changed, apiKey, signingSecret };
      });
      const authorization = `Bearer ${made.apiKey}`;
      return {
        ...made,
        validate: (body, headers = {}) =>
          call('/api/v1/validate', {
            method: 'POST',
            headers: { authorization, 'content-type': 'application/json', ...headers },
            body: typeof body === 'string' ? body : JSON.stringify(body),
          }),
        lookup: (licenseKey) =>
          call(`/api/v1/license/${encodeURIComponent(licenseKey)}`, { headers: { authorization } }),
      };
    },

    aLicense: (productId, options = {}) =>
      write((trx) =>
        createLicense(trx, {
          productId,
          customer: { email: `${randomUUID()}@example.com`, discordId: null, name: null },
          expiresAtMs: null,
          ...options,
        }),
      ),

    async allow(organizationId, limit, value, startsAtMs = 0) {
      const override = { organizationId, kind: 'limit', name: limit, value, reason: 'test' } as const;
      await write((trx) => createOverride(trx, { ...override, startsAtMs, endsAtMs: null }));
    },

    async register(licenseId, ...addresses) {
      await write(async (trx) => {
        for (const address of addresses) await addIp(trx, licenseId, address);
      });
    },

    async addressesOf(licenseId) {
      const rows = await db('license_ips')
        .where({ license_id: licenseId })
        .orderBy('address')
        .select<{ address: string }[]>(db.raw('host(address) as address'));
      return rows.map(({ address }) => address);
    },

    async close() {
      await api.close();
      await db.destroy();
    },
  };
}

/** Sends a notice of its own and waits until it is heard: notices come in order, so all before it are obeyed then. */
function createBarrier(db: Knex, barriers: Map<Tag, () => void>): () => Promise<void> {
  let gathering: Promise<void> | undefined;
  const send = async (): Promise<void> => {
    // Who asks in the same turn shares one; who asks later may have changed something since, and needs another.
    await new Promise((resolve) => setImmediate(resolve));
    gathering = undefined;
    const tag = tagOf.license(`barrier-${randomUUID()}`);
    const heard = Promise.withResolvers<void>();
    const late = setTimeout(() => heard.reject(new Error('A notice was not heard within 5 s')), 5_000);
    barriers.set(tag, heard.resolve);
    await db.transaction((trx) => notifyChange(trx, tag));
    await heard.promise.finally(() => {
      clearTimeout(late);
      barriers.delete(tag);
    });
  };
  return () => (gathering ??= send());
}
