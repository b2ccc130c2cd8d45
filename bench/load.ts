import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { cpuMicroseconds } from './cpu.ts';

/**
 * The load generator, a process of its own: bare sockets, requests made beforehand, answers checked one by one. It is told
 * what to do in messages of its parent and answers each with what it measured.
 */

export interface Job {
  port: number;
  /** A file with the bodies of requests' licence keys, one a line; they are asked for in turn. */
  keysFile: string;
  productKey: string;
  connections: number;
  /** The server's process, whose CPU time is taken at both ends; of a server of several processes, all of them. */
  pid: number | readonly number[];
  /**
   * `closed`: every connection asks again as soon as it is answered, for `seconds`.
   * `open`: `perSecond` calls a second begin when they are due, whether or not others are answered; latency counts from then.
   * `count`: exactly `calls` calls, as `closed`; 429 is an answer too.
   */
  load:
    | { kind: 'closed'; seconds: number }
    | { kind: 'open'; seconds: number; perSecond: number }
    | { kind: 'count'; calls: number };
}

export interface Measured {
  /** Answers with status 200 and `"valid":true`. */
  valid: number;
  /** Answers with status 429. */
  refused: number;
  seconds: number;
  serverCpuMicroseconds: number;
  /** Of an open loop, milliseconds from when the call was due: p50, p99, p99.9 and the worst. */
  latencyMs?: { p50: number; p99: number; p999: number; most: number };
}

interface Connection {
  socket: Socket;
  partial: string;
  dueAtMs: number;
}

process.on('message', (job: Job) => {
  run(job).then(
    (measured) => process.send!({ measured }),
    (error: unknown) => process.send!({ failed: String((error as Error).stack ?? error) }),
  );
});
process.send?.({ ready: true });

async function run(job: Job): Promise<Measured> {
  const requests = requestsOf(job);
  const done = Promise.withResolvers<void>();
  const connections: Connection[] = [];
  const measured: Measured = { valid: 0, refused: 0, seconds: 0, serverCpuMicroseconds: 0 };
  const latencies: number[] = [];
  let asked = 0;
  let answered = 0;
  // Set by the kind of load: what a connection does once it is answered.
  let onFree: (connection: Connection) => void;

  const ask = (connection: Connection, dueAtMs = 0): void => {
    connection.dueAtMs = dueAtMs;
    connection.socket.write(requests[asked % requests.length]!);
    asked += 1;
  };
  const take = (connection: Connection, bytes: number, buffer: Uint8Array): boolean => {
    const text = connection.partial + (buffer as Buffer).toString('latin1', 0, bytes);
    const head = text.indexOf('\r\n\r\n');
    const length = head < 0 ? undefined : /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1];
    if (head < 0 || (length !== undefined && text.length < head + 4 + Number(length))) {
      connection.partial = text;
      return true;
    }
    connection.partial = '';
    if (text.startsWith('HTTP/1.1 200 ') && text.includes('"valid":true', head)) measured.valid += 1;
    else if (job.load.kind === 'count' && text.startsWith('HTTP/1.1 429 ')) measured.refused += 1;
    else done.reject(new Error(`An answer is not 200 and valid:\n${text}`));
    answered += 1;
    onFree(connection);
    return true;
  };

  await Promise.all(
    Array.from({ length: job.connections }, async () => {
      const buffer = Buffer.allocUnsafe(16_384);
      const socket = connect({
        host: '127.0.0.1',
        port: job.port,
        noDelay: true,
        onread: { buffer, callback: (bytes, chunk) => take(connection, bytes, chunk) },
      });
      const connection: Connection = { socket, partial: '', dueAtMs: 0 };
      socket.on('error', (error) => done.reject(error));
      socket.on('close', () => done.reject(new Error('The server closed a connection')));
      await new Promise<void>((resolve) => socket.once('connect', resolve));
      connections.push(connection);
    }),
  );

  const pids = [job.pid].flat();
  const cpuOfServer = (): number => pids.reduce((sum, pid) => sum + cpuMicroseconds(pid), 0);
  const cpuBefore = cpuOfServer();
  const begin = performance.now();
  const { load } = job;
  if (load.kind === 'open') {
    const calls = Math.round(load.seconds * load.perSecond);
    const free = [...connections];
    const waiting: number[] = [];
    onFree = (connection) => {
      latencies.push(performance.now() - connection.dueAtMs);
      const next = waiting.shift();
      if (next === undefined) free.push(connection);
      else ask(connection, next);
      if (answered === calls) done.resolve();
    };
    let due = 0;
    const tick = (): void => {
      const now = performance.now();
      for (; due < calls; due += 1) {
        const dueAtMs = begin + (due * 1_000) / load.perSecond;
        if (dueAtMs > now) break;
        const connection = free.pop();
        if (connection) ask(connection, dueAtMs);
        else waiting.push(dueAtMs);
      }
      if (due >= calls) return;
      // Not a timer: those are late by up to a millisecond, which is more than what is measured. Not without a pause either: Redis
      // runs on the same core, and whoever spins there is not preempted at once for it.
      if (begin + (due * 1_000) / load.perSecond - performance.now() > PAUSE_MS)
        Atomics.wait(NEVER_WOKEN, 0, 0, PAUSE_MS);
      setImmediate(tick);
    };
    tick();
  } else {
    const isOver =
      load.kind === 'closed' ? () => performance.now() - begin >= load.seconds * 1_000 : () => asked >= load.calls;
    onFree = (connection) => {
      if (!isOver()) ask(connection);
      else if (answered === asked) done.resolve();
    };
    for (const connection of connections) ask(connection);
  }
  try {
    await done.promise;
  } finally {
    measured.seconds = (performance.now() - begin) / 1_000;
    measured.serverCpuMicroseconds = cpuOfServer() - cpuBefore;
    for (const { socket } of connections) socket.removeAllListeners('close').destroy();
  }
  if (load.kind === 'open') measured.latencyMs = percentiles(latencies);
  return measured;
}

/** Between two looks at the clock and the sockets of an open loop: its share in what is measured as latency is half of that. */
const PAUSE_MS = 0.05;
const NEVER_WOKEN = new Int32Array(new SharedArrayBuffer(4));

function requestsOf({ keysFile, productKey, port }: Job): Buffer[] {
  return readFileSync(keysFile, 'utf8')
    .split('\n')
    .map((key) => {
      const body = JSON.stringify({ license_key: key });
      return Buffer.from(
        `POST /api/v1/validate HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${productKey}\r\n` +
          `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    });
}

function percentiles(latencies: number[]): NonNullable<Measured['latencyMs']> {
  const sorted = Float64Array.from(latencies).sort();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999), most: sorted.at(-1)! };
}
