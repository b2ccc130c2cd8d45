import type { Catalogue, FeatureDefinition, LimitDefinition, Plan, ScopeDefinition } from './catalogue.ts';

/**
 * The catalogue as one text: JSON in the shape of the file, names sorted, no white space. Two catalogues that mean the same have
 * the same text, however their files are written, and `parseCatalogue` reads it back; its UTF-8 bytes are what is hashed.
 *
 * A field at its default is left out: so a field that is added later changes no hash of what was published before it.
 */
export function canonicalText(catalogue: Catalogue): string {
  return JSON.stringify(sorted(toDocument(catalogue)));
}

function toDocument({ name, version, subject, fallback, scopes, plans, limits, features }: Catalogue): object {
  return {
    catalogue: name,
    version,
    subject,
    fallback,
    scopes: mapValues(scopes, toScope),
    plans: mapValues(plans, toPlan),
    limits: mapValues(limits, toLimit),
    features: mapValues(features, toFeature),
  };
}

function toScope({ parent }: ScopeDefinition): object {
  return parent === null ? {} : { parent };
}

function toPlan({ rank, overridable }: Plan): object {
  return { rank, ...flagged(overridable) };
}

function toLimit({ name: _name, overridable, ...fields }: LimitDefinition): object {
  return { ...fields, ...flagged(overridable) };
}

function toFeature({ type, onLoss, overridable, values }: FeatureDefinition): object {
  return { type, on_loss: onLoss, ...flagged(overridable), values };
}

function flagged(overridable: boolean): object {
  return overridable ? { overridable } : {};
}

function mapValues<T>(map: Readonly<Record<string, T>>, change: (value: T) => object): object {
  return Object.fromEntries(Object.entries(map).map(([name, value]) => [name, change(value)]));
}

/** Sorted by UTF-16 code units, at every depth. Lists keep their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, part]) => [name, sorted(part)]));
}
