import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Seed } from '../seed.ts';

/** What the floors have in common: they are told everything in environment variables, and say their port on stdout. */

export function readSeed(): Seed {
  return JSON.parse(readFileSync(process.env['BENCH_SEED']!, 'utf8')) as Seed;
}

/** Listens on any free port of loopback and prints `listening <port>`. */
export function serve(listener: RequestListener): void {
  const server = createServer({ keepAliveTimeout: 75_000, noDelay: true }, listener);
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, () => {
    process.stdout.write(`listening ${(server.address() as AddressInfo).port}\n`);
  });
}

/** The cheapest way to a body: its first chunk as it is, which is nearly always all of it. */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let body: Buffer | undefined;
    request.on('data', (chunk: Buffer) => (body = body ? Buffer.concat([body, chunk]) : chunk));
    request.on('end', () => resolve(body ?? Buffer.alloc(0)));
    request.on('error', reject);
  });
}

/** Nine of the ten fields of an answer (docs/spec/keyport.md §3.3), as our validate answers for the bench's licences. */
export const PAYLOAD = {
  valid: true,
  status: 'active',
  expires: null,
  ip_registered: true,
  ip_count: 1,
  max_ips: null,
  version: null,
  version_valid: null,
  custom: null,
};

/** The whole answer with a signature of the right length, for floors that sign nothing. */
export const FIXED_ANSWER = JSON.stringify({ ...PAYLOAD, signature: '0'.repeat(64) });
