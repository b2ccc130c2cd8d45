import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArguments, USAGE } from './arguments.ts';
import { runMutation } from './mutation.ts';
import { endRunning } from './process.ts';
import { startThrowawayStack, type ThrowawayStack } from './stack.ts';
import { STATIC_CHECKS } from './static.ts';
import {
  closingLine,
  exitCode,
  failedPart,
  failureLines,
  type PartResult,
  partLine,
  skipLines,
  staticPart,
  total,
} from './summary.ts';
import { runProject } from './vitest.ts';

// `bin/test`: checks, and tests on a stack of its own. Parts that don't wait for the stack run while it starts.

const plan = parseArguments(process.argv.slice(2));
if ('fault' in plan) {
  process.stderr.write(`${plan.fault}\n${USAGE}`);
  process.exit(2);
}
const { parts, toolOptions, filtered, deep } = plan;
if (deep) process.env.PLIMSOLL_DEEP = '1';

const results: PartResult[] = [];
const scratch = mkdtempSync(join(tmpdir(), 'plimsoll-results-'));
let stack: ThrowawayStack | undefined;
const interruption = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) return endRunning('SIGKILL');
    interruption.abort();
    process.stderr.write(`\n${signal}: stopping what was started…\n`);
    endRunning('SIGTERM');
  });
}

try {
  if (parts.includes('integration') && !process.env.PLIMSOLL_TEST_HOME) stack = startThrowawayStack();
  // Awaited below by the part that needs it; a failure before that must not end this process.
  const stackReady = Promise.allSettled([stack?.ready]).then(([only]) => only);

  const live = parts.length === 1;
  const jobs: (() => Promise<PartResult>)[] = [];
  if (parts.includes('static')) for (const check of STATIC_CHECKS) jobs.push(() => staticPart(check));
  for (const part of parts) {
    if (part === 'static') continue;
    if (part === 'mutation') {
      jobs.push(() => runMutation({ options: toolOptions, live }));
      continue;
    }
    const job = async (): Promise<PartResult> => {
      const options = { project: part, options: toolOptions, filtered, deep, live, scratch };
      if (part !== 'integration') return runProject({ ...options, env: {} });
      const waitedFrom = performance.now();
      const started = await stackReady;
      if (started.status === 'rejected') {
        const why = `The stack did not start. ${started.reason.message}`;
        return failedPart(part, why, performance.now() - waitedFrom);
      }
      const result = await runProject({ ...options, env: stack ? { PLIMSOLL_TEST_HOME: stack.home } : {} });
      if (result.failed > 0 && stack) result.report += `\nThe ends of the logs:\n${stack.logTails(25)}\n`;
      return result;
    };
    // By far the longest, and it waits for servers much of the time: it has a lane for itself from the start.
    if (part === 'integration') jobs.unshift(job);
    else jobs.push(job);
  }
  await inTwoLanes(jobs, (result) => {
    results.push(result);
    if (result.failed > 0 && !interruption.signal.aborted) process.stdout.write(`${result.report}\n`);
    process.stdout.write(`${partLine(result)}\n`);
  });
} finally {
  endRunning('SIGTERM');
  await stack?.stop();
  rmSync(scratch, { recursive: true, force: true });
}

const sum = total(results, { filtered });
for (const line of skipLines(results, { filtered })) process.stdout.write(`${line}\n`);
for (const line of failureLines(results)) process.stdout.write(`${line}\n`);
if (interruption.signal.aborted) process.stdout.write('Interrupted: the counts below are incomplete.\n');
process.stdout.write(`\n${closingLine(sum)}\n`);
process.exitCode = interruption.signal.aborted ? 130 : exitCode(sum);

/** Runs the jobs in their order, two at a time: on two cores more would only make each slower. */
async function inTwoLanes<T>(queue: (() => Promise<T>)[], done: (result: T) => void): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let job = queue.shift(); job && !interruption.signal.aborted; job = queue.shift()) done(await job());
  };
  await Promise.all([lane(), lane()]);
}
