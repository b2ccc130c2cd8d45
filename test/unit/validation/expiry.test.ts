import { describe, expect, test } from 'vitest';
import { isExpired } from '../../../domain/validation/verdict.ts';
import { aLicense, answerOf, aProduct, NOON } from './facts.ts';

describe('the end of a licence (§4.4)', () => {
  test.each([
    ['is in force in its last millisecond', true, NOON + 1, false],
    ['has expired at its very end', true, NOON, true],
    ['has expired after its end', true, NOON - 1, true],
    ['of the year 1970 has expired', true, 0, true],
    ['before 1970 has expired', true, -1, true],
    ['never expires when it is for a lifetime', true, null, false],
    ['is in force at its very end where nobody enforces it', false, NOON, false],
    ['is in force long after its end where nobody enforces it', false, 0, false],
    ['never expires when it is for a lifetime and nobody enforces it', false, null, false],
  ] as const)('a licence %s', (_behaviour, expiryEnforced, expiresAtMs, expired) => {
    expect(isExpired({ expiryEnforced }, { expiresAtMs }, NOON)).toBe(expired);
    const { status } = answerOf(aProduct({ expiryEnforced }), aLicense({ expiresAtMs }));
    expect(status).toBe(expired ? 'expired' : 'active');
  });
});
