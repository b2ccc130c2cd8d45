import type { Knex } from 'knex';
import { type Limit, plansByRank } from '../domain/plans/catalogue.ts';
import { overrideFault } from '../domain/plans/overrides.ts';
import type { SubjectState } from '../domain/plans/subject.ts';
import { Refusal } from '../domain/refusal.ts';
import { newId } from '../runtime/ids.ts';
import { audit } from './audit.ts';
import { getCatalogue, newestCatalogueId } from './catalogues.ts';
import { COUNTED_THINGS } from './counted-things.ts';
import { type Holder, heldLimits, type Things } from './holding.ts';
import { lockUsageOf } from './limit-usage.ts';
import { type OverrideRow, PLATFORM_CATALOGUE, toSubject } from './organizations.ts';
import { lockPerson } from './people.ts';

/** What catalogues call a person: the scope above all organisations. */
export const PERSON_SCOPE = 'user';

/**
 * A person as the holder of the limit on the organisations they own or have joined (docs/spec/keyport.md §2.1, §13.13). Nobody is
 * pinned to a version of the catalogue: the newest holds. A person has no plan of their own either: it is the highest of the
 * organisations they own, so that an override holds for whoever has an Enterprise account, and rests otherwise (§2.5).
 */
export function personHolder(userId: string): Holder {
  return {
    subjectId: userId,
    things: COUNTED_THINGS,
    async read(trx) {
      const catalogue = await getCatalogue(trx, await newestCatalogueId(trx, PLATFORM_CATALOGUE));
      return {
        catalogue,
        subject: await readPerson(
          trx,
          userId,
          plansByRank(catalogue).map(({ name }) => name),
        ),
      };
    },
  };
}

/** Things as they are in a person's scope. */
export function inPerson(userId: string, things: Things): Things {
  return { ...things, scopes: [{ scope: PERSON_SCOPE, id: userId, attributes: {} }] };
}

async function readPerson(db: Knex, userId: string, plans: readonly string[]): Promise<SubjectState> {
  const owned = await db('organizations')
    .where({ owner_id: userId })
    // A cancelled subscription is served as the fallback (§13.10).
    .whereNot({ billing_state: 'cancelled' })
    .select<{ plan: string }[]>('plan');
  const ranks = owned.map(({ plan }) => plans.indexOf(plan));
  const overrides = await db('user_overrides')
    .where({ user_id: userId })
    .select<OverrideRow[]>(db.raw(`'limit' as kind`), 'name', 'value', 'starts_at', 'ends_at');
  return toSubject(plans[Math.max(0, ...ranks)]!, 'active', overrides);
}

export interface NewPersonOverride {
  userId: string;
  name: string;
  value: Limit;
  reason: string;
  startsAtMs: number;
  endsAtMs: number | null;
}

/**
 * Agrees another number of organisations with a person. It rests while they own none on a plan with overrides.
 * @throws {Refusal} `validation_failed`, `not_found`
 */
export async function createPersonOverride(trx: Knex.Transaction, input: NewPersonOverride): Promise<{ id: string }> {
  const { userId, name, value, reason } = input;
  await lockPerson(trx, userId);
  const holder = personHolder(userId);
  const { catalogue } = await holder.read(trx);
  const fault = overrideFault(catalogue, { kind: 'limit', name, value }, PERSON_SCOPE);
  if (fault) throw new Refusal('validation_failed', { errors: [fault] });
  // As with organisations: what was decided before is finished first.
  const limits = heldLimits(catalogue).filter((limit) => limit.scope === PERSON_SCOPE);
  await lockUsageOf(trx, { subjectId: userId, things: holder.things, limits });
  const id = newId();
  await trx('user_overrides').insert({
    id,
    user_id: userId,
    name,
    value: JSON.stringify(value),
    reason,
    starts_at: new Date(input.startsAtMs),
    ends_at: input.endsAtMs === null ? null : new Date(input.endsAtMs),
  });
  const { startsAtMs, endsAtMs } = input;
  await audit(trx, {
    organizationId: null,
    action: 'person_override.created',
    target: { type: 'user', id: userId },
    after: { name, value, reason, startsAtMs, endsAtMs },
  });
  return { id };
}
