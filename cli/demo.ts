import { readFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { isId } from '../runtime/ids.ts';
import type { Demo } from '../stack/home.ts';
import { createLicense, findLicenseByKey, listLicenses } from '../store/licenses.ts';
import { createOrganization, findOrganizationBySlug, lockOrganization } from '../store/organizations.ts';
import { createProduct, findProductByName, hasApiKey, rotateApiKey } from '../store/products.ts';
import { demoOwner } from './demo-owner.ts';

const SLUG = 'demo';
const PRODUCT = 'Demo app';
const CUSTOMER = { email: 'customer@example.com', discordId: null, name: 'Demo customer' };

type DemoKeys = Pick<Demo, 'organization_id' | 'product_id' | 'product_key' | 'license_key'>;

/**
 * Sees to it that the demo is there, and gives keys that work: an organisation on Free with an owner, one product and one lifetime
 * licence. What is missing is made. What was kept is given back while this database takes it; otherwise the product's key, the
 * owner's password and their token are replaced, each by itself, since the old one is readable nowhere.
 * @throws {Refusal} where the plan has no place for what is missing
 */
export async function demo(trx: Knex.Transaction, kept: Partial<Demo> = {}): Promise<Demo> {
  const organization =
    (await findOrganizationBySlug(trx, SLUG)) ??
    (await createOrganization(trx, { name: 'Demo', slug: SLUG, plan: 'free' }));
  // Its person first, then the organisation: the order of locks (store/README.md).
  const owner = await demoOwner(trx, organization, kept);
  return { ...owner, ...(await demoKeys(trx, organization.id, kept)) };
}

async function demoKeys(trx: Knex.Transaction, id: string, kept: Partial<Demo>): Promise<DemoKeys> {
  const { id: organizationId } = await lockOrganization(trx, id);
  if (isWhole(kept) && (await stands(trx, organizationId, kept))) {
    const { organization_id, product_id, product_key, license_key } = kept;
    return { organization_id, product_id, product_key, license_key };
  }

  const found = await findProductByName(trx, organizationId, PRODUCT);
  const { productId, apiKey } = found
    ? { productId: found.id, apiKey: (await rotateApiKey(trx, found.id)).apiKey }
    : await newProduct(trx, organizationId);
  // The first ones are ours, whatever was tried out afterwards.
  const licenses = await listLicenses(trx, productId, { order: 'oldest', limit: 100 });
  const license =
    licenses.find(({ status, expiresAtMs }) => status === 'active' && expiresAtMs === null) ??
    (await createLicense(trx, { productId, customer: CUSTOMER, expiresAtMs: null }));
  return {
    organization_id: organizationId,
    product_id: productId,
    product_key: apiKey,
    license_key: license.licenseKey,
  };
}

/** What is in a file that an earlier `demo --json` was written to; nothing where there is none, or it is damaged. */
export function readKept(path: string): Partial<Demo> | undefined {
  let kept: unknown;
  try {
    kept = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // What can't be read is made anew: everything in it can be.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (typeof kept !== 'object' || kept === null) return undefined;
  return Object.fromEntries(Object.entries(kept).filter(([, value]) => typeof value === 'string'));
}

/** Whether the keys are those of a product and a licence in this very database. */
async function stands(trx: Knex.Transaction, organizationId: string, kept: DemoKeys): Promise<boolean> {
  if (kept.organization_id !== organizationId || !(await hasApiKey(trx, kept.product_id, kept.product_key)))
    return false;
  const license = await findLicenseByKey(trx, kept.license_key);
  return license?.productId === kept.product_id;
}

async function newProduct(
  trx: Knex.Transaction,
  organizationId: string,
): Promise<{ productId: string; apiKey: string }> {
  const { product, apiKey } = await createProduct(trx, { organizationId, name: PRODUCT });
  return { productId: product.id, apiKey };
}

function isWhole(kept: Partial<DemoKeys>): kept is DemoKeys {
  const { organization_id, product_id, product_key, license_key } = kept;
  return [organization_id, product_id].every((id) => id !== undefined && isId(id)) && !!product_key && !!license_key;
}
