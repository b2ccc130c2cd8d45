import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Knex } from 'knex';
import type { Static, TObject, TSchema } from 'typebox';
import type { ErrorCode } from '../errors.ts';
import type { Dependencies } from '../route.ts';
import type { CallerOf, CallerRule, Standing, StandingOf } from './callers.ts';

export type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** Success answers by status: the schema of the body, a stream of another media type, or `null` for no body. */
export type Answers = Record<number, TSchema | MediaAnswer | null>;

/** An answer that is no JSON object. */
export interface MediaAnswer {
  media: string;
  description: string;
  /** An answer as it may look: a line or a few. */
  example: string;
}

/** What a handler gives: one of the route's answers. */
export type ReplyOf<A extends Answers> = {
  [S in keyof A & number]: {
    status: S;
    body: A[S] extends TSchema ? Static<A[S]> : A[S] extends MediaAnswer ? string | Readable : null;
    headers?: Record<string, string>;
  };
}[keyof A & number];

/** A reply with its status as a literal, so that one that the route doesn't declare does not compile. */
export function reply<const S extends number, B>(
  status: S,
  body: B,
  headers: Record<string, string> = {},
): { status: S; body: B; headers: Record<string, string> } {
  return { status, body, headers };
}

/** The names in a path: `:organization_id` and so on. */
type NamesIn<Path extends string> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | NamesIn<`/${Rest}`>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type ParamsOf<Path extends string, P extends TObject> = Omit<Record<NamesIn<Path>, string>, keyof Static<P>> &
  Static<P>;

/** One call of a management route: everything in it was checked. */
export interface ManagedCall<Params, Query, Body, Rule extends CallerRule, A extends Answers> {
  params: Params;
  query: Query;
  body: Body;
  caller: CallerOf<Rule>;
  /** How the caller stands in the organisation that the call is about. */
  organization: StandingOf<Rule>;
  requestId: string;
  request: IncomingMessage;
  /** Epoch milliseconds. */
  nowMs: number;
  /** For reads. Writes go through `write`. */
  db: Knex;
  /**
   * Does the route's writes and makes its reply, in one transaction that is put down to the caller. With an `Idempotency-Key` the
   * reply is kept in that transaction, and a repeat gets it without `work` being run: so whatever must happen once is in `work`.
   * Once a call. Refusals that `work` throws roll everything back.
   */
  write: <R extends ReplyOf<A>>(work: (trx: Knex.Transaction) => Promise<R>) => Promise<R>;
  /**
   * Holds what `If-Match` asks for against the thing as it is now, in the words in which GET shows it. To be called in `write`,
   * with what was read under a lock, before anything is changed. @throws {HttpError} `precondition_failed`
   */
  mustMatch: (view: unknown) => void;
}

/** One request and its answer as they could have been. Sent and checked by tests, and shown in the reference. */
export type ExampleOf<Q extends TObject, B extends TSchema | undefined, A extends Answers> = {
  query?: Partial<Static<Q>>;
  /** The body of the first success answer. */
  answer?: Static<Extract<A[keyof A & number], TSchema>>;
} & (B extends TSchema ? { body: Static<B> } : { body?: undefined });

export interface ManagedDefinition<
  Path extends `/v1/${string}`,
  P extends TObject,
  Q extends TObject,
  B extends TSchema | undefined,
  Rule extends CallerRule,
  A extends Answers,
> {
  method: Method;
  path: Path;
  /** Verb and noun, unique: the name of the client's function (`listMembers`). */
  operationId: string;
  summary: string;
  description?: string;
  /** The chapter of the reference that it stands in. */
  tag: Tag;
  caller: Rule;
  /** Names in the path that are no ids. Every other one is a UUID; one that is none belongs to nothing and gets 404. */
  params?: P;
  /** What may be asked for in the query, each one a string, a number, a boolean or a list. Anything else in it gets 422. */
  query?: Q;
  /** Objects in it should be closed (`Body`): members nobody knows get 422. */
  body?: B;
  answers: A;
  /** What it may answer beside what every such route may (`commonRefusals`). */
  refusals?: readonly ErrorCode[];
  example: ExampleOf<Q, B, A>;
  handle(
    call: ManagedCall<ParamsOf<Path, P>, Static<Q>, B extends TSchema ? Static<B> : undefined, Rule, A>,
    deps: Dependencies,
  ): Promise<ReplyOf<A>>;
}

/** The chapters of the reference, in their order. */
export const TAGS = {
  Me: 'The person who is signed in, or whose token it is.',
  Organizations: 'Whoever sells: plans, products and people belong to one.',
  Members: 'People of an organisation, and what they may do.',
  Invites: 'People who are asked to join.',
  Roles: 'Named sets of permissions.',
  'Access tokens': 'What scripts sign in with.',
  'Audit log': 'Who changed what, in a chain that can be verified.',
  Portal: 'What customers see of their licences.',
  Staff: 'For those who run this platform.',
  Validation: "What client apps ask, with a product's API key.",
} as const;

export type Tag = keyof typeof TAGS;

/** A management route as the frame, the document and the tests see it: checked when it was written, its types forgotten. */
export interface ManagedRoute {
  method: Method;
  path: `/v1/${string}`;
  operationId: string;
  summary: string;
  description?: string;
  tag: Tag;
  caller: CallerRule;
  params?: TObject;
  query?: TObject;
  body?: TSchema;
  answers: Answers;
  refusals?: readonly ErrorCode[];
  example: { query?: Record<string, unknown>; body?: unknown; answer?: unknown };
  handle(call: AnyManagedCall, deps: Dependencies): Promise<AnyReply>;
}

export type AnyReply = { status: number; body: unknown; headers?: Record<string, string> };

export type AnyManagedCall = Omit<
  ManagedCall<Record<string, string>, Record<string, unknown>, unknown, CallerRule, Answers>,
  'write' | 'organization'
> & {
  organization: Standing | undefined;
  write: (work: (trx: Knex.Transaction) => Promise<AnyReply>) => Promise<AnyReply>;
};

/** Ties a handler to what it declares: a reply or a parameter that isn't declared does not compile. */
export function manage<
  const Path extends `/v1/${string}`,
  const Rule extends CallerRule,
  A extends Answers,
  // biome-ignore lint: an object without members, not any object
  P extends TObject = TObject<{}>,
  Q extends TObject = TObject<{}>,
  B extends TSchema | undefined = undefined,
>(definition: ManagedDefinition<Path, P, Q, B, Rule, A>): ManagedRoute {
  // The frame hands over exactly what the schemas let through.
  return definition as unknown as ManagedRoute;
}

/** The errors that a route may answer with beside its own `refusals`, by what it declares. */
export function commonRefusals(route: ManagedRoute): ErrorCode[] {
  const { caller, method, path } = route;
  const isWrite = method !== 'get';
  return [
    ...(caller.kind === 'anyone' ? [] : (['unauthenticated'] as const)),
    ...(caller.kind === 'anyone' || caller.kind === 'customer' ? [] : (['forbidden'] as const)),
    ...(caller.kind !== 'anyone' && isWrite ? (['origin_not_allowed'] as const) : []),
    ...(path.includes('/:') ? (['not_found'] as const) : []),
    ...(isWrite ? (['invalid_request', 'payload_too_large', 'unsupported_media_type'] as const) : []),
    'validation_failed',
    ...(takesIdempotencyKey(route) ? (['idempotency_running', 'idempotency_conflict'] as const) : []),
    ...(method === 'patch' ? (['precondition_failed'] as const) : []),
    'rate_limited',
    'internal_error',
    'unavailable',
  ];
}

/** Keys are a caller's own: where nobody is known, one could be answered with what another was told. */
export function takesIdempotencyKey({ method, caller }: Pick<ManagedRoute, 'method' | 'caller'>): boolean {
  return method === 'post' && caller.kind !== 'anyone';
}
