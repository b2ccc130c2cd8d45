import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../domain/audit/canonical.ts';
import { changesOf } from '../../../domain/audit/changes.ts';
import { type AuditContent, contentHash, FIRST_PREVIOUS_HASH, sealEntry } from '../../../domain/audit/entry.ts';

const sha256 = (text: string) => hash('sha256', text, 'hex');

describe('canonical JSON', () => {
  test('sorts members by code units at every depth, keeps the order of lists, and writes no white space', () => {
    // The example of RFC 8785 §3.2.3, in part: a supplementary character sorts by its surrogates, before U+FB33.
    const value = {
      '\u20ac': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '\ud83d\ude00': 5,
      '\u0080': 6,
      '\u00f6': [{ b: 1, a: 2 }],
    };
    expect(canonicalJson(value)).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":[{"a":2,"b":1}],"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
  });

  test('writes numbers as ECMAScript does, and what JSON cannot hold as JSON.stringify does', () => {
    expect(canonicalJson([1e21, 0.000_001, 1e-7, -0, Number.NaN, undefined, '\ud800'])).toBe(
      '[1e+21,0.000001,1e-7,0,null,null,"\\ud800"]',
    );
    expect(canonicalJson({ a: undefined, b: null })).toBe('{"b":null}');
  });

  test('is the same text before and after a value was stored and read', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonicalJson(JSON.parse(JSON.stringify(value)))).toBe(canonicalJson(value));
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

const content: AuditContent = {
  version: 1,
  organization_id: '01900000-0000-7000-8000-000000000001',
  seq: 1,
  previous_hash: FIRST_PREVIOUS_HASH,
  at: '2026-11-21T12:00:00.000Z',
  actor: { kind: 'user', id: '01900000-0000-7000-8000-000000000002' },
  action: 'product.changed',
  target: { type: 'product', id: '01900000-0000-7000-8000-000000000003' },
  before: { name: 'Alt' },
  after: { name: 'Größer' },
  origin: { ip: '192.0.2.1', user_agent: null, request_id: 'req' },
};

describe("an entry's hash", () => {
  test('is SHA-256 over the canonical JSON of all its other fields, for ever', () => {
    // Taken from docs/audit.md, where it was made with other tools. If this fails, the format has changed: it needs a new version.
    expect(sealEntry(content, sha256).hash).toBe('1a7227803949e647f79c87168505b38886a569c35b95b4c73c1ceb3435a661c4');
    expect(contentHash(sealEntry(content, sha256), sha256)).toBe(sealEntry(content, sha256).hash);
  });

  test.each(Object.keys(content))('covers %s', (field) => {
    const changed = { ...content, [field]: 'something else' } as AuditContent;
    expect(contentHash(changed, sha256)).not.toBe(contentHash(content, sha256));
  });

  test('covers a field that somebody added', () => {
    expect(contentHash({ ...content, more: 1 } as AuditContent, sha256)).not.toBe(contentHash(content, sha256));
  });
});

describe('what a change says', () => {
  test('is only what differs, in the words of the API', () => {
    const before = { id: 'a', maxIps: 3, expiresAtMs: 0, template: { fooBar: 1 } };
    expect(changesOf(before, { ...before, maxIps: null, expiresAtMs: null })).toEqual({
      before: { max_ips: 3, expires_at: '1970-01-01T00:00:00.000Z' },
      after: { max_ips: null, expires_at: null },
    });
    expect(changesOf(before, { ...before, template: { fooBar: 2 } })).toEqual({
      before: { template: { fooBar: 1 } },
      after: { template: { fooBar: 2 } },
    });
  });

  test('is nothing where nothing differs, and all there is where one side is missing', () => {
    expect(changesOf({ a: 1 }, { a: 1 })).toBeUndefined();
    expect(changesOf(null, { aB: 1, c: undefined })).toEqual({ before: null, after: { a_b: 1 } });
    expect(changesOf(null, null)).toEqual({ before: null, after: null });
  });

  test('names fields that only one side has', () => {
    expect(changesOf({ a: 1 }, { b: 2 })).toEqual({ before: { a: 1 }, after: { b: 2 } });
  });
});
