import type { Limit } from '../../domain/plans/catalogue.ts';
import { describe } from '../../domain/plans/faults.ts';
import { hint, hintOrList } from '../../domain/plans/hints.ts';
import { parseInstant } from '../output.ts';

/** One thing that is wrong with what was told: where, what stands there, what is accepted. */
export interface FieldFault {
  path: string;
  found: string;
  accepts: string;
}

const AMOUNT = 'a whole number from 0 to 9007199254740991';

/**
 * Reads an object field by field and notes every fault, so that all are told at once. What is missing or wrong is `undefined`.
 * `words`: values come from a command line, where everything is a text.
 */
export class Fields {
  readonly faults: FieldFault[];
  readonly #path: string;
  readonly #words: boolean;
  readonly #map: Record<string, unknown>;
  readonly #known = new Set<string>();

  constructor(value: unknown, options: { path?: string; faults?: FieldFault[]; words?: boolean } = {}) {
    this.faults = options.faults ?? [];
    this.#path = options.path ?? '';
    this.#words = options.words ?? false;
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isMap) this.faults.push({ path: this.#path || '/', found: describe(value), accepts: 'an object' });
    this.#map = isMap ? (value as Record<string, unknown>) : {};
  }

  has(name: string): boolean {
    return this.take(name) !== undefined;
  }

  names(): string[] {
    return Object.keys(this.#map);
  }

  take(name: string): unknown {
    this.#known.add(name);
    return Object.hasOwn(this.#map, name) ? this.#map[name] : undefined;
  }

  text(name: string, accepts = 'a text'): string | undefined {
    const value = this.take(name);
    if (value === undefined || (typeof value === 'string' && value !== '')) return value;
    return this.wrong(name, accepts);
  }

  /** A name of something that must exist, by the names there are. */
  named<T extends string>(name: string, what: string, known: readonly T[]): T | undefined {
    const value = this.take(name);
    const found = known.find((each) => each === value);
    if (value === undefined || found !== undefined) return found;
    return this.wrong(name, `the name of a ${what}${typeof value === 'string' ? hint(value, known) : ''}`);
  }

  oneOf<T extends string>(name: string, accepted: readonly T[]): T | undefined {
    const value = this.take(name);
    const found = accepted.find((each) => each === value);
    if (value === undefined || found !== undefined) return found;
    return this.wrong(name, hintOrList(value, accepted));
  }

  amount(name: string): number | undefined {
    const value = this.#number(name);
    if (value === undefined) return undefined;
    return isAmount(value) ? value : this.wrong(name, AMOUNT);
  }

  limit(name: string): Limit | undefined {
    const value = this.#number(name);
    if (value === undefined || value === 'unlimited') return value;
    return isAmount(value) ? value : this.wrong(name, `${AMOUNT}, or unlimited`);
  }

  flag(name: string): boolean | undefined {
    const value = this.take(name);
    const said = this.#words && (value === 'true' || value === 'false') ? value === 'true' : value;
    return said === undefined || typeof said === 'boolean' ? said : this.wrong(name, 'true or false');
  }

  /** Epoch milliseconds. */
  instant(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    try {
      return parseInstant(typeof value === 'string' ? value : '');
    } catch (error) {
      return this.wrong(name, (error as Error).message.replace(/^It takes /, '').replace(/\.$/, ''));
    }
  }

  map(name: string): Fields | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    return new Fields(value, { path: this.#at(name), faults: this.faults, words: this.#words });
  }

  /** The values of a list, each still to be looked at. */
  values(name: string, accepts: string): unknown[] {
    const value = this.take(name);
    if (value === undefined) return [];
    if (Array.isArray(value)) return value as unknown[];
    this.wrong(name, accepts);
    return [];
  }

  /** A list of objects. */
  list(name: string, accepts: string): Fields[] {
    return this.values(name, accepts).map((value, index) => {
      return new Fields(value, { path: `${this.#at(name)}/${index}`, faults: this.faults, words: this.#words });
    });
  }

  wrong(name: string, accepts: string): undefined {
    const value = Object.hasOwn(this.#map, name) ? this.#map[name] : undefined;
    this.faults.push({ path: this.#at(name), found: describe(value), accepts });
    return undefined;
  }

  /** Something that must be told and isn't; what is there and wrong has been told already. */
  need(name: string, accepts: string): void {
    if (this.take(name) === undefined) this.wrong(name, accepts);
  }

  /** Tells of every field that nobody asked for. */
  end(): void {
    const known = [...this.#known];
    for (const name of Object.keys(this.#map)) {
      if (this.#known.has(name)) continue;
      const accepts = known.length === 0 ? 'no fields' : `${known.join(', ')}${nearestOf(name, known)}`;
      this.faults.push({ path: this.#at(name), found: 'an unknown field', accepts });
    }
  }

  #number(name: string): number | 'unlimited' | undefined {
    const value = this.take(name);
    if (value === undefined || value === 'unlimited') return value;
    if (typeof value === 'number') return value;
    return this.#words && typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN;
  }

  #at(name: string): string {
    return `${this.#path}/${name}`;
  }
}

/** All faults in sentences, a line each. */
export function faultsInWords(source: string, faults: readonly FieldFault[]): string {
  return faults.map(({ path, found, accepts }) => `${source} ${path}: found ${found}; it takes ${accepts}`).join('\n');
}

function isAmount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function nearestOf(name: string, known: readonly string[]): string {
  const told = hint(name, known);
  return told.includes('did you mean') ? told : '';
}
