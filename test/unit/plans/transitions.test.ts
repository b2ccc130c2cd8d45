import { describe, expect, test } from 'vitest';
import { parseCatalogue } from '../../../domain/plans/load.ts';
import { allowedTransitions, isSelfServe } from '../../../domain/plans/transitions.ts';

// Plans of every sort that there is, so that each field of a plan decides somewhere by itself.
const rate = { kind: 'rate', scope: 'account', window_seconds: 60, edge: 'refuse' };
const CATALOGUE = parseCatalogue({
  catalogue: 'moves',
  version: '1',
  subject: 'account',
  currency: 'EUR',
  lines: { main: { fallback: 'ground' }, side: { fallback: 'flat' } },
  scopes: { account: {} },
  plans: {
    ground: { line: 'main', rank: 0, billing: 'card', price: { month: 0 } },
    gift: { line: 'main', rank: 1, acquisition: 'default', billing: 'none', price: { month: 5 } },
    small: { line: 'main', rank: 2, acquisition: 'self_serve', billing: 'card', price: { month: 10 } },
    twin: { line: 'main', rank: 3, acquisition: 'self_serve', billing: 'card', price: { month: 10 } },
    unpriced: { line: 'main', rank: 4, acquisition: 'self_serve', billing: 'card' },
    unbilled: { line: 'main', rank: 5, acquisition: 'self_serve', billing: 'none' },
    sold: { line: 'main', rank: 6, acquisition: 'sales_led', billing: 'card', price: { month: 100 } },
    billed: { line: 'main', rank: 7, acquisition: 'self_serve', billing: 'manual', price: { month: 200 } },
    asked: { line: 'main', rank: 8, acquisition: 'self_serve', billing: 'card', price: 'by_agreement' },
    zero: { line: 'main', rank: 9, acquisition: 'self_serve', billing: 'card', price: { month: 0 } },
    flat: { line: 'side', rank: 0 },
  },
  limits: {
    pace: { ...rate, line: 'main', clear_on: 'upgrade', values: { all: 5 } },
    steady: { ...rate, line: 'main', values: { all: 5 } },
    beside: { ...rate, line: 'side', clear_on: 'upgrade', values: { flat: 5 } },
    seats: { kind: 'count', line: 'main', scope: 'account', counts: 'seat', edge: 'refuse', values: { all: 5 } },
  },
  features: {},
});

const moves = (from: string): Record<string, string> =>
  Object.fromEntries(
    allowedTransitions(CATALOGUE, from).map(({ to, direction, by, effective, clears }) => [
      to,
      [direction, by, effective, ...clears].join(' '),
    ]),
  );

describe('the plans that one can move to', () => {
  test('from one that is paid for: back to a start at the end of what is paid, up when it is paid, else by agreement', () => {
    expect(moves('small')).toEqual({
      ground: 'down cancellation period_end',
      gift: 'down cancellation period_end',
      twin: 'same checkout at_once',
      unpriced: 'up checkout after_payment pace',
      unbilled: 'up checkout at_once pace',
      sold: 'up agreement at_once pace',
      billed: 'up agreement at_once pace',
      asked: 'up agreement at_once pace',
      zero: 'down checkout period_end',
    });
  });

  test('from one without a bill, and from one without a price: down at once, for nothing is paid', () => {
    expect(moves('gift')['ground']).toBe('down cancellation at_once');
    expect(moves('unbilled')['small']).toBe('down checkout at_once');
    expect(moves('zero')['unpriced']).toBe('down checkout at_once');
    expect(moves('unpriced')['zero']).toBe('up checkout at_once pace');
    expect(moves('ground')).toMatchObject({
      gift: 'up cancellation at_once pace',
      small: 'up checkout after_payment pace',
    });
  });

  test('by rank where one of the two has no monthly price', () => {
    expect(moves('unpriced')).toMatchObject({
      small: 'down checkout period_end',
      unbilled: 'up checkout at_once pace',
      billed: 'up agreement at_once pace',
    });
    expect(moves('asked')).toMatchObject({
      ground: 'down agreement period_end',
      billed: 'down agreement period_end',
    });
  });

  test.each(['sold', 'billed', 'asked'])('from %s by agreement alone', (from) => {
    expect(allowedTransitions(CATALOGUE, from).every(({ by }) => by === 'agreement')).toBe(true);
  });

  test('lowest first, of the same line, without the plan itself', () => {
    expect(Object.keys(moves('twin'))).toEqual([
      'ground',
      'gift',
      'small',
      'unpriced',
      'unbilled',
      'sold',
      'billed',
      'asked',
      'zero',
    ]);
    expect(moves('flat')).toEqual({});
  });
});

test('what can be bought without a person is neither agreed nor where everybody starts', () => {
  const bought = Object.keys(CATALOGUE.plans).filter((plan) => isSelfServe(CATALOGUE, plan));
  expect(bought.sort()).toEqual(['small', 'twin', 'unbilled', 'unpriced', 'zero']);
  expect(() => isSelfServe(CATALOGUE, 'gold')).toThrow("has no plan 'gold'");
});
