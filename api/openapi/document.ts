import { readFileSync } from 'node:fs';
import type { TSchema } from 'typebox';
import { unreachable } from '../../domain/unreachable.ts';
import { ERRORS, type ErrorCode } from '../errors.ts';
import type { CallerRule } from '../management/callers.ts';
import { type Answers, commonRefusals, type ManagedRoute, TAGS, takesIdempotencyKey } from '../management/route.ts';
import { Id } from '../management/schemas.ts';
import { COMMON_HEADERS, HEADERS, PARAMETERS, PROBLEM, problemExample, SECURITY_SCHEMES } from './parts.ts';
import { PUBLIC_PATHS, PUBLIC_SCHEMAS } from './public-operations.ts';

type Json = Record<string, unknown>;

/** The whole API as OpenAPI 3.1. */
export interface ApiDocument {
  openapi: string;
  info: Json;
  servers: Json[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Json; responses: Json; headers: Json; parameters: Json; securitySchemes: Json };
}

export interface Operation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  security: Record<string, string[]>[];
  parameters?: Json[];
  requestBody?: { required: boolean; content: Record<string, { schema: Json; example?: unknown }> };
  responses: Record<string, Json>;
}

const INTRODUCTION = `Licences, plans, limits, quotas and entitlements.

JSON in snake_case. Ids are UUIDs, times are RFC 3339 in UTC with milliseconds, durations ISO 8601. People sign in and send a session
cookie; scripts send an access token. Lists take \`limit\` and \`cursor\` and give \`next_cursor\`. POST takes an \`Idempotency-Key\`: repeated
with it, a request is done once. Every 200 has an \`ETag\`; PATCH takes it in \`If-Match\`. Errors are problem details with a stable \`code\`.`;

/** Makes the document of what the routes declare. Pure: the same routes give the same document. */
export function createDocument(routes: readonly ManagedRoute[]): ApiDocument {
  const shared = new Shared();
  const paths: ApiDocument['paths'] = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:([a-z_]+)/g, '{$1}');
    (paths[path] ??= {})[route.method] = operationOf(route, shared);
  }
  const used = new Set(routes.map(({ tag }) => tag as string));
  for (const operations of Object.values(PUBLIC_PATHS)) {
    for (const { tags } of Object.values(operations)) used.add(tags[0]!);
  }
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Json;
  const all = { ...sorted(paths), ...PUBLIC_PATHS };
  const text = JSON.stringify([all, shared.responses]);
  return {
    openapi: '3.1.1',
    info: {
      title: 'Plimsoll',
      version,
      description: INTRODUCTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The platform that serves this document' }],
    tags: Object.entries(TAGS)
      .filter(([name]) => used.has(name))
      .map(([name, description]) => ({ name, description })),
    paths: all,
    components: {
      schemas: { ...sorted(shared.schemas), ...PUBLIC_SCHEMAS, Problem: PROBLEM },
      responses: sorted(shared.responses),
      headers: HEADERS,
      // What nothing refers to is noise.
      parameters: only(PARAMETERS, (name) => text.includes(`#/components/parameters/${name}"`)),
      securitySchemes: only(SECURITY_SCHEMES, (name) => text.includes(`{"${name}":[]}`)),
    },
  };
}

function operationOf(route: ManagedRoute, shared: Shared): Operation {
  const { operationId, summary, tag, body, example, caller } = route;
  const parameters = parametersOf(route, shared);
  return {
    operationId,
    summary,
    description: [route.description, whoMay(caller)].filter((text) => text !== undefined).join('\n\n'),
    tags: [tag],
    security: securityOf(caller),
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: shared.schema(body), example: example.body } },
      },
    }),
    responses: { ...successes(route, shared), ...failures(route, shared) },
  };
}

function parametersOf(route: ManagedRoute, shared: Shared): Json[] {
  const names = [...route.path.matchAll(/:([a-z_]+)/g)].map(([, name]) => name!);
  const own = route.params?.properties ?? {};
  const inPath = names.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: shared.schema((own as Record<string, TSchema>)[name] ?? Id),
  }));
  const required = (route.query as { required?: string[] } | undefined)?.required ?? [];
  const inQuery = Object.entries(route.query?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...describedBy(schema),
    schema: shared.schema(schema),
    ...(route.example.query && name in route.example.query && { example: route.example.query[name] }),
  }));
  return [
    ...inPath,
    ...inQuery,
    ...(takesIdempotencyKey(route) ? [ref('parameters', 'IdempotencyKey')] : []),
    ...(route.method === 'patch' ? [ref('parameters', 'IfMatch')] : []),
    ...(route.method === 'get' && hasEtag(route.answers) ? [ref('parameters', 'IfNoneMatch')] : []),
  ];
}

function describedBy(schema: TSchema): { description?: string } {
  const { description } = schema as { description?: string };
  return description === undefined ? {} : { description };
}

/** Whether the frame puts an ETag on it: JSON that is answered with 200. */
function hasEtag(answers: Answers): boolean {
  const ok = answers[200];
  return ok !== undefined && ok !== null && !('media' in ok);
}

const TITLES: Record<number, string> = { 200: 'Done', 201: 'Made', 202: 'Begun', 204: 'Done; there is nothing to say' };

function successes(route: ManagedRoute, shared: Shared): Record<string, Json> {
  const isFirst = firstJson(route.answers);
  const told = Object.entries(route.answers).map(([status, answer]): [string, Json] => {
    const description = TITLES[Number(status)] ?? 'Done';
    const headers = {
      ...COMMON_HEADERS,
      ...(status === '200' && hasEtag(route.answers) && { ETag: ref('headers', 'ETag') }),
    };
    if (answer === null) return [status, { description, headers }];
    if ('media' in answer) {
      const { media, example } = answer;
      const content = { [media]: { schema: { type: 'string', description: answer.description }, example } };
      return [status, { description, headers, content }];
    }
    const example = status === isFirst && route.example.answer !== undefined ? { example: route.example.answer } : {};
    return [
      status,
      { description, headers, content: { 'application/json': { schema: shared.schema(answer), ...example } } },
    ];
  });
  const answered = Object.fromEntries(told);
  if (route.method === 'get' && hasEtag(route.answers)) {
    answered[304] = {
      description: 'It is as you know it',
      headers: { ...COMMON_HEADERS, ETag: ref('headers', 'ETag') },
    };
  }
  return answered;
}

/** The status of the first success answer in JSON: the one that a route's example is of. */
export function firstJson(answers: Answers): string | undefined {
  return Object.entries(answers).find(([, answer]) => answer !== null && !('media' in answer))?.[0];
}

/** Every code that a route may answer with, each once, by status. */
export function refusalsOf(route: ManagedRoute): Map<number, ErrorCode[]> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set([...commonRefusals(route), ...(route.refusals ?? [])])) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].sort(([a], [b]) => a - b));
}

function failures(route: ManagedRoute, shared: Shared): Record<string, Json> {
  const told = [...refusalsOf(route)].map(([status, codes]) => [status, shared.refusal(codes)]);
  return Object.fromEntries(told) as Record<string, Json>;
}

function whoMay(rule: CallerRule): string {
  switch (rule.kind) {
    case 'anyone':
      return 'For anyone.';
    case 'customer':
      return 'For a customer who is signed in to the portal.';
    case 'staff':
      return 'For staff, in person.';
    case 'owner':
      return 'For the owner of the organisation, in person.';
    case 'user':
      if (rule.sessionOnly) return 'For a person who is signed in; for no token.';
      return rule.scope === undefined
        ? 'For a person, or their token.'
        : `For a person, or their token with \`${rule.scope}\`.`;
    case 'member': {
      const { permission, sessionOnly } = rule;
      if (permission !== null)
        return `Takes the permission \`${permission}\` in the organisation${sessionOnly ? ', in person: no token may do it' : ''}.`;
      return `For every member of the organisation${sessionOnly ? ', in person' : ', and its tokens'}.`;
    }
    default:
      return unreachable(rule);
  }
}

function securityOf(rule: CallerRule): Record<string, string[]>[] {
  switch (rule.kind) {
    case 'anyone':
      return [];
    case 'customer':
      return [{ portal: [] }];
    case 'staff':
    case 'owner':
      return [{ session: [] }];
    case 'user':
    case 'member':
      return rule.sessionOnly ? [{ session: [] }] : [{ token: [] }, { session: [] }];
    default:
      return unreachable(rule);
  }
}

/** What several operations share, and is therefore written once. */
class Shared {
  readonly schemas: Json = {};
  readonly responses: Json = {};

  /** A schema as JSON; an object with a title goes to the components, and is referred to. */
  schema(schema: unknown): Json {
    return this.#hoisted(JSON.parse(JSON.stringify(schema))) as Json;
  }

  #hoisted(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#hoisted(each));
    if (typeof value !== 'object' || value === null) return value;
    const schema = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.#hoisted(inner)]));
    if (typeof schema.title !== 'string' || schema.type !== 'object') return schema;
    const { title, ...rest } = schema;
    const known = this.schemas[title];
    if (known && JSON.stringify(known) !== JSON.stringify(rest)) throw new Error(`Two views are named ${title}`);
    this.schemas[title] = rest;
    return ref('schemas', title);
  }

  refusal(codes: ErrorCode[]): Json {
    const name = codes
      .map((code) => code.replaceAll(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase()))
      .join('Or');
    this.responses[name] ??= {
      description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}`).join('. '),
      headers: { 'X-Request-Id': ref('headers', 'X-Request-Id') },
      content: {
        'application/problem+json': {
          schema: { allOf: [ref('schemas', 'Problem'), { type: 'object', properties: { code: { enum: codes } } }] },
          example: problemExample(codes[0]!),
        },
      },
    };
    return ref('responses', name);
  }
}

function ref(kind: string, name: string): Json {
  return { $ref: `#/components/${kind}/${name}` };
}

function only(record: Json, isWanted: (name: string) => boolean): Json {
  return Object.fromEntries(Object.entries(record).filter(([name]) => isWanted(name)));
}

function sorted<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
