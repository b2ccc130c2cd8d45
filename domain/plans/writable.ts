import { liftingBy } from './admitting.ts';
import type { Catalogue, CountLimit, FeatureDefinition, LimitDefinition, OrderField, Over } from './catalogue.ts';
import { bySiblings, type Facts, factsOf } from './decision.ts';
import { fits, NOTHING, remainingOf } from './questions.ts';
import { holdsIn, matches } from './scopes.ts';
import { featureIn, limitIn, type Standing, standingOf } from './standing.ts';
import type { ScopeState, SubjectState } from './subject.ts';

/** A thing that exists, as the product tells of it. */
export interface Resource {
  /** What limits call it in `counts`, and features in `on_loss`. */
  readonly kind: string;
  readonly id: string;
  readonly createdAtMs: number;
  readonly attributes: Readonly<Record<string, string>>;
  /** The thing below the subject that it belongs to, for limits that are counted there. */
  readonly scope?: ScopeState;
}

/** Whether a resource can be written to, and if not, the reason for the product to tell and the facts that decided. */
export type Writability = { kind: string; id: string } & (
  | { writable: true; reason: null; by: null }
  | { writable: false; reason: string; by: Facts }
);

/**
 * Which of these resources can be written to; `resources` are all that exist of each kind asked about, in any order, and the
 * answers come in the same order.
 *
 * Where a limit makes the newest read-only, those that it counts are sorted by its order, ties by id, and the first that fit stay
 * writable. Where a feature that was lost makes its resources read-only, all that match are, and that reason is told first. Nothing
 * of it is stored: with the oldest deleted, or another plan, the next answer is another. Source: docs/spec/keyway.md §4.2, §4.3.
 * @throws {RangeError} for resources of which something needed wasn't told, or names that the catalogue doesn't have
 */
export function writable(
  catalogue: Catalogue,
  subject: SubjectState,
  resources: readonly Resource[],
  nowMs: number,
): Writability[] {
  const standing = standingOf(catalogue, subject, nowMs);
  const features = Object.values(catalogue.features).filter(({ onLoss }) => onLoss.treatment === 'read_only');
  const rankings = Object.values(catalogue.limits)
    .filter(isOrdering)
    .sort(bySiblings)
    .map((limit) => ranked(standing, limit, resources));

  return resources.map((resource) => {
    const ties: Ties = {
      features: features.filter(
        ({ onLoss }) => onLoss.resource === resource.kind && matches(catalogue, thing(resource), onLoss.where),
      ),
      places: rankings.flatMap((ranking) => ranking.get(resource) ?? []),
    };
    const cause = causeOf(standing, ties);
    const { kind, id } = resource;
    if (!cause) return { kind, id, writable: true, reason: null, by: null };

    const admittingPlan = liftingBy(standing, cause.definition.line, (other) => causeOf(other, ties) === undefined);
    const by: Facts = {
      ...cause.facts,
      class: 'state',
      reason: cause.reason,
      admittingPlan,
      scope: resource.scope?.id ?? null,
    };
    return { kind, id, writable: false, reason: cause.reason, by };
  });
}

type Ordering = CountLimit & { over: Extract<Over, { treatment: 'read_only_newest' }> };

/** Of how many that a limit counts it is which, the first being 1. */
type Place = { limit: Ordering; at: number; total: number };

/** All that may make one resource read-only, whatever the plan. */
interface Ties {
  features: FeatureDefinition[];
  places: Place[];
}

interface Cause {
  definition: LimitDefinition | FeatureDefinition;
  reason: string;
  facts: Facts;
}

function causeOf(standing: Standing, { features, places }: Ties): Cause | undefined {
  const lost = features.find((feature) => isLost(standing, feature));
  if (lost) {
    const { level } = featureIn(standing, lost);
    const facts = factsOf(standing, { ...NOTHING, allowed: false, definition: lost, level });
    return { definition: lost, reason: lost.onLoss.reason ?? lost.name, facts };
  }
  const beyond = places.find(({ limit, at }) => !fits(limitIn(standing, limit).value, 0, at));
  if (!beyond) return undefined;
  const { limit: definition, total: used } = beyond;
  const { value: limit } = limitIn(standing, definition);
  const facts = factsOf(standing, {
    ...NOTHING,
    allowed: false,
    definition,
    used,
    limit,
    remaining: remainingOf(limit, used),
    edge: definition.edge,
  });
  return { definition, reason: definition.over.reason, facts };
}

/** A feature with levels is lost at its lowest one. */
function isLost(standing: Standing, feature: FeatureDefinition): boolean {
  const { enabled, level } = featureIn(standing, feature);
  return feature.type === 'boolean' ? !enabled : level === feature.levels[0];
}

function isOrdering(limit: LimitDefinition): limit is Ordering {
  return limit.kind === 'count' && limit.over?.treatment === 'read_only_newest';
}

/** The place of each resource that the limit counts, in the scope that it is counted for. */
function ranked(standing: Standing, limit: Ordering, resources: readonly Resource[]): Map<Resource, Place> {
  const { catalogue } = standing;
  const groups = new Map<string, Resource[]>();
  for (const resource of resources) {
    if (resource.kind !== limit.counts || !matches(catalogue, thing(resource), limit.where)) continue;
    const isOwn = limit.scope === catalogue.subject;
    if (!isOwn && !resource.scope) throw new RangeError(`tell the ${limit.scope} of ${resource.kind} '${resource.id}'`);
    if (!isOwn && !holdsIn(catalogue, limit, resource.scope)) continue;
    const group = isOwn ? '' : resource.scope!.id;
    groups.set(group, [...(groups.get(group) ?? []), resource]);
  }

  const places = new Map<Resource, Place>();
  for (const group of groups.values()) {
    const sorted = group.sort((a, b) => byOrder(limit.over.order, a, b));
    for (const [before, resource] of sorted.entries()) {
      places.set(resource, { limit, at: before + 1, total: sorted.length });
    }
  }
  return places;
}

/** No two have one id, so whatever stands behind it in the order decides nothing. */
function byOrder([first]: readonly OrderField[], a: Resource, b: Resource): number {
  const age = first === 'created_at' ? a.createdAtMs - b.createdAtMs : 0;
  return age || (a.id < b.id ? -1 : 1);
}

function thing({ kind, attributes }: Resource): { scope: string; attributes: Readonly<Record<string, string>> } {
  return { scope: kind, attributes };
}
