import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { Knex } from 'knex';
import type { Registry } from 'prom-client';
import type { Attempts } from '../counters/attempts.ts';
import type { QuotaCounter, TenantsVerdict } from '../counters/quota.ts';
import type { UsageFacts, UsageStatus } from '../counters/usage-entry.ts';
import type { AuditKeys } from '../runtime/audit-keys.ts';
import type { Config } from '../runtime/config.ts';
import type { Logger } from '../runtime/log.ts';
import type { SecretBox } from '../runtime/secrets.ts';
import type { EffectiveProduct, ProductSnapshot } from '../store/validation.ts';
import type { Accounts } from './accounts/accounts.ts';
import type { AnswerLog } from './answer-log.ts';
import type { CallerAddress } from './caller-address.ts';
import type { Readiness } from './health.ts';
import type { Sessions } from './management/callers.ts';
import type { ManagedRoute } from './management/route.ts';
import type { TokenUses } from './management/token-uses.ts';
import type { ApiMetrics } from './metrics.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { Snapshots } from './snapshots/snapshots.ts';

/** What routes act upon; made once a process. */
export interface Dependencies {
  config: Config;
  db: Knex;
  counter: QuotaCounter;
  /** Tells a verdict that was not known when its call was counted; what fails is logged, and nobody waits. */
  tellLater: (verdict: TenantsVerdict) => void;
  snapshots: Snapshots;
  signing: SigningKeys;
  log: Logger;
  registry: Registry;
  metrics: ApiMetrics;
  answerLog: AnswerLog;
  callerAddress: CallerAddress;
  readiness: Readiness;
  sessions: Sessions;
  accounts: Accounts;
  attempts: Attempts;
  tokenUses: TokenUses;
  /** Verifies signatures of the audit log. */
  auditKeys: AuditKeys;
  /** Encrypts what is kept. */
  secrets: SecretBox;
  /** Epoch milliseconds. Passed in, so that a test can stand at midnight. */
  now: () => number;
}

/** One call of a route. Path parameters are as they were sent, percent-encoded. */
export interface Call {
  request: IncomingMessage;
  requestId: string;
  params: Readonly<Record<string, string>>;
}

/** A call that a product's API key opened. */
export interface ProductCall extends Call {
  product: ProductSnapshot;
  /** What is in force for the product at `nowMs`. */
  effective: EffectiveProduct;
  /** Whether the product is as it was before Postgres went away. */
  degraded: boolean;
  body: Buffer;
  nowMs: number;
}

/**
 * What a route knows of a call before it is counted: what is written about it if it counts, and how it is answered then. `status`
 * is `null` while it takes a look at Postgres to know; that look is made only after the call was counted, so that made-up keys
 * can't hammer Postgres once a quota is used up. `answer` gives the status with the reply in that case.
 */
export interface Prepared extends UsageFacts {
  status: UsageStatus | null;
  answer():
    | Promise<{ reply: Reply; status: UsageStatus; facts?: UsageFacts }>
    | { reply: Reply; status: UsageStatus; facts?: UsageFacts };
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  /** Whole `Set-Cookie` headers. */
  cookies?: readonly string[];
  contentType: string;
  body: string;
  /** Sent instead of `body`, as it comes. */
  stream?: Readable;
}

interface RouteBase {
  method: 'get' | 'post' | 'all';
  path: string;
  summary: string;
  /** Whether it has a way in ahead of Koa, too: for what gets nearly all calls, without parameters in its path. */
  isAheadOfKoa?: true;
}

/**
 * One route: who may call it stands beside what it does. `anyone` needs no key; `product_key` needs a product's API key and
 * costs one of its calls: the call is prepared, counted, then answered. A management route (`management/`) has a rule instead.
 */
export type Route = PublicRoute | (ManagedRoute & { isAheadOfKoa?: undefined });

export type PublicRoute =
  | (RouteBase & { caller: 'anyone'; handle(call: Call, deps: Dependencies): Promise<Reply> })
  | (RouteBase & { caller: 'product_key'; prepare(call: ProductCall, deps: Dependencies): Prepared });

/** Said with an answer from a snapshot that could not be verified. */
export const DEGRADED = { 'Plimsoll-Degraded': 'postgres' };

export function route<R extends PublicRoute>(definition: R): R {
  return definition;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}
