import { Type } from 'typebox';
import { describe, expect, test } from 'vitest';
import { HttpError } from '../../../api/errors.ts';
import { checkedBody, checkedQuery } from '../../../api/management/input.ts';
import { Body, Email, Id, Instant, Nullable, Text } from '../../../api/management/schemas.ts';

/** The faults of what `check` refuses: where, and the code. */
function faultsOf(check: () => unknown): string[] {
  try {
    check();
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    expect(error.code).toBe('validation_failed');
    return error.faults.map(({ pointer, code }) => `${pointer} ${code}`);
  }
  return [];
}

function refusalOf(check: () => unknown): HttpError {
  try {
    check();
  } catch (error) {
    if (error instanceof HttpError) return error;
    throw error;
  }
  throw new Error('It was taken');
}

const listed = Body({ scopes: Type.Array(Text(100, 'a scope'), { maxItems: 10_000, description: 'scopes' }) });
const anything = Type.Object({ free: Type.Unknown() }, { additionalProperties: true });

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i += 1) value = { a: value };
  return value;
}

describe('a body', () => {
  test.each([
    [{ free: 'a\0b' }, '/free bad_text'],
    [{ free: ['x', '\ud800'] }, '/free/1 bad_text'],
    [{ free: { 'a\0': 1 } }, '/free bad_text'],
    [{ free: { 'a/b~': '\udc00' } }, '/free/a~1b~0 bad_text'],
  ])('holds text alone: %j', (value, fault) => {
    expect(faultsOf(() => checkedBody(anything, value))).toEqual([fault]);
  });

  test('is nested 32 levels deep and no deeper, and half a million of them are seen through', () => {
    expect(faultsOf(() => checkedBody(anything, nested(32)))).toEqual(['/free required']);
    expect(faultsOf(() => checkedBody(anything, { free: nested(30) }))).toEqual([]);
    for (const levels of [33, 500_000]) {
      expect(faultsOf(() => checkedBody(anything, nested(levels)))).toEqual([
        expect.stringMatching(/^(\/a)+ too_deep$/),
      ]);
    }
  });

  test.each([
    ['values of a list', { scopes: Array.from({ length: 110_000 }, () => 1) }],
    ['members', Object.fromEntries(Array.from({ length: 110_000 }, (_, i) => [`n${i}`, 1]))],
    ['values at many places', { scopes: Array.from({ length: 300 }, () => Array.from({ length: 300 }, () => '\0')) }],
  ])('is refused with one fault where it has too many %s', (_what, value) => {
    expect(faultsOf(() => checkedBody(listed, value))).toEqual([' too_large']);
  });

  test('is refused where a name in it is longer than any, which no pointer to it repeats', () => {
    const value = { free: { ['n'.repeat(500_000)]: Array.from({ length: 9_000 }, () => '\0') } };
    expect(faultsOf(() => checkedBody(anything, value))).toEqual(['/free too_large']);
  });

  test.each([
    ['a schema', { scopes: Array.from({ length: 9_000 }, () => 1) }],
    ['texts', { scopes: Array.from({ length: 9_000 }, () => '\0') }],
  ])('has its first hundred faults told, and how many more there are: of %s', (_what, value) => {
    const error = refusalOf(() => checkedBody(listed, value));
    expect(error.faults.map(({ pointer }) => pointer)).toEqual(Array.from({ length: 100 }, (_, i) => `/scopes/${i}`));
    expect(error.detail).toMatch(/And 8997 more: the first 100 are in errors\.$/);
  });

  test('is told all its faults at once, with what is accepted', () => {
    const schema = Body({ name: Text(3, 'a name'), at: Instant, id: Nullable(Id), email: Email });
    const value = { name: 'long', at: '2026-02-30T00:00:00Z', id: 'x', extra: 1 };
    expect(faultsOf(() => checkedBody(schema, value)).toSorted((a, b) => a.localeCompare(b))).toEqual([
      '/at format',
      '/email required',
      '/extra unknown_member',
      '/id anyOf',
      '/name maxLength',
    ]);
  });

  test.each([
    ['2026-11-21T10:00:00Z', true],
    ['2026-11-21T10:00:00.123456789+05:30', true],
    ['2024-02-29T00:00:00Z', true],
    ['2026-02-29T00:00:00Z', false],
    ['2026-13-01T00:00:00Z', false],
    ['0000-01-01T00:00:00Z', false],
    ['0001-01-01T00:00:00Z', true],
    ['0001-01-01T00:00:00+00:01', false],
    ['9999-12-31T23:59:59.999Z', true],
    ['9999-12-31T23:59:59-23:59', false],
    ['2026-11-21', false],
    ['2026-11-21T24:00:00Z', false],
    ['2026-11-21T10:00:00', false],
    ['+012026-11-21T10:00:00Z', false],
  ])('takes %j as an instant: %j', (text, isTaken) => {
    expect(faultsOf(() => checkedBody(Body({ at: Instant }), { at: text })).length === 0).toBe(isTaken);
  });

  test.each([
    ['ann@example.com', true],
    ['a.b+c@sub.example.co.uk', true],
    ['zoë@example.com', true],
    ['ann@localhost', false],
    ['ann@-x.com', false],
    ['a@b@example.com', false],
    ['ann example@example.com', false],
    ['@example.com', false],
    [`${'a'.repeat(65)}@example.com`, false],
    [`${'a'.repeat(64)}@${'b'.repeat(185)}.com`, true],
    [`${'a'.repeat(64)}@${'b'.repeat(186)}.com`, false],
    // Kept in lower case, where it is two characters.
    ['İ@example.com', true],
    [`${'İ'.repeat(33)}@example.com`, false],
    [`${'İ'.repeat(32)}@${'b'.repeat(186)}.com`, false],
  ])('takes %j as an e-mail address: %j', (text, isTaken) => {
    expect(faultsOf(() => checkedBody(Body({ email: Email }), { email: text })).length === 0).toBe(isTaken);
  });
});

describe('a query', () => {
  const schema = Type.Object(
    {
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 9, description: 'a number' })),
      open: Type.Optional(Type.Boolean()),
      text: Type.Optional(Type.String({ maxLength: 5 })),
      ids: Type.Optional(Type.Array(Id)),
    },
    { additionalProperties: false },
  );

  test('is read as its schema says', () => {
    const id = '0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b';
    expect(checkedQuery(schema, `limit=7&open=false&text=a+%C3%A9&ids=${id}&ids=${id}`)).toEqual({
      limit: 7,
      open: false,
      text: 'a é',
      ids: [id, id],
    });
    expect(checkedQuery(schema, '')).toEqual({});
  });

  test.each([
    ['limit=1e2', '/limit wrong_type'],
    ['limit=', '/limit wrong_type'],
    ['limit=10', '/limit maximum'],
    ['open=yes', '/open wrong_type'],
    ['text=a&text=b', '/text repeated'],
    ['text=%00', '/text bad_text'],
    ['text=%ff', ' bad_encoding'],
    ['ids=x', '/ids/0 format'],
    ['nothing=1', '/nothing unknown_member'],
    ['__proto__=1', '/__proto__ unknown_member'],
    ['constructor=1', '/constructor unknown_member'],
  ])('%s is refused: %s', (search, fault) => {
    expect(faultsOf(() => checkedQuery(schema, search))).toEqual([fault]);
  });
});
