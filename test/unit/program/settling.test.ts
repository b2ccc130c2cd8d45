import { describe, expect, test } from 'vitest';
import {
  type BalanceMove,
  type BudgetMove,
  type KnownStates,
  nameOf,
  settleTaken,
} from '../../../domain/program/settling.ts';

const named = { tenant: 'a', key: 'key' };
const name = nameOf(named);

const nothing: KnownStates = { balances: new Map(), budgets: new Map(), reservations: new Map() };

const aMove = (more: Partial<BalanceMove>): BalanceMove => ({
  kind: 'credits',
  ...named,
  from: { version: 0, balance: 10 },
  to: { version: 1, balance: 9, refilledAtMs: 0 },
  spent: 1,
  refills: [],
  ...more,
});

const aBudgetMove = (more: Partial<BudgetMove>): BudgetMove => ({
  kind: 'budget',
  ...named,
  fromVersion: 0,
  version: 1,
  periodKey: 'today',
  startsAtMs: 100,
  added: 0,
  reservations: [],
  ...more,
});

describe('quotas', () => {
  test('are added up by tenant, key and period, in the order of their keys', () => {
    const use = { kind: 'quota' as const, ...named, periodKey: 'b', added: 2 };
    const { quotas } = settleTaken([use, { ...use, periodKey: 'a' }, { ...use, added: 3 }], nothing);
    expect(quotas).toEqual([
      { ...named, periodKey: 'a', used: 2 },
      { ...named, periodKey: 'b', used: 5 },
    ]);
  });
});

const knownBalance = (balance: number, version: number, refilledAtMs = 0): KnownStates => ({
  ...nothing,
  balances: new Map([[name, { balance, version, refilledAtMs }]]),
});

describe('a balance', () => {
  test('stands as its last move says, and all that was spent is added', () => {
    const second = aMove({
      from: { version: 1, balance: 9 },
      to: { version: 2, balance: 5, refilledAtMs: 7 },
      spent: 4,
    });
    const { balances, behind } = settleTaken([aMove({}), second], knownBalance(10, 0));
    expect(balances).toEqual([{ ...named, balance: 5, refilledAtMs: 7, version: 2, spent: 5n }]);
    expect(behind.balances).toEqual([]);
  });

  test('that was never settled before stands as its first move says', () => {
    const { balances, behind } = settleTaken([aMove({})], nothing);
    expect(balances).toEqual([{ ...named, balance: 9, refilledAtMs: 0, version: 1, spent: 1n }]);
    expect(behind.balances).toEqual([]);
  });

  test('of a move from later than what is settled stands as the move says: Postgres came back with older data', () => {
    const { balances } = settleTaken(
      [aMove({ from: { version: 8, balance: 4 }, to: { version: 9, balance: 3, refilledAtMs: 0 } })],
      knownBalance(10, 2),
    );
    expect(balances).toMatchObject([{ balance: 3, version: 9 }]);
  });

  test('of a move from older data is lowered by what it spent, under a version above both', () => {
    const { balances, behind } = settleTaken(
      [aMove({ from: { version: 5, balance: 7 }, to: { version: 6, balance: 4, refilledAtMs: 0 } })],
      knownBalance(2, 8),
    );
    expect(balances).toMatchObject([{ balance: 0, version: 9 }]);
    expect(behind.balances).toEqual([named]);
  });

  test('of a move from older data is raised by what it was given, and not by a refill that it has had already', () => {
    const refills = [{ dueAtMs: 50, before: 1, after: 10 }];
    const move = aMove({
      from: { version: 5, balance: 1 },
      to: { version: 7, balance: 30, refilledAtMs: 50 },
      refills,
    });
    expect(settleTaken([move], knownBalance(6, 8, 50)).balances).toMatchObject([{ balance: 26, refilledAtMs: 50 }]);
    // One that it has not had is had now, and sets what is below.
    expect(settleTaken([move], knownBalance(6, 8, 40)).balances).toMatchObject([{ balance: 30, refilledAtMs: 50 }]);
  });
});

const older = (move: BudgetMove['reservations'][number]) =>
  aBudgetMove({ fromVersion: 5, version: 6, reservations: [move] });

describe('a budget', () => {
  const held = { id: 'one', state: 'reserved' as const, amount: 5, atMs: 500 };
  const known = (reservation = held as BudgetMove['reservations'][number], version = 8): KnownStates => ({
    ...nothing,
    budgets: new Map([[name, { periodKey: 'today', startsAtMs: 100, version }]]),
    reservations: new Map([[name, new Map([[reservation.id, reservation]])]]),
  });

  test('adds what was spent to its period, and keeps what reservations have become', () => {
    const tomorrow = aBudgetMove({ fromVersion: 1, version: 3, periodKey: 'tomorrow', startsAtMs: 200, added: 2 });
    const ends = { ...held, state: 'committed' as const, amount: 4, atMs: 900 };
    const tally = settleTaken([aBudgetMove({ added: 4, reservations: [held, ends] }), tomorrow], nothing);
    expect(tally.budgets).toEqual([{ ...named, periodKey: 'tomorrow', startsAtMs: 200, version: 3 }]);
    expect(tally.budgetPeriods).toEqual([
      { ...named, periodKey: 'today', spent: 4 },
      { ...named, periodKey: 'tomorrow', spent: 2 },
    ]);
    expect(tally.reservations).toEqual([{ ...named, ...ends }]);
    expect(tally.behind.budgets).toEqual([]);
  });

  test('of a move from older data keeps what was committed, and of two leases the longer', () => {
    const committed = { ...held, state: 'committed' as const };
    const tally = settleTaken([older(held)], known(committed));
    expect(tally.reservations).toMatchObject([{ state: 'committed' }]);
    expect(tally.budgets).toMatchObject([{ version: 9 }]);
    expect(tally.behind.budgets).toEqual([named]);
    expect(settleTaken([older({ ...held, atMs: 400 })], known()).reservations).toMatchObject([{ atMs: 500 }]);
    const released = { ...held, state: 'released' as const, atMs: 900 };
    expect(settleTaken([older(released)], known()).reservations).toMatchObject([{ state: 'released' }]);
    expect(settleTaken([older(held)], known(released)).reservations).toMatchObject([{ state: 'released' }]);
    expect(settleTaken([older({ ...held, atMs: 600 })], known()).reservations).toMatchObject([{ atMs: 600 }]);
    // A commit stands above all, whichever side it is on; of other ends the last one told.
    expect(settleTaken([older(released)], known(committed)).reservations).toMatchObject([{ state: 'committed' }]);
    expect(settleTaken([older(committed)], known(released)).reservations).toMatchObject([{ state: 'committed' }]);
    expect(settleTaken([older({ ...released, atMs: 400 })], known()).reservations).toMatchObject([{ atMs: 400 }]);
  });

  test('of a move from no older data takes what became of a reservation as it is told', () => {
    const committed = { ...held, state: 'committed' as const };
    const again = aBudgetMove({ fromVersion: 8, version: 9, reservations: [{ ...held, atMs: 100 }] });
    expect(settleTaken([again], known(committed)).reservations).toEqual([{ ...named, ...held, atMs: 100 }]);
  });

  test('of a move from older data stays in its latest period', () => {
    const yesterday = aBudgetMove({ fromVersion: 5, version: 6, periodKey: 'yesterday', startsAtMs: 0, added: 3 });
    const tally = settleTaken([yesterday], known());
    expect(tally.budgets).toMatchObject([{ periodKey: 'today', startsAtMs: 100 }]);
    expect(tally.budgetPeriods).toMatchObject([{ periodKey: 'yesterday', spent: 3 }]);
    const tomorrow = aBudgetMove({ fromVersion: 5, version: 6, periodKey: 'tomorrow', startsAtMs: 200 });
    expect(settleTaken([tomorrow], known()).budgets).toMatchObject([{ periodKey: 'tomorrow', startsAtMs: 200 }]);
    expect(settleTaken([tomorrow], known()).budgetPeriods).toEqual([]);
  });

  test('that was never settled before has no older data', () => {
    expect(settleTaken([aBudgetMove({ fromVersion: 7, version: 8 })], nothing).budgets).toMatchObject([{ version: 8 }]);
  });
});
