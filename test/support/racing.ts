import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { quickStart } from './stack.ts';

/**
 * Runs a script in processes of their own, one for each argument, and lets them all begin at the same moment: each prints `ready` when
 * it is, begins when it is told to, and prints what came of its attempts as a list of texts. Gives all of them.
 */
export async function race(script: URL, args: readonly object[]): Promise<string[]> {
  const racers = args.map((arg) => {
    const child = spawn(process.execPath, [fileURLToPath(script), JSON.stringify(arg)], {
      env: { ...process.env, ...quickStart() },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let output = '';
    const ready = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<string[]>();
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.startsWith('ready\n')) ready.resolve();
    });
    child.once('close', (code) => {
      const failure = new Error(`A racing process ended with ${code}: ${output}`);
      ready.reject(failure);
      if (code === 0) ended.resolve(JSON.parse(output.split('\n')[1]!) as string[]);
      else ended.reject(failure);
    });
    return { child, ready: ready.promise, ended: ended.promise };
  });
  await Promise.all(racers.map(({ ready }) => ready));
  for (const { child } of racers) child.stdin.end('go\n');
  return (await Promise.all(racers.map(({ ended }) => ended))).flat();
}

/** The other side of it: tells that this process is ready, waits, runs all attempts at once, and tells what came of them. */
export async function raceHere(attempts: readonly (() => Promise<unknown>)[]): Promise<void> {
  process.stdout.write('ready\n');
  await new Promise((resolve) => process.stdin.once('data', resolve));
  const settled = await Promise.allSettled(attempts.map((attempt) => attempt()));
  const outcomes = settled.map((each) =>
    each.status === 'fulfilled' ? 'made' : String((each.reason as { code?: string }).code ?? each.reason),
  );
  process.stdout.write(`${JSON.stringify(outcomes)}\n`);
}

export function tallied(outcomes: readonly string[]): Record<string, number> {
  const tally: Record<string, number> = {};
  for (const outcome of outcomes) tally[outcome] = (tally[outcome] ?? 0) + 1;
  return tally;
}
