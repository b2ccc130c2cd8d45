import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './process.ts';
import type { VitestResult } from './reporter.ts';
import type { PartResult } from './summary.ts';

interface ProjectRun {
  project: string;
  options: string[];
  filtered: boolean;
  deep: boolean;
  /** Show vitest's own report as it comes, rather than only when something failed. */
  live: boolean;
  /** A folder for the result file. */
  scratch: string;
  env: NodeJS.ProcessEnv;
}

/** Runs one vitest project of vitest.config.ts and counts its tests. Never throws: what goes wrong is a failed count. */
export async function runProject(options: ProjectRun): Promise<PartResult> {
  const { project, scratch, live, deep } = options;
  const resultFile = join(scratch, `${project}.json`);
  const startedAt = performance.now();
  const { code, output } = await run(
    [
      process.execPath,
      join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--project',
      project,
      '--reporter',
      'default',
      '--reporter',
      join(ROOT, 'test', 'runner', 'reporter.ts'),
      // What was executed is counted here, and nothing executed is a failure below.
      '--passWithNoTests',
      ...options.options,
    ],
    { env: { ...options.env, PLIMSOLL_TEST_RESULT: resultFile }, live, timeoutMs: (deep ? 240 : 40) * 60_000 },
  );
  const durationMs = performance.now() - startedAt;
  const found: VitestResult = existsSync(resultFile)
    ? (JSON.parse(readFileSync(resultFile, 'utf8')) as VitestResult)
    : { passed: 0, failed: 0, skipped: [], failures: [], faults: ['vitest ended without a result'], files: [] };
  return {
    name: project,
    durationMs,
    report: live ? found.faults.join('\n') : output,
    slowest: slowestOf(found.files),
    ...countOf(found, { code, filtered: options.filtered }),
  };
}

/** Turns a result into counts. Anything that vitest calls a failure is one, even where no single test failed. */
export function countOf(
  found: VitestResult,
  { code, filtered }: { code: number; filtered: boolean },
): Pick<PartResult, 'passed' | 'failed' | 'skipped' | 'failures' | 'notes'> {
  const notes = [...found.faults];
  if (found.passed + found.failed === 0 && notes.length === 0 && !filtered) notes.push('executed no test');
  if (code !== 0 && found.failed === 0 && notes.length === 0) notes.push(`vitest ended with code ${code}`);
  const failures = [...found.failures, ...notes];
  return { passed: found.passed, failed: found.failed + notes.length, skipped: found.skipped, failures, notes };
}

/** The files that took longest, so that whoever adds to them sees where the minutes of the suite are. */
export function slowestOf(files: VitestResult['files']): string {
  return [...files]
    .sort((a, b) => b.ms - a.ms)
    .slice(0, 8)
    .filter(({ ms }) => ms >= 5_000)
    .map(({ name, ms }) => `${name.replace(/^test\/\w+\//, '').replace(/\.test\.ts$/, '')} ${Math.round(ms / 1_000)} s`)
    .join(', ');
}
