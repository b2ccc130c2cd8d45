import { describe, expect, test } from 'vitest';
import type { RegistrationMode } from '../../../domain/validation/facts.ts';
import { type Verdict } from '../../../domain/validation/verdict.ts';
import { aLicense, aProduct, CALLER, ipRules, verdictOf } from './facts.ts';

/** T, A, n and m of docs/spec/keyport.md §6.3, whether the caller is among the n, and the setting of §13.1. */
interface Situation {
  T: boolean;
  A: boolean;
  n: number;
  m: number | null;
  known: boolean;
  mode?: RegistrationMode;
}

function verdictIn({ T, A, n, m, known, mode = 'first' }: Situation): Verdict {
  const others = Array.from({ length: known ? n - 1 : n }, (_, i) => `198.51.100.${i + 1}`);
  const product = aProduct({ ipRules: ipRules({ track: T, autoRegister: A, registration: mode }) });
  return verdictOf(product, aLicense({ maxIps: m, ips: new Set(known ? [CALLER, ...others] : others) }));
}

function told({ registersIp, payload: { status, ip_registered, ip_count } }: Verdict) {
  return { status, registersIp, ip_registered, ip_count };
}

const pass = (ip_registered: boolean, ip_count: number) => ({
  status: 'active',
  registersIp: false,
  ip_registered,
  ip_count,
});
const registers = (ip_count: number) => ({ status: 'active', registersIp: true, ip_registered: true, ip_count });
const refused = (status: string, ip_count: number) => ({
  status,
  registersIp: false,
  ip_registered: false,
  ip_count,
});

describe('registration (§6.3)', () => {
  test.each([
    [
      'row 1: T off, unknown: passes, nothing is recorded',
      { T: false, A: true, n: 0, m: 1, known: false },
      pass(false, 0),
    ],
    ['row 1: T off, known: passes and says so', { T: false, A: true, n: 1, m: 1, known: true }, pass(true, 1)],
    ['row 1: T off and A off: passes', { T: false, A: false, n: 0, m: 1, known: false }, pass(false, 0)],
    ['row 1: T off at the cap: passes', { T: false, A: true, n: 1, m: 1, known: false }, pass(false, 1)],
    ['row 2: known passes', { T: true, A: true, n: 1, m: 3, known: true }, pass(true, 1)],
    ['row 2: known passes with A off', { T: true, A: false, n: 1, m: 3, known: true }, pass(true, 1)],
    ['row 2: known passes at the cap', { T: true, A: true, n: 1, m: 1, known: true }, pass(true, 1)],
    ['row 2: known passes above a lowered cap', { T: true, A: true, n: 3, m: 1, known: true }, pass(true, 3)],
    ['row 3: unknown, A off', { T: true, A: false, n: 0, m: 1, known: false }, refused('ip_not_registered', 0)],
    [
      'row 3: unknown, A off, at the cap',
      { T: true, A: false, n: 1, m: 1, known: false },
      refused('ip_not_registered', 1),
    ],
    [
      'row 3: unknown, A off, no cap',
      { T: true, A: false, n: 0, m: null, known: false },
      refused('ip_not_registered', 0),
    ],
    ['row 4: unknown at the cap', { T: true, A: true, n: 1, m: 1, known: false }, refused('ip_limit_reached', 1)],
    [
      'row 4: unknown above a lowered cap',
      { T: true, A: true, n: 4, m: 3, known: false },
      refused('ip_limit_reached', 4),
    ],
    ['row 5: the first registers', { T: true, A: true, n: 0, m: 1, known: false }, registers(1)],
    ['row 5: the first registers without a cap', { T: true, A: true, n: 0, m: null, known: false }, registers(1)],
    [
      'row 6: a second one below the cap',
      { T: true, A: true, n: 1, m: 3, known: false },
      refused('ip_not_registered', 1),
    ],
    [
      'row 6: a third one below the cap',
      { T: true, A: true, n: 2, m: 3, known: false },
      refused('ip_not_registered', 2),
    ],
    ['row 7: a second one registers without a cap', { T: true, A: true, n: 1, m: null, known: false }, registers(2)],
    ['row 7: so does a hundredth', { T: true, A: true, n: 99, m: null, known: false }, registers(100)],
  ] as const)('%s', (_row, situation, expected) => {
    expect(told(verdictIn(situation))).toEqual(expected);
  });

  test.each([
    ['a second one registers below the cap', { T: true, A: true, n: 1, m: 3, known: false }, registers(2)],
    ['the last one registers', { T: true, A: true, n: 2, m: 3, known: false }, registers(3)],
    ['the next one does not', { T: true, A: true, n: 3, m: 3, known: false }, refused('ip_limit_reached', 3)],
    ['without a cap each one registers', { T: true, A: true, n: 3, m: null, known: false }, registers(4)],
    ['with A off none does', { T: true, A: false, n: 1, m: 3, known: false }, refused('ip_not_registered', 1)],
    ['with T off nothing is recorded', { T: false, A: true, n: 1, m: 3, known: false }, pass(false, 1)],
  ] as const)('filling up to the cap (§13.1): %s', (_case, situation, expected) => {
    expect(told(verdictIn({ ...situation, mode: 'up_to_max' }))).toEqual(expected);
  });

  test('is as the table says in every situation', () => {
    let situations = 0;
    for (const T of [true, false])
      for (const A of [true, false])
        for (const m of [null, 1, 3])
          for (const n of new Set(m === null ? [0, 1, 2, 5] : [0, 1, m - 1, m, m + 1]))
            for (const known of [true, false])
              for (const mode of ['first', 'up_to_max'] as const) {
                if (known && n === 0) continue;
                const situation = { T, A, n, m, known, mode };
                expect(told(verdictIn(situation)), JSON.stringify(situation)).toEqual(tableSays(situation));
                situations += 1;
              }
    expect(situations).toBe(2 * 2 * 2 * (7 + 5 + 9));
  });
});

/** The table of §6.3, condition by condition as it is printed; `up_to_max` changes the condition of row 6. */
function tableSays({ T, A, n, m, known, mode }: Required<Situation>) {
  const rows: [applies: boolean, outcome: object][] = [
    [!T, pass(known, n)],
    [T && known, pass(true, n)],
    [T && !known && !A, refused('ip_not_registered', n)],
    [T && !known && A && m !== null && n >= m, refused('ip_limit_reached', n)],
    [T && !known && A && n === 0, registers(1)],
    [T && !known && A && n >= 1 && m !== null && n < m && mode === 'first', refused('ip_not_registered', n)],
    [T && !known && A && n >= 1 && m !== null && n < m && mode === 'up_to_max', registers(n + 1)],
    [T && !known && A && n >= 1 && m === null, registers(n + 1)],
  ];
  const applying = rows.filter(([applies]) => applies);
  // The rows exclude one another, so the model has no order that could be wrong.
  expect(applying).toHaveLength(1);
  return applying[0]![1];
}
