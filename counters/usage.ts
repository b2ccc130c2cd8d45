import { readFileSync } from 'node:fs';
import type { Result } from 'ioredis';
import type { Taken } from '../domain/program/settling.ts';
import type { SettledCall, SettledVerdict } from '../domain/usage/tally.ts';
import { normalAddress } from '../domain/validation/addresses.ts';
import { isId } from '../runtime/ids.ts';
import { milliseconds } from './health.ts';
import {
  allPartitions,
  budgetKeys,
  checkedKey,
  creditsKey,
  generationKey,
  quotaKey,
  quotaKeyOf,
  streamKey,
} from './partitions.ts';
import { type SettledBudget, type SettledCredits, settledBudgetText, settledCreditsText } from './program-form.ts';
import type { RedisClient } from './redis.ts';
import { PROGRAM_FIELDS } from './usage-programs.ts';

declare module 'ioredis' {
  interface RedisCommander<Context> {
    /** The number of keys, the keys, the arguments. */
    trimUsage(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<number, Context>;
    renewGeneration(
      generationKey: string,
      streamKey: string,
      checkedKey: string,
      settled: string,
      id: string,
      next: string,
    ): Result<string, Context>;
    /** `usage-mend.lua`: the number of keys, the keys, the arguments. */
    mendStates(numberOfKeys: number, ...keysAndArguments: (string | number)[]): Result<number, Context>;
    clockOf(key: string): Result<string[], Context>;
  }
}

/** One entry of the stream: what one batch of an API process counted. */
export interface UsageEntry {
  id: string;
  generation: string;
  calls: SettledCall[];
  verdicts: SettledVerdict[];
  /** What programs took, in their order. */
  taken: Taken[];
  /** All of it, as it stands, where it can't be read. */
  unreadable?: string;
}

/** What is settled of a period, all of it: of a product's calls, or of a quota in programs. */
export type SettledCounter = { periodKey: string; used: number } & (
  | { productId: string }
  | { tenant: string; key: string }
);

/** What is settled of states that Redis has older than that. */
export interface SettledStates {
  balances: readonly { tenant: string; key: string; settled: SettledCredits }[];
  budgets: readonly { tenant: string; key: string; settled: SettledBudget }[];
}

/** How far the stream is ahead of what is settled, and trimmed. */
export interface UsageLag {
  entries: number;
  /** Age of the oldest entry, by Redis' clock. */
  seconds: number;
}

/** What the drain asks of the stream; the API's side of it is `batch.lua`. */
export interface UsageStream {
  /** The partitions there are. Each has one stream and one generation at a time. */
  readonly partitions: readonly number[];
  /** Up to `count` entries in their order, beginning after `afterId`, or at the start. */
  read(partition: number, options: { afterId?: string; count: number }): Promise<UsageEntry[]>;
  /** The generation that counts now; `undefined` where Redis is new and nothing was counted. */
  generation(partition: number): Promise<string | undefined>;
  /**
   * Forgets all up to this id, which must be settled, if that generation still lives; says how many. Counters that are below what
   * is `settled` of their period are raised to that.
   */
  trim(
    partition: number,
    last: { generation: string; id: string },
    settled?: readonly SettledCounter[],
  ): Promise<number>;
  /** Gives Redis what is settled of balances and budgets, where it has an older version; says of how many. */
  mend(partition: number, states: SettledStates): Promise<number>;
  /**
   * Begins the generation `next` if Redis doesn't have what was settled from the living one. Says which one lives then, `undefined`
   * where Redis is new.
   */
  renew(partition: number, settled: { generation: string; id: string }, next: string): Promise<string | undefined>;
  lag(partition: number): Promise<UsageLag>;
  /** The clock of the Redis that has the partition, epoch milliseconds: what entries' ids are made from. */
  nowMs(partition: number): Promise<number>;
  /** Drops the counters of a period that is closed. */
  dropCounters(partition: number, productIds: readonly string[], periodKey: string): Promise<void>;
}

/** `partitions`: how many there are, the same for all processes. Default: 1. */
export function createUsageStream(redis: RedisClient, { partitions = 1 }: { partitions?: number } = {}): UsageStream {
  redis.defineCommand('trimUsage', { lua: script('usage-trim.lua') });
  redis.defineCommand('mendStates', { lua: script('usage-mend.lua') });
  redis.defineCommand('renewGeneration', { numberOfKeys: 3, lua: script('usage-renew.lua') });
  // A key decides on the node: TIME alone has none, and clocks of two nodes differ.
  redis.defineCommand('clockOf', { numberOfKeys: 1, lua: "return redis.call('TIME')" });
  const nowMs = async (partition: number): Promise<number> =>
    milliseconds(await redis.clockOf(generationKey(partition)));
  return {
    partitions: allPartitions(partitions),
    async read(partition, { afterId, count }) {
      const from = afterId === undefined ? '-' : `(${afterId}`;
      const entries = await redis.xrange(streamKey(partition), from, '+', 'COUNT', count);
      return entries.map(([id, fields]) => toEntry(id, fields));
    },
    async generation(partition) {
      return (await redis.hget(generationKey(partition), 'id')) ?? undefined;
    },
    async trim(partition, { generation, id }, settled = []) {
      const counters = settled.map((one) =>
        'tenant' in one ? quotaKeyOf(partition, one) : quotaKey(partition, one.productId, one.periodKey),
      );
      const keys = [generationKey(partition), streamKey(partition), ...counters];
      const used = settled.map((each) => each.used);
      return redis.trimUsage(keys.length, ...keys, generation, id, idAfter(id), ...used);
    },
    async mend(partition, { balances, budgets }) {
      if (balances.length + budgets.length === 0) return 0;
      const keys = [
        ...balances.map(({ tenant, key }) => creditsKey(partition, tenant, key)),
        ...budgets.flatMap(({ tenant, key }) => budgetKeys(partition, tenant, key)),
      ];
      const texts = [
        ...balances.map(({ settled }) => settledCreditsText(settled)),
        ...budgets.map(({ settled }) => settledBudgetText(settled)),
      ];
      return redis.mendStates(keys.length, ...keys, balances.length, ...texts);
    },
    async renew(partition, { generation, id }, next) {
      const keys = [generationKey(partition), streamKey(partition), checkedKey(partition)] as const;
      const living = await redis.renewGeneration(...keys, generation, id, next);
      return living === '' ? undefined : living;
    },
    async lag(partition) {
      const key = streamKey(partition);
      const entries = await redis.xlen(key);
      const [first] = entries === 0 ? [] : await redis.xrange(key, '-', '+', 'COUNT', 1);
      if (!first) return { entries: 0, seconds: 0 };
      return { entries, seconds: Math.max(0, ((await nowMs(partition)) - appendedAtMs(first[0])) / 1000) };
    },
    nowMs,
    async dropCounters(partition, productIds, periodKey) {
      if (productIds.length === 0) return;
      await redis.unlink(...productIds.map((productId) => quotaKey(partition, productId, periodKey)));
    },
  };
}

/** When Redis appended the entry of that id, epoch milliseconds of its clock. */
export function appendedAtMs(id: string): number {
  return Number(partsOf(id).ms);
}

/** Whether an id comes after another one of the same stream. */
export function isAfter(id: string, other: string): boolean {
  const [a, b] = [partsOf(id), partsOf(other)];
  return a.ms === b.ms ? BigInt(a.sequence) > BigInt(b.sequence) : BigInt(a.ms) > BigInt(b.ms);
}

function script(file: string): string {
  return readFileSync(new URL(`./${file}`, import.meta.url), 'utf8');
}

function partsOf(id: string): { ms: string; sequence: string } {
  const [ms = '0', sequence = '0'] = id.split('-');
  return { ms, sequence };
}

function idAfter(id: string): string {
  const { ms, sequence } = partsOf(id);
  return `${ms}-${BigInt(sequence) + 1n}`;
}

function toEntry(id: string, fields: string[]): UsageEntry {
  const generation = fields[0] === 'g' ? (fields[1] ?? '') : '';
  try {
    if (generation === '') throw new TypeError('The entry names no generation');
    const calls: SettledCall[] = [];
    const verdicts: SettledVerdict[] = [];
    const taken: Taken[] = [];
    for (let i = 2; i < fields.length; i += 2) {
      const [name = '', value = ''] = [fields[i], fields[i + 1]];
      const toTaken = Object.hasOwn(PROGRAM_FIELDS, name) ? PROGRAM_FIELDS[name] : undefined;
      if (toTaken) taken.push(toTaken(value));
      else if (name === 'c') calls.push(toCall(JSON.parse(value) as unknown[]));
      else if (name === 'v') verdicts.push(toVerdict(JSON.parse(value) as unknown[]));
      else throw new TypeError(`The entry has a field '${name}'`);
    }
    return { id, generation, calls, verdicts, taken };
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    return { id, generation, calls: [], verdicts: [], taken: [], unreadable: JSON.stringify(fields) };
  }
}

function toCall(parts: unknown[]): SettledCall {
  const [callId, atMs, productId, periodKey, cost, licenseId, ip, version, deviceId, status] = parts;
  const amount = cost as number;
  if (!Number.isSafeInteger(amount) || amount < 1) throw new TypeError(`A call can't cost ${String(cost)}`);
  return {
    callId: callId === null ? null : id(callId),
    atMs: instant(atMs),
    productId: id(productId),
    periodKey: text(periodKey),
    cost: amount,
    ...facts(licenseId, ip, version, deviceId),
    status: status === null ? null : text(status),
  };
}

function toVerdict(parts: unknown[]): SettledVerdict {
  const [callId, atMs, productId, licenseId, ip, version, deviceId, status] = parts;
  return {
    callId: id(callId),
    atMs: instant(atMs),
    productId: id(productId),
    ...facts(licenseId, ip, version, deviceId),
    status: text(status),
  };
}

function facts(
  licenseId: unknown,
  ip: unknown,
  version: unknown,
  deviceId: unknown,
): Pick<SettledCall, 'licenseId' | 'ip' | 'version' | 'deviceId'> {
  return {
    licenseId: licenseId === null ? null : id(licenseId),
    // What is no address must not reach a column of addresses, and is no reason to lose the call.
    ip: ip === null ? null : (normalAddress(text(ip)) ?? null),
    version: version === null ? null : text(version),
    deviceId: deviceId === null ? null : text(deviceId),
  };
}

function id(value: unknown): string {
  if (typeof value !== 'string' || !isId(value)) throw new TypeError(`Not an id: ${String(value)}`);
  return value.toLowerCase();
}

/** Postgres takes no NUL. */
function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError(`Not a text: ${String(value)}`);
  return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
}

const EARLIEST_MS = Date.UTC(2000, 0);
const LATEST_MS = Date.UTC(2200, 0);

/** Each day has a table in the log: a clock that is centuries off must not make some. */
function instant(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < EARLIEST_MS || (value as number) > LATEST_MS) {
    throw new TypeError(`Not an instant: ${String(value)}`);
  }
  return value as number;
}
