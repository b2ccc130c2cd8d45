/**
 * Named places at which a test lets the process die as if its machine had: by SIGKILL, without a word to anybody. A test arms one of
 * them for a process of its own by `PLIMSOLL_CRASH_AT=name`, or `name:3` for its third passing. Otherwise, and
 * always under `NODE_ENV=production`, passing a place costs one comparison and does nothing.
 */
let armed = armedBy(process.env);

/** Passes the place of that name. Does not come back where a test has armed it. */
export function crashPoint(name: string): void {
  if (armed?.name !== name) return;
  armed.passings -= 1;
  if (armed.passings > 0) return;
  armed = undefined;
  process.kill(process.pid, 'SIGKILL');
  // The signal ends the process before the next instruction of its own; nothing below may run even so.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000);
}

function armedBy(env: NodeJS.ProcessEnv): { name: string; passings: number } | undefined {
  if (env.NODE_ENV === 'production') return undefined;
  const [name, passings = '1'] = (env.PLIMSOLL_CRASH_AT ?? '').split(':');
  return name ? { name, passings: Number(passings) } : undefined;
}
