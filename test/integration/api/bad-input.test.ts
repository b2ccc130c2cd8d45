import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../../api/errors.ts';
import { checkerOf } from '../../../api/management/input.ts';
import type { ManagedRoute } from '../../../api/management/route.ts';
import { managementRoutes } from '../../../api/management/routes.ts';
import { refusalsOf } from '../../../api/openapi/document.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { aWorld, pathOf, rightCaller, type World } from './world.ts';

/**
 * Whatever is sent to a management route, by somebody who may call it: no answer is a 5xx, and each is one that the route declares,
 * in the form that it declares. The inputs are the route's own example, changed in ways that callers get things wrong.
 */

/** How many inputs a route gets. */
const SAMPLES = process.env['PLIMSOLL_DEEP'] ? 400 : 8;

let platform: TestPlatform;
let world: World;

beforeAll(async () => {
  platform = await startPlatform({ callsAMinute: 1_000_000, trustedProxies: ['127.0.0.1'] });
  world = await aWorld(platform);
});
afterAll(() => platform?.close());

interface Input {
  path: string;
  query: string;
  contentType: string;
  body: string | undefined;
  headers: Record<string, string>;
}

async function send(
  route: ManagedRoute,
  who: Record<string, string>,
  { path, query, contentType, body, headers }: Input,
) {
  const hasBody = body !== undefined && route.method !== 'get';
  const response = await fetch(`${platform.url}${path}${query === '' ? '' : `?${query}`}`, {
    method: route.method.toUpperCase(),
    redirect: 'manual',
    headers: { ...who, ...(hasBody && { 'content-type': contentType }), ...headers },
    ...(hasBody && { body }),
  });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

/** The answer is one that the route declares, and reads as it declares. */
function expectDeclared(route: ManagedRoute, { status, type, text }: Awaited<ReturnType<typeof send>>): void {
  expect(status).toBeLessThan(500);
  // What is sent is answered in less: nobody has the platform write megabytes of faults.
  expect(text.length).toBeLessThan(200_000);
  if (status >= 400) {
    const { code, errors } = JSON.parse(text) as { code: ErrorCode; errors?: { pointer: string; accepts: string }[] };
    expect(type).toBe('application/problem+json');
    expect(refusalsOf(route).get(status)).toContain(code);
    expect(ERRORS[code].status).toBe(status);
    if (code === 'validation_failed') {
      expect(errors!.length).toBeGreaterThan(0);
      for (const each of errors!)
        expect(each).toMatchObject({ pointer: expect.any(String), accepts: expect.stringMatching(/./) });
    }
    return;
  }
  if (status === 304) return;
  const answer = route.answers[status];
  expect(answer).toBeDefined();
  if (answer === null) expect(text).toBe('');
  else if (answer && !('media' in answer)) {
    const check = checkerOf(answer);
    expect(check(JSON.parse(text)) ? [] : check.errors).toEqual([]);
  }
}

const NASTY_TEXTS = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff!',
  '😀'.repeat(300),
  'x'.repeat(70_000),
  "'; drop table users; --",
  '../../..',
  '%00',
  '__proto__',
  '\u202e',
  '00000000-0000-0000-0000-000000000000',
  'not-a-uuid',
  '2026-02-30T00:00:00Z',
  '9999999-01-01T00:00:00Z',
  '-infinity',
  '1e999',
  '{}',
];
const NASTY_VALUES: unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  2 ** 53,
  -(2 ** 63),
  1e21,
  [],
  {},
  [[]],
  [null],
  ['x'],
  { a: 1 },
  ...NASTY_TEXTS,
];

const anyValue = fc.oneof(
  fc.constantFrom(...NASTY_VALUES),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
);

/** One member anywhere in it replaced, removed or added. */
function changed(value: unknown): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return anyValue;
  const names = Object.keys(value);
  const replace = (name: string) =>
    changed((value as Record<string, unknown>)[name]).map((inner) => withMember(value, name, inner));
  return fc.oneof(
    { weight: 1, arbitrary: anyValue },
    ...(names.length === 0 ? [] : [{ weight: 6, arbitrary: fc.constantFrom(...names).chain(replace) }]),
    ...(names.length === 0
      ? []
      : [{ weight: 1, arbitrary: fc.constantFrom(...names).map((name) => without(value, name)) }]),
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom('extra', '', '__proto__', 'constructor', '\0', 'a/b~c'), anyValue)
        .map(([name, inner]) => withMember(value, name, inner)),
    },
  );
}

function withMember(value: object, name: string, inner: unknown): unknown {
  if (Array.isArray(value)) return value.map((each, i) => (String(i) === name ? inner : each));
  return Object.defineProperty({ ...value }, name, {
    value: inner,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

function without(value: object, name: string): unknown {
  if (Array.isArray(value)) return value.filter((_each, i) => String(i) !== name);
  return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
}

const RAW_BODIES = [
  '',
  '{',
  'null',
  '[]',
  '"x"',
  '{"a":1}{"a":2}',
  '\ufeff{}',
  '['.repeat(100_000),
  `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`,
  '{"name":"\\ud800"}',
  '{"name":"a","name":"b"}',
  '1e400',
  '{"n":1e400}',
  'NaN',
  "{'a':1}",
  // A megabyte of faults: each has one of its own.
  JSON.stringify({ scopes: Array.from({ length: 130_000 }, () => 1), name: 'x' }),
  JSON.stringify(Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`n${i}`, 0]))),
  JSON.stringify({ ['n'.repeat(500_000)]: Array.from({ length: 9_000 }, () => '\0') }),
];

function inputOf(route: ManagedRoute): fc.Arbitrary<Input> {
  const right = pathOf(route, world.ids);
  const segments = right.split('/');
  const ids = segments.flatMap((each, i) => (/^[0-9a-f-]{36}$/.test(each) ? [i] : []));
  const wrongSegment = fc.constantFrom(
    'x',
    '%00',
    '%',
    '%ff',
    '%2e%2e',
    '0',
    '00000000-0000-0000-0000-000000000000',
    'a'.repeat(3_000),
    '%F0%9F%98%80',
    "'",
    '*',
  );
  const path =
    ids.length === 0
      ? fc.constant(right)
      : fc.oneof(
          { weight: 8, arbitrary: fc.constant(right) },
          {
            weight: 1,
            arbitrary: fc
              .tuple(fc.constantFrom(...ids), wrongSegment)
              .map(([at, text]) => segments.with(at, text).join('/')),
          },
        );
  const names = Object.keys(route.query?.properties ?? {});
  const pair = fc
    .tuple(
      fc.constantFrom('x', '', '%', ...names, ...names, ...names),
      fc.oneof(
        fc.constantFrom('', '1', '0', '%', '%ff', '%00', 'null', 'true'),
        fc
          .constantFrom(...NASTY_TEXTS.filter((text) => text.length < 2_000 && text.isWellFormed()))
          .map(encodeURIComponent),
      ),
    )
    .map(([name, value]) => `${name}=${value}`);
  const query = fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    { weight: names.length === 0 ? 1 : 6, arbitrary: fc.array(pair, { maxLength: 3 }).map((pairs) => pairs.join('&')) },
  );
  const right_ = route.example.body;
  const body =
    route.body === undefined
      ? fc.option(fc.constantFrom('{}', '{"a":1}', 'x', ' '), { nil: undefined, freq: 3 })
      : fc.oneof(
          { weight: 8, arbitrary: changed(right_).map((value) => JSON.stringify(value) ?? '') },
          { weight: 1, arbitrary: fc.constantFrom(...RAW_BODIES) },
          { weight: 1, arbitrary: fc.constant(JSON.stringify(right_)) },
        );
  return fc.record({
    path,
    query,
    body,
    contentType: fc.oneof(
      { weight: 12, arbitrary: fc.constant('application/json') },
      fc.constantFrom('text/plain', 'application/json; charset=latin1', 'x', 'application/jsonp'),
    ),
    headers: fc.oneof(
      { weight: 6, arbitrary: fc.constant({}) },
      fc.constantFrom<Record<string, string>[]>(
        { 'idempotency-key': 'x'.repeat(300) },
        { 'if-match': '"x"' },
        { 'if-match': ',,"' },
        { 'if-none-match': '*' },
        { 'x-request-id': '../x' },
        { 'accept-encoding': 'x' },
      ),
    ),
  });
}

const BAD_TEXTS = [
  'a\0b',
  'a\ud800',
  'x'.repeat(70_000),
  // Short enough as it stands, too long in lower case.
  `${'İ'.repeat(64)}@${'b'.repeat(184)}.com`,
  // Another year in UTC, with five digits.
  '9999-12-31T23:59:59-23:59',
  1,
  null,
  {},
];

/** Every text in an example's body, each replaced by what no text, or no such text, is. */
function* withBadTexts(value: unknown, put: (inner: unknown) => unknown): Generator {
  if (typeof value === 'string') for (const bad of BAD_TEXTS) yield put(bad);
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    yield* withBadTexts(inner, (bad) => put(withMember(value, name, bad)));
  }
}

describe.each(managementRoutes.map((route): [string, ManagedRoute] => [route.operationId, route]))(
  '%s',
  (name, route) => {
    test('answers whatever is sent as it declares, and never with a 5xx', async () => {
      const who = await rightCaller(platform, world, route);
      // The same inputs each time, others for each route: what fails, fails again.
      const seed = createHash('sha256').update(name).digest().readInt32BE();
      await fc.assert(
        fc.asyncProperty(inputOf(route), async (input) => {
          expectDeclared(route, await send(route, who, input));
        }),
        { numRuns: SAMPLES, seed, interruptAfterTimeLimit: 50_000, markInterruptAsFailure: false },
      );
      // These are always among them.
      const right = { path: pathOf(route, world.ids), query: '', contentType: 'application/json', headers: {} };
      const always = [route.example.body, ...withBadTexts(route.example.body, (inner) => inner)].map((value) =>
        JSON.stringify(value),
      );
      if (route.body) always.push(...RAW_BODIES);
      for (const body of always) expectDeclared(route, await send(route, who, { ...right, body }));
      // What was taken away is there for the next route.
      if (route.method === 'delete') world = await aWorld(platform);
    });
  },
);
