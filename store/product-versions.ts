import type { Knex } from 'knex';
import { Refusal } from '../domain/refusal.ts';
import { isFamily, type VersionEntry, type VersionState } from '../domain/validation/versions.ts';
import { audit } from './audit.ts';
import { mustHaveFeature } from './limits.ts';
import { notifyChange, tagOf } from './notices.ts';
import { lockProduct } from './products.ts';

/**
 * Puts a version, or a family such as `2.0.x`, into a product's list, or changes its state. Exactly one version is latest: the
 * one before it becomes allowed (docs/spec/keyport.md §5.2). @throws {Refusal} `feature_not_available`, `validation_failed`, `not_found`
 */
export async function setVersion(
  trx: Knex.Transaction,
  { productId, version, state }: { productId: string; version: string; state: VersionState },
): Promise<void> {
  const { organizationId } = await lockProduct(trx, productId);
  await mustHaveFeature(trx, organizationId, 'version_control');
  if (state === 'latest' && isFamily(version)) {
    throw new Refusal('validation_failed', {
      errors: [
        {
          pointer: '/version',
          code: 'family_is_not_latest',
          message: 'A family of versions cannot be the latest one.',
          accepts: 'one version, such as 2.1.0',
        },
      ],
    });
  }
  const before = await readEntry(trx, productId, version);
  let formerLatest: string | undefined;
  if (state === 'latest') {
    const [former] = await trx('product_versions')
      .where({ product_id: productId, state: 'latest' })
      .whereNot({ version })
      .update({ state: 'allowed' })
      .returning<{ version: string }[]>('version');
    formerLatest = former?.version;
  }
  await trx('product_versions')
    .insert({ organization_id: organizationId, product_id: productId, version, state })
    .onConflict(['product_id', 'version'])
    .merge({ state });
  await notifyChange(trx, tagOf.product(productId));
  await audit(trx, {
    organizationId,
    action: 'product.version_set',
    target: { type: 'product', id: productId },
    // By version: making one the latest changes two.
    before: { versions: { [version]: before?.state ?? null, ...(formerLatest && { [formerLatest]: 'latest' }) } },
    after: { versions: { [version]: state, ...(formerLatest && { [formerLatest]: 'allowed' }) } },
  });
}

/** Takes a version out of a product's list. @throws {Refusal} `not_found` */
export async function removeVersion(
  trx: Knex.Transaction,
  { productId, version }: { productId: string; version: string },
): Promise<void> {
  const { organizationId } = await lockProduct(trx, productId);
  const removed = await trx('product_versions').where({ product_id: productId, version }).delete();
  if (removed === 0) throw new Refusal('not_found', { what: 'version' });
  await notifyChange(trx, tagOf.product(productId));
  await audit(trx, {
    organizationId,
    action: 'product.version_removed',
    target: { type: 'product', id: productId },
    before: { version },
  });
}

function readEntry(trx: Knex.Transaction, productId: string, version: string): Promise<VersionEntry | undefined> {
  return trx('product_versions')
    .where({ product_id: productId, version })
    .first<VersionEntry | undefined>('version', 'state');
}

export async function listVersions(db: Knex, productId: string): Promise<VersionEntry[]> {
  return db('product_versions')
    .where({ product_id: productId })
    .orderBy('version')
    .select<VersionEntry[]>('version', 'state');
}
