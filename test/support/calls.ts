import { Agent, request } from 'node:http';

/** One call of a load, from its first byte to its end. */
export interface LoadCall {
  /** Whether its connection was made for it; else an earlier call had it before. */
  isFirst: boolean;
  beganAtMs: number;
  endedAtMs: number;
  /** The HTTP status, or how it failed: `ECONNREFUSED`, `ECONNRESET`, `no answer`, `wrong body`. */
  outcome: string;
  /** What `Plimsoll-Degraded` said. */
  degraded: string | undefined;
}

export interface Load {
  calls: LoadCall[];
  /** Sends no more, and waits for what is under way. */
  stop(): Promise<LoadCall[]>;
}

const GIVES_UP_MS = 10_000;

/**
 * Calls `POST /api/v1/validate` again and again until it is stopped: `keepAlive` callers that keep their connections, and `oneShot`
 * callers that make one for each call. Nothing is tried twice, so every failure is seen. It stops by itself when about `mostServed` were
 * served: those that are under way then are a few more.
 */
export function startLoad(
  url: string,
  product: { apiKey: string; licenseKey: string },
  {
    keepAlive,
    oneShot,
    pauseMs = 0,
    mostServed = Infinity,
  }: { keepAlive: number; oneShot: number; pauseMs?: number; mostServed?: number },
): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: keepAlive });
  const calls: LoadCall[] = [];
  const load = { isOver: false };
  let served = 0;
  const caller = async (isOneShot: boolean): Promise<void> => {
    while (!load.isOver && served < mostServed) {
      const beganAtMs = Date.now();
      const answer = await callOnce(url, product, isOneShot ? undefined : agent);
      if (answer.outcome === '200') served += 1;
      calls.push({ beganAtMs, endedAtMs: Date.now(), ...answer });
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  const callers = [
    ...Array.from({ length: keepAlive }, () => caller(false)),
    ...Array.from({ length: oneShot }, () => caller(true)),
  ];
  return {
    calls,
    async stop() {
      load.isOver = true;
      await Promise.all(callers);
      agent.destroy();
      return calls;
    },
  };
}

function callOnce(
  url: string,
  { apiKey, licenseKey }: { apiKey: string; licenseKey: string },
  agent: Agent | undefined,
): Promise<Pick<LoadCall, 'isFirst' | 'outcome' | 'degraded'>> {
  const body = JSON.stringify({ license_key: licenseKey });
  const headers = { authorization: `Bearer ${apiKey}`, 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException): void =>
      resolve({ isFirst: !call.reusedSocket, outcome: error.code ?? error.message, degraded: undefined });
    const call = request(
      `${url}/api/v1/validate`,
      { method: 'POST', headers, agent: agent ?? false, timeout: GIVES_UP_MS },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('error', failed);
        response.on('end', () =>
          resolve({
            isFirst: !call.reusedSocket,
            outcome: outcomeOf(response.statusCode ?? 0, text),
            degraded: degradedOf(response.headers),
          }),
        );
      },
    );
    call.on('timeout', () => call.destroy(new Error('no answer')));
    call.on('error', failed);
    call.end(body);
  });
}

/** A 200 must be the verdict that was asked for, whole. */
function outcomeOf(status: number, text: string): string {
  if (status !== 200) return String(status);
  try {
    const { valid, status: verdict } = JSON.parse(text) as { valid: unknown; status: unknown };
    return valid === true && verdict === 'active' ? '200' : 'wrong body';
  } catch {
    return 'wrong body';
  }
}

function degradedOf(headers: Record<string, string | string[] | undefined>): string | undefined {
  const said = headers['plimsoll-degraded'];
  return Array.isArray(said) ? said.join() : said;
}

/** How many calls had which outcome. */
export function byOutcome(calls: LoadCall[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of calls) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
