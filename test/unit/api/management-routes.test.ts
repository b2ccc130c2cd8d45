import { describe, expect, test } from 'vitest';
import { ERRORS } from '../../../api/errors.ts';
import { checkerOf } from '../../../api/management/input.ts';
import type { ManagedRoute } from '../../../api/management/route.ts';
import { managementRoutes } from '../../../api/management/routes.ts';
import { createDocument, firstJson, refusalsOf } from '../../../api/openapi/document.ts';

type Schema = Record<string, unknown> & { properties?: Record<string, Schema> };

const routes = managementRoutes.map((route): [string, ManagedRoute] => [route.operationId, route]);

function faultsOf(schema: Parameters<typeof checkerOf>[0], value: unknown): unknown {
  const check = checkerOf(schema);
  return check(value) ? [] : check.errors;
}

/** A schema and all that are in it, with where they stand. */
function* within(schema: unknown, at = ''): Generator<[string, Schema]> {
  if (typeof schema !== 'object' || schema === null) return;
  if (!Array.isArray(schema)) yield [at, schema as Schema];
  for (const [name, inner] of Object.entries(schema)) {
    if (name !== 'enum' && name !== 'required') yield* within(inner, `${at}/${name}`);
  }
}

describe('management routes', () => {
  test('have a name and a path of their own', () => {
    const names = managementRoutes.map(({ operationId }) => operationId);
    const paths = managementRoutes.map(({ method, path }) => `${method} ${path.replaceAll(/:[a-z_]+/g, ':')}`);
    expect(new Set(names).size).toBe(names.length);
    expect(new Set(paths).size).toBe(paths.length);
    expect(names.filter((name) => !/^[a-z]+([A-Z][a-z]+)+$/.test(name))).toEqual([]);
  });
});

describe.each(routes)('%s', (_name, route) => {
  test('has an example that its own schemas take', () => {
    const { body, answers, example } = route;
    if (body) expect(faultsOf(body, example.body)).toEqual([]);
    const status = firstJson(answers);
    if (status === undefined) expect(example.answer).toBeUndefined();
    else expect(faultsOf(answers[Number(status)] as never, example.answer)).toEqual([]);
  });

  test('takes closed objects, and texts and numbers with bounds', () => {
    const wrong: string[] = [];
    for (const [at, schema] of [...within(route.body, 'body'), ...within(route.query, 'query')]) {
      if (schema.type === 'object' && schema.additionalProperties === undefined) wrong.push(`${at} is open`);
      const isBounded = 'maxLength' in schema || 'enum' in schema || 'const' in schema || 'format' in schema;
      if (schema.type === 'string' && !isBounded) wrong.push(`${at} is text without an end`);
      const isNumber = schema.type === 'integer' || schema.type === 'number';
      if (isNumber && !('minimum' in schema && 'maximum' in schema)) wrong.push(`${at} is a number without bounds`);
      if (schema.type === 'array' && !('maxItems' in schema)) wrong.push(`${at} is a list without an end`);
    }
    expect(wrong).toEqual([]);
  });

  test('says in words what each field takes', () => {
    const silent = [...within(route.body, 'body'), ...within(route.query, 'query')].filter(
      ([at, { type, description }]) =>
        typeof type === 'string' && description === undefined && at !== 'query' && !at.includes('anyOf'),
    );
    expect(silent.map(([at]) => at)).toEqual([]);
  });

  test('has the organisation in its path where its rule looks there', () => {
    const { caller, path } = route;
    const looksThere = caller.kind === 'owner' || (caller.kind === 'member' && caller.organization === 'path');
    if (looksThere) expect(path).toContain('/:organization_id');
  });

  test('tells in the document each status that it may answer with', () => {
    const { paths } = createDocument([route]);
    const [operation] = Object.values(paths[route.path.replaceAll(/:([a-z_]+)/g, '{$1}')]!);
    const told = Object.keys(operation!.responses);
    expect(told).toEqual(
      expect.arrayContaining([...Object.keys(route.answers), ...[...refusalsOf(route).keys()].map(String)]),
    );
  });
});

describe('error codes', () => {
  test.each(Object.entries(ERRORS))(
    '%s says when it is answered and what helps',
    (code, { status, title, meaning }) => {
      expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(meaning).toMatch(/^[`A-Z].*\.$/s);
    },
  );
});
