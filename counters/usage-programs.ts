import type { EndedState } from '../domain/program/program.ts';
import type { BalanceMove, BudgetMove, QuotaUse, ReservationMove, Taken } from '../domain/program/settling.ts';

/** What steps of programs append to the usage stream: each field is told in the header of its kind, `program/*.lua`. */
export const PROGRAM_FIELDS: Readonly<Record<string, (text: string) => Taken>> = {
  q: toQuotaUse,
  m: toBalanceMove,
  b: toBudgetMove,
};

/** `added used crossed key`. What is used follows from what was added, and crossings are told to whoever crossed. */
function toQuotaUse(text: string): QuotaUse {
  const [added, , , key] = parts(text, 4);
  const [, , tenant, periodKey, ...rest] = key!.split(':');
  return {
    kind: 'quota',
    ...named(tenant, rest.join(':')),
    periodKey: name(decoded(periodKey)),
    added: amount(added),
  };
}

/** `fromVersion fromBalance spent balance refilledAtMs version refills key`. */
function toBalanceMove(text: string): BalanceMove {
  const [fromVersion, fromBalance, spent, balance, refilledAtMs, version, refills, key] = parts(text, 8);
  const [, , tenant, ...rest] = key!.split(':');
  return {
    kind: 'credits',
    ...named(tenant, rest.join(':')),
    from: { version: amount(fromVersion), balance: amount(fromBalance) },
    to: { balance: amount(balance), refilledAtMs: amount(refilledAtMs), version: amount(version) },
    // Of many refills in one batch it may be more than a balance holds.
    spent: Number(digits(spent)),
    refills: listOf(refills!).map((refill) => {
      const [dueAtMs, before, after] = refill.split(':');
      return { dueAtMs: amount(dueAtMs), before: amount(before), after: amount(after) };
    }),
  };
}

/** `fromVersion version startsAtMs spent reserved added crossed periodKey changes key`. */
function toBudgetMove(text: string): BudgetMove {
  const [fromVersion, version, startsAtMs, , , added, , periodKey, changes, key] = parts(text, 10);
  const [, , tenant, ...rest] = key!.split(':');
  return {
    kind: 'budget',
    ...named(tenant, rest.join(':')),
    fromVersion: amount(fromVersion),
    version: amount(version),
    startsAtMs: amount(startsAtMs),
    periodKey: name(decoded(periodKey)),
    added: amount(added),
    reservations: listOf(changes!).map(toReservationMove),
  };
}

const STATES: Readonly<Record<string, 'reserved' | EndedState>> = {
  r: 'reserved',
  c: 'committed',
  l: 'released',
  x: 'expired',
};

function toReservationMove(text: string): ReservationMove {
  const [letter, held, atMs, id] = text.split(':');
  const state = Object.hasOwn(STATES, letter!) ? STATES[letter!] : undefined;
  if (!state) throw new TypeError(`A reservation can't be '${letter}'`);
  return { id: name(decoded(id)), state, amount: amount(held), atMs: amount(atMs) };
}

/** So many parts between blanks; the last one is all that is left. */
function parts(text: string, length: number): string[] {
  const all = text.split(' ');
  if (all.length < length) throw new TypeError(`Not ${length} parts: ${text}`);
  return [...all.slice(0, length - 1), all.slice(length - 1).join(' ')];
}

function listOf(text: string): string[] {
  return text === '-' ? [] : text.split(',');
}

function named(tenant: string | undefined, key: string): { tenant: string; key: string } {
  return { tenant: name(decoded(tenant)), key: name(key) };
}

const MOST_NAME = 200;

/** What no program can hold would stop the settlement of everybody: Postgres takes no NUL, and no index of what is long. */
function name(text: string): string {
  if (text === '' || text.length > MOST_NAME || text.includes('\0')) throw new TypeError(`Not a name: ${text}`);
  return text;
}

/** The reverse of `plainName`. */
function decoded(text = ''): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw new TypeError(`Not a name: ${text}`, { cause: error });
  }
}

function amount(text: string | undefined): number {
  const value = Number(digits(text));
  if (!Number.isSafeInteger(value)) throw new TypeError(`Not an amount: ${text}`);
  return value;
}

function digits(text = ''): string {
  if (!/^\d{1,30}$/.test(text)) throw new TypeError(`Not digits: ${text}`);
  return text;
}
