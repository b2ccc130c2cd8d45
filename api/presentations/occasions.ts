import type { DecisionClass } from '../../domain/plans/catalogue.ts';
import type { Facts } from '../../domain/plans/decision.ts';
import type { Telling, Wording } from './presenter.ts';

/** What a style must have words for: each class of decision, and a record that is beyond its retention and isn't shown. */
export type Occasion = DecisionClass | 'hidden';

export const OCCASIONS: readonly Occasion[] = [
  'feature',
  'limit',
  'quota',
  'rate',
  'credits',
  'budget',
  'size',
  'state',
  'hidden',
];

/** A record beyond its retention is told as one that there never was (docs/spec/keel.md §2.3). */
export function occasionOf(by: Facts): Occasion {
  return by.class === 'limit' && by.kind === 'retention' ? 'hidden' : by.class;
}

/** The same code for the same cause in every product, for programs that speak with several. */
export function neutralCode(by: Facts): string {
  const occasion = occasionOf(by);
  switch (occasion) {
    case 'feature':
      return 'feature.not_in_plan';
    case 'state':
      return 'resource.read_only';
    case 'hidden':
      return 'resource.not_found';
    default:
      return `limit.${by.kind}_exceeded`;
  }
}

/** The product's own code: that of the guard which refused, else the catalogue's for the class, else the neutral one. */
export function codeOf({ codes }: Wording, by: Facts, { code }: Pick<Telling, 'code'>): string {
  return code ?? codes[by.class] ?? neutralCode(by);
}

/** Whether the facts are about a limit; else they are about a feature. */
export function isAboutLimit({ kind }: Facts): boolean {
  return kind !== 'feature' && kind !== 'level';
}
