import { describe, expect, test } from 'vitest';
import { createIdSequence, isId, newId } from '../../../runtime/ids.ts';

describe('a new id', () => {
  test('is a UUIDv7, another one each time', () => {
    const ids = Array.from({ length: 1_000 }, () => newId());
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set(ids)).toHaveLength(1_000);
  });

  test('begins with the time of its making, so that ids made one after another are in order', () => {
    const before = Date.now();
    const ids = Array.from({ length: 1_000 }, () => newId());
    const madeAtMs = Number.parseInt(ids[0]!.replaceAll('-', '').slice(0, 12), 16);
    expect(madeAtMs).toBeGreaterThanOrEqual(before);
    expect(madeAtMs).toBeLessThanOrEqual(Date.now());
    expect([...ids].sort()).toEqual(ids);
  });
});

describe('an id of a sequence', () => {
  const FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

  test('is a UUIDv7 that begins with its time, another one each time', () => {
    const clock = { nowMs: Date.UTC(2026, 10, 21) };
    const next = createIdSequence(() => clock.nowMs);
    const ids = Array.from({ length: 2_000 }, (_, i) => {
      if (i === 1_000) clock.nowMs += 1;
      return next();
    });
    for (const id of ids) expect(id).toMatch(FORM);
    expect(new Set(ids)).toHaveLength(2_000);
    expect([...ids].sort()).toEqual(ids);
    expect(Number.parseInt(ids[1_999]!.replaceAll('-', '').slice(0, 12), 16)).toBe(clock.nowMs);
  });

  test('is of no other sequence, in the same millisecond either', () => {
    const ids = Array.from({ length: 500 }, () => createIdSequence(() => 0)());
    for (const id of ids) expect(id).toMatch(FORM);
    expect(new Set(ids)).toHaveLength(500);
  });
});

describe('the form of an id', () => {
  test.each([
    ['018f4d6e-7c1a-7b3c-9d2e-0123456789ab', true, 'a UUID'],
    ['018F4D6E-7C1A-7B3C-9D2E-0123456789AB', true, 'a UUID in capitals'],
    ['00000000-0000-0000-0000-000000000000', true, 'a UUID of any version'],
    ['018f4d6e7c1a7b3c9d2e0123456789ab', false, 'without hyphens'],
    ['{018f4d6e-7c1a-7b3c-9d2e-0123456789ab}', false, 'in braces'],
    ['018f4d6e-7c1a-7b3c-9d2e-0123456789a', false, 'too short'],
    ['018f4d6e-7c1a-7b3c-9d2e-0123456789abc', false, 'too long'],
    ['018f4d6e-7c1a-7b3c-9d2e-0123456789ag', false, 'a letter that is no digit'],
    ['018f4d6e-7c1a-7b3c-9d2e-0123456789ab\n', false, 'a line feed after'],
    [' 018f4d6e-7c1a-7b3c-9d2e-0123456789ab', false, 'a space before'],
    ['', false, 'nothing'],
  ])('%j: %s, %s', (text, expected) => {
    expect(isId(text)).toBe(expected);
  });

  test('is that of every new id', () => {
    expect(isId(newId())).toBe(true);
  });
});
