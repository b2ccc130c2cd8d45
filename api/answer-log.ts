import { infoInOurWords, type Logger } from '../runtime/log.ts';

/** One request that was answered, in our own words. */
export interface Answered {
  requestId: string;
  /** The pattern of its route. */
  route: string;
  method: string;
  status: number;
  code: string | undefined;
  ms: number;
}

export interface AnswerLog {
  /** @param isOurs whether the request id is ours: one that the caller made may be anything, a key too */
  answered(line: Answered, isOurs: boolean): void;
  /** Writes what is not written yet. */
  close(): void;
}

/** How often what was summed is written. */
const SUMMED_MS = 10_000;
/** A call that takes longer is worth a line of its own, whatever its answer: it is far beyond what any call takes. */
const SLOW_MS = 250;

/**
 * Tells the log of answers. Refusals, failures and slow calls have a line each. Of the others there is one line for each route,
 * method and status every ten seconds, unless `each` asks for a line of each: writing it would cost a sixth of a validation, and
 * at thousands a second nobody reads them (bench/README.md). What the calls were about is in the usage log, each of them.
 */
export function createAnswerLog(log: Logger, successes: 'summed' | 'each'): AnswerLog {
  const isSummed = successes === 'summed';
  let sums = new Map<string, Sum>();
  /** The last one, since the next call is mostly like the one before. */
  let latest: Sum | undefined;
  let timer: NodeJS.Timeout | undefined;

  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    latest = undefined;
    const written = sums;
    sums = new Map();
    for (const { route, method, status, calls, ms, mostMs } of written.values()) {
      const fields = { route, method, status, calls, meanMs: hundredths(ms / calls), mostMs: hundredths(mostMs) };
      infoInOurWords(log, fields, 'answered');
    }
  };
  const sumOf = ({ route, method, status }: Answered): Sum => {
    if (latest && latest.route === route && latest.status === status && latest.method === method) return latest;
    const key = `${status} ${method} ${route}`;
    latest = sums.get(key) ?? { route, method, status, calls: 0, ms: 0, mostMs: 0 };
    sums.set(key, latest);
    return latest;
  };

  return {
    answered(line, isOurs) {
      const { status, ms } = line;
      if (isSummed && status < 400 && ms < SLOW_MS) {
        const sum = sumOf(line);
        sum.calls += 1;
        sum.ms += ms;
        if (ms > sum.mostMs) sum.mostMs = ms;
        timer ??= setTimeout(write, SUMMED_MS).unref();
        return;
      }
      const fields = { ...line, ms: hundredths(ms) };
      if (isOurs) infoInOurWords(log, fields, 'answered');
      else log.info(fields, 'answered');
    },
    close: write,
  };
}

interface Sum {
  route: string;
  method: string;
  status: number;
  calls: number;
  ms: number;
  mostMs: number;
}

function hundredths(ms: number): number {
  return Math.round(ms * 100) / 100;
}
