import { describe, expect, test } from 'vitest';
import { estimateOf } from '../../../domain/usage/sketch.ts';
import {
  daysOf,
  joinVerdicts,
  type PendingCall,
  type SettledCall,
  type SettledVerdict,
  tally,
} from '../../../domain/usage/tally.ts';

const MIDNIGHT = Date.parse('2026-11-22T00:00:00Z');

const call = (options: Partial<SettledCall> = {}): SettledCall => ({
  callId: null,
  atMs: MIDNIGHT,
  productId: 'p',
  periodKey: '2026-11-22',
  cost: 1,
  licenseId: null,
  ip: null,
  version: null,
  deviceId: null,
  status: 'active',
  ...options,
});
const verdict = (options: Partial<SettledVerdict> = {}): SettledVerdict => ({
  callId: 'c',
  atMs: MIDNIGHT,
  productId: 'p',
  licenseId: 'l',
  ip: '10.0.0.1',
  version: null,
  deviceId: null,
  status: 'expired',
  ...options,
});
const waiting = (...calls: Partial<PendingCall>[]): Map<string, PendingCall> =>
  new Map(
    calls.map((each) => {
      const whole = { callId: 'c', productId: 'p', atMs: MIDNIGHT, version: '', licenseId: null, ...each };
      return [whole.callId, whole];
    }),
  );
const sumsOf = (calls: SettledCall[], rest: SettledVerdict[] = [], ...pending: Partial<PendingCall>[]) =>
  tally({ calls, rest }, waiting(...pending));

describe('a batch of usage', () => {
  test('adds what calls cost to their periods, and each call once to its verdict', () => {
    const sums = sumsOf([call({ cost: 3 }), call({ cost: 2, status: 'expired' }), call({ productId: 'q' })]);
    expect(sums.periods).toEqual([
      { productId: 'p', periodKey: '2026-11-22', used: 5 },
      { productId: 'q', periodKey: '2026-11-22', used: 1 },
    ]);
    expect(sums.verdicts.map(({ productId, status, calls }) => [productId, status, calls])).toEqual([
      ['p', 'active', 1],
      ['p', 'expired', 1],
      ['q', 'active', 1],
    ]);
    expect(sums.calls).toBe(3);
  });

  test('sums by the UTC day of the call: midnight belongs to the new one', () => {
    const calls = [call({ atMs: MIDNIGHT - 1 }), call(), call({ atMs: MIDNIGHT - 1 })];
    expect(sumsOf(calls).verdicts.map(({ day, calls }) => [day, calls])).toEqual([
      ['2026-11-21', 2],
      ['2026-11-22', 1],
    ]);
    expect([...daysOf(calls)].sort()).toEqual(['2026-11-21', '2026-11-22']);
  });

  test('counts distinct addresses and licences by product and day', () => {
    const calls = [1, 2, 2, 3].map((n) => call({ ip: `10.0.0.${n}`, licenseId: `l${n % 2}` }));
    const { sketches, licenses } = sumsOf(calls);
    expect(sketches.map(({ kind, sketch }) => [kind, estimateOf(sketch)])).toEqual([
      ['ips', 3],
      ['licenses', 2],
    ]);
    expect(licenses.map(({ licenseId, calls }) => [licenseId, calls])).toEqual([
      ['l0', 2],
      ['l1', 2],
    ]);
  });

  test('has no sketch of what no call told', () => {
    expect(sumsOf([call()]).sketches).toEqual([]);
    expect(sumsOf([call({ ip: '10.0.0.1' })]).sketches.map(({ kind }) => kind)).toEqual(['ips']);
    expect(sumsOf([call({ licenseId: 'l' })]).sketches.map(({ kind }) => kind)).toEqual(['licenses']);
  });

  test('remembers for an address the last moment of a call that succeeded', () => {
    const seen = { licenseId: 'l', ip: '10.0.0.1' };
    const calls = [call({ ...seen, atMs: 5 }), call({ ...seen, atMs: 9 }), call({ ...seen, atMs: 7 })];
    expect(sumsOf(calls).seen).toEqual([{ ...seen, atMs: 9 }]);
    expect(sumsOf([call({ ...seen, status: 'lookup' }), call({ ...seen, status: 'expired' })]).seen).toEqual([]);
    expect(sumsOf([call({ licenseId: 'l' }), call({ ip: '10.0.0.1' })]).seen).toEqual([]);
  });

  test('keeps a call without a verdict as unknown, and by its id for the verdict that follows', () => {
    const sums = sumsOf([call({ callId: 'c', status: null, version: '2' }), call({ status: null })]);
    expect(sums.verdicts.map(({ status, version, calls }) => [status, version, calls])).toEqual([
      ['unknown', '', 1],
      ['unknown', '2', 1],
    ]);
    expect(sums.pending).toEqual([{ callId: 'c', productId: 'p', atMs: MIDNIGHT, version: '2', licenseId: null }]);
  });

  test('gives a call the verdict that came with it, so that it never was unknown', () => {
    const joined = joinVerdicts([call({ callId: 'c', status: null })], [verdict(), verdict({ callId: 'd' })]);
    expect(joined.calls).toEqual([call({ callId: 'c', status: 'expired', licenseId: 'l', ip: '10.0.0.1' })]);
    expect(joined.rest.map(({ callId }) => callId)).toEqual(['d']);
  });

  test('joins only what belongs together: a call without an id, or with a verdict of its own, takes none', () => {
    const calls = [call({ status: null }), call({ callId: 'c' }), call({ callId: 'e', status: null })];
    expect(joinVerdicts(calls, [verdict()])).toEqual({ calls, rest: [verdict()] });
    expect(joinVerdicts(calls, [])).toEqual({ calls, rest: [] });
  });

  test('waits for no verdict of a call that has one', () => {
    const sums = sumsOf([call({ callId: 'c' })]);
    expect(sums.pending).toEqual([]);
    expect(sums.verdicts.map(({ status }) => status)).toEqual(['active']);
  });

  test('logs each call, and none of a former batch', () => {
    const calls = [call({ cost: 3 }), call({ status: 'expired' })];
    expect(sumsOf(calls, [verdict()], {}).log).toEqual(calls);
  });

  test('moves a call of a former batch from unknown to its verdict, on the day it was counted', () => {
    const sums = sumsOf([], [verdict({ version: '2' })], { version: '1', atMs: MIDNIGHT - 1 });
    expect(sums.cleared).toEqual([{ productId: 'p', day: '2026-11-21', version: '1', calls: 1 }]);
    expect(sums.verdicts).toEqual([{ productId: 'p', day: '2026-11-21', status: 'expired', version: '2', calls: 1 }]);
    expect(sums.periods).toEqual([]);
    expect(sums.licenses).toEqual([{ licenseId: 'l', day: '2026-11-21', productId: 'p', calls: 1 }]);
    expect(sums.calls).toBe(0);
  });

  test('counts a licence once that was known before the verdict was', () => {
    expect(sumsOf([], [verdict()], { licenseId: 'l' }).licenses).toEqual([]);
  });

  test('leaves a verdict alone whose call nobody knows', () => {
    const sums = sumsOf([], [verdict()]);
    expect(sums).toMatchObject({ orphans: 1, late: [], cleared: [], verdicts: [], sketches: [], seen: [] });
    const known = sumsOf([], [verdict(), verdict({ callId: 'd' }), verdict({ callId: 'e' })], {});
    expect(known).toMatchObject({ orphans: 2, late: [verdict()] });
    expect(known.verdicts).toEqual([{ productId: 'p', day: '2026-11-22', status: 'expired', version: '', calls: 1 }]);
  });

  test('comes in the order of its keys, whatever the order of its calls', () => {
    const products = ['b', 'c', 'a'];
    const { periods } = sumsOf(products.map((productId) => call({ productId })));
    expect(periods.map(({ productId }) => productId)).toEqual(['a', 'b', 'c']);
  });
});
