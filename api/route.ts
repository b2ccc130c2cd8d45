import type { IncomingMessage } from 'node:http';
import type { Knex } from 'knex';
import type { Registry } from 'prom-client';
import type { CountCall } from '../counters/quota.ts';
import type { Config } from '../runtime/config.ts';
import type { Logger } from '../runtime/log.ts';
import type { EffectiveProduct, ProductSnapshot } from '../store/validation.ts';
import type { CallerAddress } from './caller-address.ts';
import type { Readiness } from './health.ts';
import type { ApiMetrics } from './metrics.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { Snapshots } from './snapshots/snapshots.ts';

/** What routes act upon; made once a process. */
export interface Dependencies {
  config: Config;
  db: Knex;
  count: CountCall;
  snapshots: Snapshots;
  signing: SigningKeys;
  log: Logger;
  registry: Registry;
  metrics: ApiMetrics;
  callerAddress: CallerAddress;
  readiness: Readiness;
  /** Epoch milliseconds. Passed in, so that a test can stand at midnight. */
  now: () => number;
}

/** One call of a route. Path parameters are as they were sent, percent-encoded. */
export interface Call {
  request: IncomingMessage;
  requestId: string;
  params: Readonly<Record<string, string>>;
}

/** A call that a product's API key opened, and that was counted. */
export interface ProductCall extends Call {
  product: ProductSnapshot;
  /** What is in force for the product at `nowMs`. */
  effective: EffectiveProduct;
  /** Whether the product is as it was before Postgres went away. */
  degraded: boolean;
  keyHash: Buffer;
  body: Buffer;
  nowMs: number;
  /** Headers that tell the quota's state, for the answer. */
  quotaHeaders: Record<string, string>;
}

export interface Reply {
  status: number;
  headers?: Record<string, string>;
  contentType: string;
  body: string;
}

interface RouteBase {
  method: 'get' | 'post';
  path: string;
  summary: string;
}

/**
 * One route: who may call it stands beside what it does. `anyone` needs no key; `product_key` needs a product's API key and
 * costs one of its calls, before `handle` sees it.
 */
export type Route =
  | (RouteBase & { caller: 'anyone'; handle(call: Call, deps: Dependencies): Promise<Reply> })
  | (RouteBase & { caller: 'product_key'; handle(call: ProductCall, deps: Dependencies): Promise<Reply> });

/** Said with an answer from a snapshot that could not be verified. */
export const DEGRADED = { 'Plimsoll-Degraded': 'postgres' };

export function route(definition: Route): Route {
  return definition;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return { status, headers, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}
