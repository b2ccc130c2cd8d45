import type { Catalogue } from '../../domain/plans/catalogue.ts';
import type { Wording } from './presenter.ts';

/** What people read in the place of a catalogue's names. */
export interface Words {
  /** A plan, limit, feature or scope. */
  title(name: string): string;
  /** The same at the beginning of a sentence. */
  begin(name: string): string;
  /** What a limit is counted for: `account`, `vault`. */
  scopeOf(limit: string): string;
  /** What a limit's amounts are given in, so many of them: `70,112 bytes`. Without a unit, of the things that it counts. */
  amount(limit: string, many: number): string;
  /** Who has the plan. */
  subject: string;
  /** Whether there is a plan above this one in its line. */
  isHighest(plan: string): boolean;
}

export function wordsOf(catalogue: Catalogue, { titles }: Pick<Wording, 'titles'>): Words {
  const title = (name: string): string => (Object.hasOwn(titles, name) ? titles[name]! : name.replaceAll('_', ' '));
  const limitOf = (name: string) => (Object.hasOwn(catalogue.limits, name) ? catalogue.limits[name] : undefined);
  return {
    title,
    begin: (name) => capital(title(name)),
    scopeOf: (name) => title(limitOf(name)?.scope ?? catalogue.subject),
    amount(name, many) {
      const limit = limitOf(name);
      const isCounted = limit?.kind === 'count' || limit?.kind === 'quota';
      const noun = isCounted ? title(name) : (limit?.unit ?? '').replaceAll('_', ' ');
      return noun === '' ? grouped(many) : `${grouped(many)} ${many === 1 ? noun : plural(noun)}`;
    },
    subject: title(catalogue.subject),
    isHighest(name) {
      const plan = catalogue.plans[name]!;
      return !Object.values(catalogue.plans).some(({ line, rank }) => line === plan.line && rank > plan.rank);
    },
  };
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `70,112`. */
export function grouped(many: number): string {
  return NUMBERS.format(many);
}

const NUMBERS = new Intl.NumberFormat('en-US');

/** Of the nouns that catalogues are written with; one that ends in s is a plural already. */
export function plural(noun: string): string {
  if (noun.endsWith('s')) return noun;
  return /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;
}

/** Whether a title speaks of several: `private vaults of an organisation` do, `evidence export as JSON` doesn't. */
export function isPlural(title: string): boolean {
  return title.split(/ (?:of|in|for|as) /)[0]!.endsWith('s');
}
