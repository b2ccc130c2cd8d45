import { withoutSecrets } from '../../runtime/log.ts';

/** What `doctor` looks at, in the order in which it is shown: what stands first is what the rest needs. */
export const PARTS = [
  'configuration',
  'node',
  'disk',
  'postgres',
  'schema',
  'redis',
  'clock skew',
  'temporal',
  'temporal-worker round trip',
  'temporal ui',
  'api',
  'tcp migration',
  'worker',
] as const;
export type PartName = (typeof PARTS)[number];

/** `warn`: it works, and somebody should know. `fail`: something that people rely on doesn't work. */
export type State = 'ok' | 'warn' | 'fail';

/** What was found out about a part. */
export interface Finding {
  state: State;
  /** Where it is, never with a password: `127.0.0.1:5432/plimsoll`. */
  address?: string;
  version?: string;
  /** Milliseconds of one question and its answer. */
  latencyMs?: number;
  /** What is, in one sentence. */
  detail: string;
  /** What helps, in one sentence; there whenever the state isn't `ok`. */
  advice?: string;
}

export interface Part extends Finding {
  part: PartName;
}

/** How long one part may take. They are asked at the same time, so this is how long all of them take at most. */
export const DEADLINE_MS = 5_000;

export const ok = (detail: string, facts: Partial<Finding> = {}): Finding => ({ ...facts, state: 'ok', detail });
export const warn = (detail: string, advice: string, facts: Partial<Finding> = {}): Finding => ({
  ...facts,
  state: 'warn',
  detail,
  advice,
});
export const fail = (detail: string, advice: string, facts: Partial<Finding> = {}): Finding => ({
  ...facts,
  state: 'fail',
  detail,
  advice,
});

/** The worst of several findings about one part, with what each of them says. */
export function worst(findings: [Finding, ...Finding[]]): Finding {
  const order: State[] = ['ok', 'warn', 'fail'];
  const bad = findings.filter(({ state }) => state !== 'ok');
  if (bad.length === 0) return findings[0];
  const state = order[Math.max(...bad.map((each) => order.indexOf(each.state)))] ?? 'fail';
  const facts: Partial<Finding> = Object.assign({}, ...findings);
  return {
    ...facts,
    state,
    detail: bad.map(({ detail }) => detail).join(' '),
    advice: bad.flatMap(({ advice }) => advice ?? []).join(' '),
  };
}

/** Thrown where the deadline passed; its message is for people. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

/** The answer, unless it takes longer than `ms` milliseconds. @throws {TooSlow}; and what `ask` throws */
export async function within<T>(ms: number, ask: () => Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new TooSlow(`It gave no answer within ${ms / 1000} s.`)), ms);
  try {
    return await Promise.race([ask(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The answer, and the milliseconds it took, to a tenth. */
export async function timed<T>(ask: () => Promise<T>): Promise<{ value: T; latencyMs: number }> {
  const startedAt = performance.now();
  const value = await ask();
  return { value, latencyMs: Math.round((performance.now() - startedAt) * 10) / 10 };
}

/** The innermost reason of an error, as one line that ends in a full stop and holds no secret. */
export function reason(error: unknown): string {
  let inner = error;
  while (inner instanceof Error) {
    // `connect` to a name with several addresses fails with one error for each of them, and a message of nothing.
    const next = inner instanceof AggregateError ? (inner.errors as unknown[])[0] : inner.cause;
    if (next === undefined) break;
    inner = next;
  }
  const text = (inner instanceof Error ? inner.message || inner.name : String(inner)).split('\n', 1)[0]?.trim() ?? '';
  return withoutSecrets(/[.!?]$/.test(text) ? text : `${text}.`);
}
