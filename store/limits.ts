import type { Knex } from 'knex';
import { mayAdd, mayUse } from '../domain/plans/decision.ts';
import { Refusal } from '../domain/refusal.ts';
import { getCatalogue } from './catalogues.ts';
import { readSubject } from './organizations.ts';

/**
 * Takes places under a limit on things that exist, in the transaction that creates them. The limit's row is locked first and
 * the plan is read under that lock, so a hundred parallel creates at 9 of 10 make exactly one, also while a downgrade is on
 * its way. Whoever creates something that a plan limits does it through here.
 * @throws {Refusal} `plan_limit_reached`
 */
export async function takePlaces(
  trx: Knex.Transaction,
  { organizationId, limit, amount }: { organizationId: string; limit: string; amount: number },
): Promise<void> {
  const row = { scope_id: organizationId, limit_name: limit };
  await trx('limit_usage')
    .insert({ ...row, used: 0 })
    .onConflict(['scope_id', 'limit_name'])
    .ignore();
  const { used } = await trx('limit_usage').where(row).forNoKeyUpdate().first<{ used: number }>('used');

  const { catalogueId, subject } = await readSubject(trx, organizationId);
  const decision = mayAdd(await getCatalogue(trx, catalogueId), subject, limit, used, amount, Date.now());
  if (!decision.allowed) {
    const { allowed, remaining, resetsAt, admittingPlan } = decision.by;
    throw new Refusal('plan_limit_reached', {
      limit,
      used,
      allowed,
      remaining: Number(remaining),
      resetsAt,
      admittingPlan,
    });
  }
  await trx('limit_usage')
    .where(row)
    .update({ used: used + amount });
}

/** Gives places back, in the transaction that deletes what took them. */
export async function returnPlaces(
  trx: Knex.Transaction,
  { organizationId, limit, amount }: { organizationId: string; limit: string; amount: number },
): Promise<void> {
  if (amount === 0) return;
  await trx('limit_usage').where({ scope_id: organizationId, limit_name: limit }).decrement('used', amount);
}

/** Refuses what the organisation's plan has not. @throws {Refusal} `feature_not_available` */
export async function mustHaveFeature(db: Knex, organizationId: string, feature: string): Promise<void> {
  const { catalogueId, subject } = await readSubject(db, organizationId);
  const decision = mayUse(await getCatalogue(db, catalogueId), subject, feature, Date.now());
  if (!decision.allowed)
    throw new Refusal('feature_not_available', { feature, admittingPlan: decision.by.admittingPlan });
}
