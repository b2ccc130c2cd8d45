import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Catalogue } from '../domain/plans/catalogue.ts';
import { canonicalText, parseCatalogue } from '../domain/plans/load.ts';
import { newId } from '../runtime/ids.ts';
import { audit } from './audit.ts';

/** A catalogue that was changed under a version which is published already. */
export class CatalogueChanged extends Error {
  override readonly name = 'CatalogueChanged';
  constructor(catalogue: Catalogue) {
    super(
      `The catalogue '${catalogue.name}' differs from what was published as version ${catalogue.version}. ` +
        'A published version never changes: give the file a new version.',
    );
  }
}

/**
 * Publishes a catalogue's version, once: the same content again changes nothing. Subjects stay pinned to theirs.
 * @throws {CatalogueChanged} when another content stands under this version.
 */
export async function publishCatalogue(
  trx: Knex.Transaction,
  catalogue: Catalogue,
): Promise<{ id: string; isNew: boolean }> {
  const content = canonicalText(catalogue);
  const [inserted] = await trx('catalogues')
    .insert({ id: newId(), name: catalogue.name, version: catalogue.version, content_hash: hashOf(content), content })
    .onConflict(['name', 'version'])
    .ignore()
    .returning(['id']);
  if (inserted) {
    const id = inserted.id as string;
    await audit(trx, {
      organizationId: null,
      action: 'catalogue.published',
      target: { type: 'catalogue', id },
      after: { name: catalogue.name, version: catalogue.version },
    });
    return { id, isNew: true };
  }

  const id = await checkPublished(trx, catalogue);
  return { id: id!, isNew: false };
}

/**
 * The id under which exactly this catalogue is published, `undefined` when its version is not published yet.
 * @throws {CatalogueChanged} when another content stands under this version.
 */
export async function checkPublished(db: Knex, catalogue: Catalogue): Promise<string | undefined> {
  const row = await db('catalogues')
    .where({ name: catalogue.name, version: catalogue.version })
    .first<{ id: string; content_hash: Buffer } | undefined>('id', 'content_hash');
  if (row && !row.content_hash.equals(hashOf(canonicalText(catalogue)))) throw new CatalogueChanged(catalogue);
  return row?.id;
}

/** The newest published version of a catalogue: what new subjects are pinned to. */
export async function newestCatalogueId(db: Knex, name: string): Promise<string> {
  const row = await db('catalogues')
    .where({ name })
    .orderBy([
      { column: 'published_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first<{ id: string } | undefined>('id');
  if (!row) throw new Error(`No catalogue '${name}' is published: run 'plimsoll migrate'`);
  return row.id;
}

/** Published versions never change, so each is read once a process. */
const known = new Map<string, Catalogue>();

export async function getCatalogue(db: Knex, id: string): Promise<Catalogue> {
  const found = known.get(id);
  if (found) return found;
  const row = await db('catalogues').where({ id }).first<{ content: unknown } | undefined>('content');
  if (!row) throw new Error(`No catalogue has the id ${id}`);
  const catalogue = parseCatalogue(row.content);
  known.set(id, catalogue);
  return catalogue;
}

function hashOf(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
