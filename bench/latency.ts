import type { Measured } from './load.ts';
import type { Server } from './processes.ts';
import { type Context, median } from './rounds.ts';

export interface Latency {
  perSecond: number;
  /** Milliseconds, medians over the repeats. */
  p50: number;
  p99: number;
  p999: number;
}

const RATES = [1_000, 5_000];
const REPEATS = 5;

/** Open loops at fixed rates: latency counts from when a call was due, so a server that stalls can't hide it. */
export async function measureLatency(context: Context, server: Server, seconds: number): Promise<Latency[]> {
  const found: Latency[] = [];
  for (const perSecond of RATES) {
    context.say(`Open loop at ${perSecond}/s …`);
    const runs: NonNullable<Measured['latencyMs']>[] = [];
    for (let i = 0; i < REPEATS; i += 1) {
      const { port, pid } = server;
      const job = { ...context.job, port, pid, load: { kind: 'open', seconds, perSecond } } as const;
      runs.push((await context.patient.run(job)).latencyMs!);
    }
    const of = (name: 'p50' | 'p99' | 'p999'): number => median(runs.map((run) => run[name]));
    found.push({ perSecond, p50: of('p50'), p99: of('p99'), p999: of('p999') });
  }
  return found;
}
