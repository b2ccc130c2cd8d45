import type { Logger } from './log.ts';

export interface Shutdown {
  /** From the first signal on; readiness says no then, so that nobody sends new work. */
  readonly hasBegun: boolean;
  /** Fires when the end begins: whoever waits or retries stops. */
  readonly signal: AbortSignal;
  /** Adds a step. The last one added runs first, as it may need what was made before it. */
  add(name: string, step: () => Promise<void>): void;
  /** Begins the end without a signal, for a process that can't go on (`exitCode` 1) or has nothing left to do. */
  begin(reason: string, exitCode?: number): Promise<void>;
}

/** What a shutdown acts upon; `process` itself but in tests. */
export interface ShutdownProcess {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  exit(code: number): void;
}

/**
 * Ends the process in an orderly way on SIGTERM or SIGINT: runs each step once, one after the other, within `graceMs`
 * milliseconds in all, then exits. Exit code 0, or 1 where a step failed or the time was up; a step that fails doesn't
 * keep the others from running. Never throws.
 *
 * Further signals change nothing: Ctrl-C reaches a whole process group, and a parent that forwards it makes two of one.
 */
export function createShutdown(
  { log, graceMs }: { log: Logger; graceMs: number },
  target: ShutdownProcess = process,
): Shutdown {
  const steps: { name: string; run: () => Promise<void> }[] = [];
  const controller = new AbortController();
  let ending: Promise<void> | undefined;

  const end = async (reason: string, wantedCode: number): Promise<void> => {
    log.info({ reason }, 'ending');
    controller.abort();
    const deadline = Date.now() + graceMs;
    let exitCode = wantedCode;
    for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
      try {
        if (!(await finishesBy(deadline, step.run()))) {
          log.error({ step: step.name, graceMs }, 'the time to end is up: what is left is cut off');
          exitCode = 1;
          break;
        }
      } catch (error) {
        log.error({ step: step.name, err: error }, 'a step of the end failed');
        exitCode = 1;
      }
    }
    log.info({ exitCode }, 'ended');
    target.exit(exitCode);
  };
  const begin = (reason: string, exitCode = 0): Promise<void> => (ending ??= end(reason, exitCode));

  for (const name of ['SIGTERM', 'SIGINT'] as const) target.on(name, () => void begin(name));

  return {
    get hasBegun() {
      return ending !== undefined;
    },
    signal: controller.signal,
    add: (name, run) => void steps.push({ name, run }),
    begin,
  };
}

/** Whether the work was done at `deadline` (epoch milliseconds). @throws what the work throws */
async function finishesBy(deadline: number, work: Promise<void>): Promise<boolean> {
  const timeIsUp = Promise.withResolvers<false>();
  const timer = setTimeout(() => timeIsUp.resolve(false), Math.max(0, deadline - Date.now()));
  try {
    return await Promise.race([work.then(() => true as const), timeIsUp.promise]);
  } finally {
    clearTimeout(timer);
  }
}
