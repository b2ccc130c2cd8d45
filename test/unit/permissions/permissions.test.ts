import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ALL_PERMISSIONS,
  EVERYTHING,
  inOrder,
  isPermission,
  meetOf,
  NOTHING,
  notHeld,
  PERMISSIONS,
  permissionsOf,
} from '../../../domain/permissions/permissions.ts';

const someCodes = fc.subarray(ALL_PERMISSIONS);

describe('the permission codes', () => {
  test('are all those that the specification names or infers (§7.2)', () => {
    const spec = readFileSync(new URL('../../../docs/spec/keyport.md', import.meta.url), 'utf8');
    const section = spec.slice(spec.indexOf('### §7.2'), spec.indexOf('### §7.3'));
    const codes = [...section.matchAll(/`([a-z_]+:[a-z_]+)`/g)].map(([, code]) => code!);
    expect(codes.length).toBeGreaterThan(25);
    expect(codes.filter((code) => !isPermission(code))).toEqual([]);
  });

  test('say what they mean, each in a sentence of its own', () => {
    const meanings = Object.values(PERMISSIONS);
    expect(new Set(meanings).size).toBe(ALL_PERMISSIONS.length);
    for (const meaning of meanings) expect(meaning).toMatch(/^[A-Z].{8,}[^.]$/);
    for (const code of ALL_PERMISSIONS) expect(code).toMatch(/^[a-z_]+:[a-z_]+$/);
  });

  test('are not what every object has', () => {
    expect(['constructor', '__proto__', 'toString', '', 'owner'].filter(isPermission)).toEqual([]);
  });
});

describe('what stored codes grant', () => {
  test('is what they name', () => {
    expect(permissionsOf(['licenses:view', 'roles:edit'])).toEqual(new Set(['licenses:view', 'roles:edit']));
  });

  test('leaves out what this release does not know', () => {
    expect(permissionsOf(['licenses:view', 'moons:move', 'constructor'])).toEqual(new Set(['licenses:view']));
  });
});

describe('the meet of two sets', () => {
  test('holds what is in both, and nothing else', () => {
    fc.assert(
      fc.property(someCodes, someCodes, (a, b) => {
        const met = meetOf(new Set(a), new Set(b));
        for (const code of ALL_PERMISSIONS) expect(met.has(code)).toBe(a.includes(code) && b.includes(code));
      }),
    );
  });
});

describe('whoever grants', () => {
  test('may grant what they hold, and is told everything that they do not', () => {
    fc.assert(
      fc.property(someCodes, someCodes, (held, granted) => {
        const missing = notHeld(new Set(held), granted);
        expect(missing).toEqual(granted.filter((code) => !held.includes(code)));
      }),
    );
  });

  test('as the owner may grant everything', () => {
    expect(notHeld(EVERYTHING, ALL_PERMISSIONS)).toEqual([]);
  });

  test('with nothing may grant nothing but nothing', () => {
    expect(notHeld(NOTHING, ALL_PERMISSIONS)).toEqual(ALL_PERMISSIONS);
    expect(notHeld(NOTHING, [])).toEqual([]);
  });
});

test('codes are listed in the order of all codes, each once', () => {
  expect(inOrder(['roles:edit', 'members:view', 'roles:edit'])).toEqual(['members:view', 'roles:edit']);
});
