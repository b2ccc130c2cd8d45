import { connect, type Socket } from 'node:net';

/** HTTP over a bare socket, for what no client library would send. */

export interface RawAnswer {
  status: number;
  /** By lower-case name; a repeated header's values are joined by a comma. */
  headers: Record<string, string>;
  body: string;
}

export interface RawConnection {
  socket: Socket;
  send(bytes: string | Uint8Array): void;
  /**
   * The next answer; `undefined` when the connection ends or breaks before one. Interim answers (100) are skipped.
   * @throws when what comes is not HTTP/1.1, or nothing comes for `deadlineMs`
   */
  answer(options?: { bodiless?: boolean; deadlineMs?: number }): Promise<RawAnswer | undefined>;
  /** Resolves when the other side has ended the connection; @throws when it has not within `deadlineMs`. */
  ended(deadlineMs?: number): Promise<void>;
  /** How many interim answers came. */
  readonly interim: number;
}

const DEADLINE_MS = 5_000;

export async function rawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let received = Buffer.alloc(0);
  const state = { hasEnded: false };
  let interim = 0;
  let changed = Promise.withResolvers<void>();
  const wake = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    wake();
  });
  const end = () => {
    state.hasEnded = true;
    wake();
  };
  socket.on('end', end).on('close', end).on('error', end);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));

  const somethingNew = async (until: number, what: string): Promise<void> => {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(() => late.reject(new Error(`Nothing came in time: ${what}`)), until - Date.now());
    await Promise.race([changed.promise, late.promise]).finally(() => clearTimeout(timer));
  };

  return {
    socket,
    get interim() {
      return interim;
    },
    send: (bytes) => void socket.write(bytes),

    async answer({ bodiless = false, deadlineMs = DEADLINE_MS } = {}) {
      const until = Date.now() + deadlineMs;
      for (;;) {
        const found = parseAnswer(received, bodiless, state.hasEnded);
        if (found) {
          received = received.subarray(found.size);
          if (found.answer.status >= 200) return found.answer;
          interim += 1;
        } else if (state.hasEnded) {
          if (received.length > 0) throw new Error(`An answer was cut off: ${JSON.stringify(received.toString())}`);
          return undefined;
        } else await somethingNew(until, `an answer (so far ${JSON.stringify(received.toString('latin1'))})`);
      }
    },

    async ended(deadlineMs = DEADLINE_MS) {
      const until = Date.now() + deadlineMs;
      while (!state.hasEnded) await somethingNew(until, 'the end of the connection');
    },
  };
}

/** Sends bytes on a connection of their own and gives every answer until the server ends it or `count` have come. */
export async function exchange(
  url: string,
  bytes: string | Uint8Array,
  { count = 1, bodiless = false }: { count?: number; bodiless?: boolean } = {},
): Promise<RawAnswer[]> {
  const connection = await rawConnection(url);
  connection.send(bytes);
  const answers: RawAnswer[] = [];
  try {
    while (answers.length < count) {
      const answer = await connection.answer({ bodiless });
      if (!answer) break;
      answers.push(answer);
    }
    return answers;
  } finally {
    connection.socket.destroy();
  }
}

/** The text of a request; `Host` is there, and `Content-Length` where there is a body. */
export function requestText(
  method: string,
  path: string,
  headers: Record<string, string | number> = {},
  body?: string,
): string {
  const all: Record<string, string | number> = {
    Host: 'plimsoll.test',
    ...(body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`;
}

function parseAnswer(
  bytes: Buffer,
  bodiless: boolean,
  hasEnded: boolean,
): { answer: RawAnswer; size: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n');
  const status = /^HTTP\/1\.1 ([1-5]\d\d) [\x20-\x7e]*$/.exec(statusLine)?.[1];
  if (!status) throw new Error(`This is no status line: ${JSON.stringify(statusLine)}`);
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+): ?([\x20-\x7e\t]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`This is no header: ${JSON.stringify(line)}`);
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  const begin = headEnd + 4;
  const isInterim = status.startsWith('1');
  const length = headers['content-length'];
  if (headers['transfer-encoding'] !== undefined) throw new Error('Our answers are whole: none is sent in chunks');
  if (!isInterim && length === undefined) {
    if (!hasEnded) return undefined;
    throw new Error(`An answer has no length: ${statusLine}`);
  }
  const size = isInterim || bodiless ? 0 : Number(length);
  if (bytes.length < begin + size) return undefined;
  const body = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(begin, begin + size));
  return { answer: { status: Number(status), headers, body }, size: begin + size };
}
