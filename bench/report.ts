import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { type Decisions, decisionLines } from './decisions.ts';
import { measureDisk } from './disk.ts';
import type { Exactness } from './exactness.ts';
import type { Latency } from './latency.ts';
import type { Memory } from './memory.ts';
import { canPin } from './processes.ts';
import { PROMISED_MS, type Revocation } from './revocation.ts';
import { median, type Sample, type Throughput } from './rounds.ts';
import type { Licenses, Processes } from './scale.ts';
import type { Settling } from './settlement.ts';

export interface Result {
  machine: Record<string, string | number | boolean>;
  connections: number;
  rounds: number;
  skipped: string[];
  throughput: Throughput;
  latency?: Latency[];
  exactness?: Exactness;
  revocation?: Revocation;
  settlement?: Settling[];
  processes?: Processes[];
  licenses?: Licenses[];
  memory?: Memory[];
  decisions?: Decisions[];
}

/** One target, and where this run stands to it. */
interface Row {
  what: string;
  got: number;
  floor: number;
  good: number;
  moonshot: number;
  /** Whether more is better. */
  rises: boolean;
  unit: string;
}

/** @param folder on the disk that Redis and Postgres write to */
export function describeMachine(folder: string): Result['machine'] {
  const disk = measureDisk(folder);
  return {
    at: new Date().toISOString(),
    revision: revision(),
    node: process.version,
    system: `${process.platform} ${release()}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadAverage: Math.round(loadavg()[0]! * 10) / 10,
    pinned: canPin,
    diskSyncMs: disk.p50,
    diskSyncP99Ms: disk.p99,
  };
}

function revision(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    // An archive without a repository, or no git: the figures stand all the same.
    return 'unknown';
  }
}

export function printReport(result: Result): void {
  const { throughput, machine } = result;
  const lines: string[] = [
    '',
    `${machine['cpu']}, ${machine['cores']} cores, Node ${machine['node']}, ${result.rounds} rounds, load ${machine['loadAverage']}; ` +
      `a safe write takes the disk ${machine['diskSyncMs']} ms (p50), ${machine['diskSyncP99Ms']} ms (p99)`,
  ];
  lines.push(...result.skipped, '');
  const of = (name: string, figure: keyof Sample): number => median(throughput[name]!.map((each) => each[figure]));
  const header = [
    'server',
    'calls/s',
    'CPU µs',
    'best',
    'core %',
    '× raw',
    '× naive',
    'Redis µs',
    'scripts/call',
    'PG',
  ];
  const table = Object.keys(throughput).map((name) => [
    name,
    of(name, 'perSecond').toFixed(0),
    of(name, 'cpuMicrosecondsPerCall').toFixed(1),
    Math.min(...throughput[name]!.map((each) => each.cpuMicrosecondsPerCall)).toFixed(1),
    (of(name, 'utilization') * 100).toFixed(0),
    ratio(throughput, name, 'raw-http')?.toFixed(2) ?? '',
    ratio(throughput, name, 'naive-postgres')?.toFixed(1) ?? '',
    of(name, 'redisCpuMicrosecondsPerCall').toFixed(1),
    of(name, 'redisCallsPerCall').toFixed(3),
    of(name, 'postgresTransactions').toFixed(0),
  ]);
  lines.push(...columns([header, ...table]), '');

  const rows = targets(result).map((row) => [
    row.what,
    `${row.got.toFixed(2)}${row.unit}`,
    ...(['floor', 'good', 'moonshot'] as const).map(
      (name) => `${row[name]}${reaches(row, row[name]) ? ' reached' : ' not'}`,
    ),
  ]);
  if (rows.length > 0) lines.push(...columns([['target', 'got', 'floor', 'good', 'moonshot'], ...rows]), '');

  if (result.decisions) lines.push(...decisionLines(result.decisions), '');
  for (const { perSecond, p50, p99, p999 } of result.latency ?? []) {
    lines.push(`open loop, ${perSecond}/s: p50 ${ms(p50)}, p99 ${ms(p99)}, p99.9 ${ms(p999)}`);
  }
  const { exactness, revocation } = result;
  if (exactness) {
    const isExact = exactness.admitted === exactness.limit && exactness.counter === exactness.limit;
    lines.push(
      `limit ${exactness.limit}, asked ${exactness.asked}: ${exactness.admitted} admitted, ${exactness.refused} refused, ` +
        `counter ${exactness.counter}: ${isExact ? 'exact' : 'NOT EXACT'}`,
    );
    if (!isExact) process.exitCode = 1;
  }
  if (revocation) {
    const { revocations, processes, perSecond, p50, p99 } = revocation;
    lines.push(
      `${revocations} revocations obeyed by ${processes} processes at ${perSecond} calls/s each: p50 ${ms(p50)}, p99 ${ms(p99)}, ` +
        `promised ${PROMISED_MS} ms: ${p99 > PROMISED_MS ? 'NOT KEPT' : 'kept'}`,
    );
    if (p99 > PROMISED_MS) process.exitCode = 1;
  }
  for (const each of result.processes ?? []) {
    lines.push(
      `${each.processes} API processes on all cores: ${each.perSecond.toFixed(0)} calls/s, ` +
        `${each.cpuMicrosecondsPerCall.toFixed(1)} µs CPU a call, ${each.redisCallsPerCall.toFixed(3)} scripts/call`,
    );
  }
  for (const { licenses, seededSeconds, coldPerSecond, warmPerSecond } of result.licenses ?? []) {
    lines.push(
      `${licenses} licences in Postgres (made in ${seededSeconds.toFixed(1)} s): ` +
        `cold ${coldPerSecond.toFixed(0)}/s, at hand ${warmPerSecond.toFixed(0)}/s`,
    );
  }
  if (result.settlement) lines.push(settlementLine(result.settlement));
  for (const { licenses, residentBytes, coldPerSecond } of result.memory ?? []) {
    const speed = coldPerSecond > 0 ? `, cold ${coldPerSecond.toFixed(0)}/s` : '';
    lines.push(`${licenses} licences at hand: ${(residentBytes / 2 ** 20).toFixed(0)} MiB resident${speed}`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

function settlementLine(rounds: readonly Settling[]): string {
  const of = (value: (round: Settling) => number): number => median(rounds.map(value));
  const times = of(({ settledPerSecond, countedPerSecond }) => settledPerSecond / countedPerSecond);
  return (
    `settled ${of((each) => each.settledPerSecond).toFixed(0)} calls/s, ${times.toFixed(1)} × as fast as they were counted; a call: ` +
    `drain ${of((each) => each.drainMicrosecondsPerCall).toFixed(1)} µs, ` +
    `Postgres ${of((each) => each.postgresMicrosecondsPerCall).toFixed(1)} µs, ` +
    `Redis ${of((each) => each.redisMicrosecondsPerCall).toFixed(1)} µs; ${of((each) => each.bytesPerWaitingCall).toFixed(0)} bytes while it waits`
  );
}

/** The targets that this run can be held against. Source: what was measured before any of it was built (README.md). */
function targets({ throughput, latency }: Result): Row[] {
  if (!throughput['ours']) return [];
  const rows: Row[] = [];
  const add = (
    what: string,
    got: number | undefined,
    levels: [number, number, number],
    rises: boolean,
    unit = '',
  ): void => {
    const [floor, good, moonshot] = levels;
    if (got !== undefined) rows.push({ what, got, floor, good, moonshot, rises, unit });
  };
  const best = (figure: keyof Sample): number => Math.min(...throughput['ours']!.map((each) => each[figure]));
  const fast = latency?.find(({ perSecond }) => perSecond === 5_000);
  add('calls/s against raw node:http', ratio(throughput, 'ours', 'raw-http'), [0.45, 0.58, 0.65], true, ' ×');
  add('calls/s against naive Postgres', ratio(throughput, 'ours', 'naive-postgres'), [8, 12, 14], true, ' ×');
  add('calls/s against the Go reference', ratio(throughput, 'ours', 'go'), [0.9, 1, 1.1], true, ' ×');
  add('server CPU a call, best round', best('cpuMicrosecondsPerCall'), [38, 30, 26], false, ' µs');
  add('Redis CPU a call, best round', best('redisCpuMicrosecondsPerCall'), [10, 6, 5], false, ' µs');
  add('p50 at 5,000/s', fast?.p50, [0.5, 0.4, 0.35], false, ' ms');
  add('p99 at 5,000/s', fast?.p99, [5, 2, 1.5], false, ' ms');
  return rows;
}

function reaches({ got, rises }: Row, level: number): boolean {
  return rises ? got >= level : got <= level;
}

/** The median over rounds of one server's calls a second against another's in the same round. */
function ratio(throughput: Throughput, name: string, against: string): number | undefined {
  const others = throughput[against];
  return others && median(throughput[name]!.map((each, round) => each.perSecond / others[round]!.perSecond));
}

/** @param parts what was measured, where it was not all: such a run has a file of its own */
export function writeResult(result: Result, parts: readonly string[] = []): string {
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const file = `${folder}${[String(result.machine['at']).slice(0, 10), ...parts].join('-')}.json`;
  writeFileSync(file, `${JSON.stringify(result, short, 2)}\n`);
  return file;
}

/** Five digits are more than a figure of this kind holds. */
function short(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}

function columns(rows: string[][]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}

function ms(value: number): string {
  return `${value.toFixed(2)} ms`;
}
