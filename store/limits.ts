import type { Knex } from 'knex';
import { mayUse } from '../domain/plans/decision.ts';
import { Refusal } from '../domain/refusal.ts';
import { getCatalogue } from './catalogues.ts';
import { readSubject } from './organizations.ts';

/** Refuses what the organisation's plan has not. @throws {Refusal} `feature_not_available` */
export async function mustHaveFeature(db: Knex, organizationId: string, feature: string): Promise<void> {
  const { catalogueId, subject } = await readSubject(db, organizationId);
  const decision = mayUse(await getCatalogue(db, catalogueId), subject, feature, Date.now());
  if (!decision.allowed)
    throw new Refusal('feature_not_available', { feature, admittingPlan: decision.by.admittingPlan });
}
