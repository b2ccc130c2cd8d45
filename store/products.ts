import type { Knex } from 'knex';
import { Refusal } from '../domain/refusal.ts';
import type { JsonObject, RegistrationMode } from '../domain/validation/facts.ts';
import { newId } from '../runtime/ids.ts';
import { hashApiKey, newApiKey, newSigningSecret, type SecretBox } from '../runtime/secrets.ts';
import { audit } from './audit.ts';
import { returnPlaces, takePlaces } from './holding.ts';
import { mustHaveFeature } from './limits.ts';
import { notifyChange, tagOf } from './notices.ts';
import { organizationHolder } from './organizations.ts';

/** What a developer sets on a product. Stored as said; what has an effect is stored ∧ the plan's (docs/spec/keyport.md §2.5). */
export interface ProductSettings {
  name: string;
  state: 'active' | 'archived' | 'disabled';
  ipSystemEnabled: boolean;
  autoRegisterIp: boolean;
  trackIp: boolean;
  ipRegistration: RegistrationMode;
  /** Copied onto licences made afterwards; `null`: no cap. */
  defaultMaxIps: number | null;
  expiryEnforced: boolean;
  versionsEnabled: boolean;
  customResponseEnabled: boolean;
  customResponseTemplate: JsonObject;
  webhooksEnabled: boolean;
  transfersAllowed: boolean;
  signingEnabled: boolean;
  /** Whether signed answers also carry a header that can't be played back (docs/spec/keyport.md §13.4). */
  signatureHeaderEnabled: boolean;
}

export interface Product extends ProductSettings {
  id: string;
  organizationId: string;
  apiKeyPrefix: string;
}

const COLUMN_OF = {
  name: 'name',
  state: 'state',
  ipSystemEnabled: 'ip_system_enabled',
  autoRegisterIp: 'auto_register_ip_on_validate',
  trackIp: 'track_ip_on_validate',
  ipRegistration: 'ip_registration',
  defaultMaxIps: 'default_max_ips',
  expiryEnforced: 'expiry_enforced',
  versionsEnabled: 'versions_enabled',
  customResponseEnabled: 'custom_response_enabled',
  customResponseTemplate: 'custom_response_template',
  webhooksEnabled: 'webhooks_enabled',
  transfersAllowed: 'transfers_allowed',
  signingEnabled: 'signing_enabled',
  signatureHeaderEnabled: 'signature_header_enabled',
} as const satisfies Record<keyof ProductSettings, string>;

const FIELDS = Object.entries(COLUMN_OF) as [keyof ProductSettings, string][];
const COLUMNS = ['id', 'organization_id', 'api_key_prefix', ...FIELDS.map(([, column]) => column)];

/** Which switch needs which feature of the plan to be turned on. Turning one off, or leaving it on, needs nothing. */
const FEATURE_OF = {
  versionsEnabled: 'version_control',
  customResponseEnabled: 'custom_response',
  webhooksEnabled: 'webhooks',
  signingEnabled: 'signed_validation',
  signatureHeaderEnabled: 'signed_validation',
} as const satisfies Partial<Record<keyof ProductSettings, string>>;

/**
 * Creates a product with the defaults of docs/spec/keyport.md §6.4, if the organisation may have one more. The API key is in
 * the answer and never again. @throws {Refusal} `plan_limit_reached`, `name_taken`, `not_found`
 */
export async function createProduct(
  trx: Knex.Transaction,
  { organizationId, name }: { organizationId: string; name: string },
): Promise<{ product: Product; apiKey: string }> {
  await takePlaces(trx, organizationHolder(organizationId), { resource: 'product' });
  const { key, hash, prefix } = newApiKey();
  const [row] = await trx('products')
    .insert({ id: newId(), organization_id: organizationId, name, api_key_hash: hash, api_key_prefix: prefix })
    .onConflict(trx.raw('(organization_id, lower(name)) where deleted_at is null'))
    .ignore()
    .returning(COLUMNS);
  if (!row) throw new Refusal('name_taken', { pointer: '/name', value: name });
  const product = toProduct(row as ProductRow);
  await auditProduct(trx, product, 'product.created', { after: { name, apiKeyPrefix: prefix } });
  return { product, apiKey: key };
}

/** @throws {Refusal} `not_found`, also for a product that was deleted */
export async function getProduct(db: Knex, id: string): Promise<Product> {
  const row = await db('products').where({ id }).whereNull('deleted_at').first<ProductRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'product' });
  return toProduct(row);
}

export async function findProductByName(db: Knex, organizationId: string, name: string): Promise<Product | undefined> {
  const row = await db('products')
    .where({ organization_id: organizationId })
    .whereRaw('lower(name) = lower(?)', [name])
    .whereNull('deleted_at')
    .first<ProductRow | undefined>(COLUMNS);
  return row && toProduct(row);
}

/** An organisation's products, the newest first, at most `limit` of them. */
export async function listProducts(db: Knex, organizationId: string, limit: number): Promise<Product[]> {
  const rows = await db('products')
    .where({ organization_id: organizationId })
    .whereNull('deleted_at')
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit)
    .select<ProductRow[]>(COLUMNS);
  return rows.map(toProduct);
}

/**
 * Changes settings; what is not named stays. @throws {Refusal} `feature_not_available` for a switch that is turned on without
 * the plan's feature, `conflict` for signing without a secret, `not_found`, `name_taken`
 */
export async function changeProduct(
  trx: Knex.Transaction,
  id: string,
  change: Partial<ProductSettings>,
): Promise<Product> {
  const before = await lockProduct(trx, id);
  for (const [field, feature] of Object.entries(FEATURE_OF) as [keyof typeof FEATURE_OF, string][]) {
    if (change[field] && !before[field]) await mustHaveFeature(trx, before.organizationId, feature);
  }
  if (change.signingEnabled && !(await hasSigningSecret(trx, id))) {
    throw new Refusal('conflict', { message: 'The product has no signing secret yet: make one first.' });
  }
  if (change.name !== undefined) {
    const holder = await findProductByName(trx, before.organizationId, change.name);
    if (holder && holder.id !== id) throw new Refusal('name_taken', { pointer: '/name', value: change.name });
  }
  const columns: Record<string, unknown> = { updated_at: trx.fn.now(3) };
  for (const [field, column] of FIELDS) {
    const value = change[field];
    if (value !== undefined) columns[column] = field === 'customResponseTemplate' ? JSON.stringify(value) : value;
  }
  const [row] = await trx('products').where({ id }).update(columns).returning(COLUMNS);
  await notifyChange(trx, tagOf.product(id));
  const after = toProduct(row as ProductRow);
  await auditProduct(trx, after, 'product.changed', { before, after });
  return after;
}

/** Whether this is the key of that product, and the product has not been deleted. */
export async function hasApiKey(db: Knex, id: string, apiKey: string): Promise<boolean> {
  const row = await db('products')
    .where({ id, api_key_hash: hashApiKey(apiKey) })
    .whereNull('deleted_at')
    .first('id');
  return row !== undefined;
}

/** Replaces the API key at once, without overlap (docs/spec/keyport.md §1.3). The new one is in the answer and never again. */
export async function rotateApiKey(trx: Knex.Transaction, id: string): Promise<{ apiKey: string; prefix: string }> {
  const product = await lockProduct(trx, id);
  const { key, hash, prefix } = newApiKey();
  await trx('products')
    .where({ id })
    .update({ api_key_hash: hash, api_key_prefix: prefix, updated_at: trx.fn.now(3) });
  await notifyChange(trx, tagOf.product(id));
  await auditProduct(trx, product, 'product.key_rotated', {
    before: { apiKeyPrefix: product.apiKeyPrefix },
    after: { apiKeyPrefix: prefix },
  });
  return { apiKey: key, prefix };
}

/** Makes the secret that signs this product's answers, or replaces it at once. It is in the answer and never again. */
export async function rotateSigningSecret(
  trx: Knex.Transaction,
  id: string,
  secrets: SecretBox,
): Promise<{ signingSecret: string }> {
  const product = await lockProduct(trx, id);
  await mustHaveFeature(trx, product.organizationId, 'signed_validation');
  const signingSecret = newSigningSecret();
  await trx('products')
    .where({ id })
    .update({ signing_secret_encrypted: secrets.seal(signingSecret, id), updated_at: trx.fn.now(3) });
  await notifyChange(trx, tagOf.product(id));
  await auditProduct(trx, product, 'product.signing_secret_rotated', {});
  return { signingSecret };
}

/**
 * Deletes a product with its versions and licences, and gives their places back. Its key goes on being known, so that calls
 * with it are answered `product_not_found` (docs/spec/keyport.md §3.4). Its signing secret and switch stay too: who checks
 * signatures must be able to trust that answer (§3.7).
 */
export async function deleteProduct(trx: Knex.Transaction, id: string): Promise<{ licenses: number }> {
  const product = await lockProduct(trx, id);
  const licenses = await trx('licenses').where({ product_id: id }).delete();
  await trx('product_versions').where({ product_id: id }).delete();
  await trx('products')
    .where({ id })
    .update({
      name: 'deleted',
      custom_response_template: '{}',
      deleted_at: trx.fn.now(3),
      updated_at: trx.fn.now(3),
    });
  await returnPlaces(
    trx,
    organizationHolder(product.organizationId),
    { resource: 'license', number: licenses },
    { resource: 'product' },
  );
  await notifyChange(trx, tagOf.product(id));
  await notifyChange(trx, tagOf.licensesOf(id));
  // One entry for all that goes with it.
  await auditProduct(trx, product, 'product.deleted', { before: { name: product.name, licenses } });
  return { licenses };
}

/** Keeps a living product from being changed or deleted until the transaction ends. @throws {Refusal} `not_found` */
export async function holdProduct(trx: Knex.Transaction, id: string): Promise<Product> {
  const row = await trx('products')
    .where({ id })
    .whereNull('deleted_at')
    .forShare()
    .first<ProductRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'product' });
  return toProduct(row);
}

/** Locks a living product against other changes while leaving foreign keys to it alone. @throws {Refusal} `not_found` */
export async function lockProduct(trx: Knex.Transaction, id: string): Promise<Product> {
  const row = await trx('products')
    .where({ id })
    .whereNull('deleted_at')
    .forNoKeyUpdate()
    .first<ProductRow | undefined>(COLUMNS);
  if (!row) throw new Refusal('not_found', { what: 'product' });
  return toProduct(row);
}

function auditProduct(
  trx: Knex.Transaction,
  { id, organizationId }: Pick<Product, 'id' | 'organizationId'>,
  action: string,
  changes: { before?: object; after?: object },
): Promise<void> {
  return audit(trx, { organizationId, action, target: { type: 'product', id }, ...changes });
}

async function hasSigningSecret(db: Knex, id: string): Promise<boolean> {
  const row = await db('products').where({ id }).whereNotNull('signing_secret_encrypted').first('id');
  return row !== undefined;
}

type ProductRow = { id: string; organization_id: string; api_key_prefix: string } & Record<string, unknown>;

function toProduct(row: ProductRow): Product {
  const settings = Object.fromEntries(
    FIELDS.map(([field, column]) => [field, row[column]]),
  ) as unknown as ProductSettings;
  return { id: row.id, organizationId: row.organization_id, apiKeyPrefix: row.api_key_prefix, ...settings };
}
