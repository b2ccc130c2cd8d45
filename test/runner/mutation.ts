import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run } from './process.ts';
import { failedPart, type PartResult } from './summary.ts';

/**
 * What became of the mutants of one file. `killed`: a test failed, or never ended. `survived`: every test passed, or none runs the
 * line.
 */
export interface MutationScore {
  killed: number;
  survived: number;
}
export type MutationScores = Record<string, MutationScore>;

/** Percent of all files' mutants that must be killed. */
export const LEAST_KILLED = 90;

export const REPORT = join(ROOT, '.plimsoll-mutation', 'report.json');
export const SCORES = join(ROOT, 'test', 'mutation', 'scores.json');

/** Runs Stryker with stryker.config.json and counts each file as one test. Never throws: what goes wrong is a failed count. */
export async function runMutation({ options, live }: { options: string[]; live: boolean }): Promise<PartResult> {
  const startedAt = performance.now();
  rmSync(REPORT, { force: true });
  const stryker = join(ROOT, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  // Big samples would be taken for each mutant again.
  const env = { PLIMSOLL_DEEP: '' };
  const { code, output } = await run([process.execPath, stryker, 'run', ...options], {
    env,
    live,
    timeoutMs: 5 * 60 * 60_000,
  });
  const durationMs = performance.now() - startedAt;
  if (code !== 0 || !existsSync(REPORT))
    return failedPart('mutation', `stryker ended with code ${code}\n${output}`, durationMs);
  const scores = scoresOf(readFileSync(REPORT, 'utf8'));
  const faults = scoreFaults(scores, knownScores());
  return {
    name: 'mutation',
    durationMs,
    passed: Math.max(0, Object.keys(scores).length - faults.length),
    failed: faults.length,
    skipped: [],
    failures: faults,
    notes: [],
    slowest: '',
    report: live ? '' : output,
  };
}

/** The scores that the repository holds: those of the last whole run. */
export function knownScores(): MutationScores {
  return JSON.parse(readFileSync(SCORES, 'utf8')) as MutationScores;
}

/** Reads Stryker's report (the mutation-testing-elements schema) by file, in the order of their names. */
export function scoresOf(report: string): MutationScores {
  const { files } = JSON.parse(report) as { files: Record<string, { mutants: { status: string }[] }> };
  const scores = Object.entries(files).map(([file, { mutants }]): [string, MutationScore] => {
    const count = (...statuses: string[]): number => mutants.filter(({ status }) => statuses.includes(status)).length;
    return [file, { killed: count('Killed', 'Timeout'), survived: count('Survived', 'NoCoverage') }];
  });
  return Object.fromEntries(scores.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Percent killed; a file without mutants has nothing to kill. */
export function percent(scores: readonly MutationScore[]): number {
  const killed = scores.reduce((sum, score) => sum + score.killed, 0);
  const survived = scores.reduce((sum, score) => sum + score.survived, 0);
  return killed + survived === 0 ? 100 : (100 * killed) / (killed + survived);
}

/**
 * The files in which more mutants survive than the repository knows of, and those that it doesn't know and of whose mutants too few
 * are killed; and all of them together, if too few are.
 */
export function scoreFaults(scores: MutationScores, known: MutationScores): string[] {
  const entries = Object.entries(scores);
  if (entries.length === 0) return ['no file was mutated'];
  const faults = entries.flatMap(([file, score]) => {
    const before = known[file];
    if (before)
      return score.survived > before.survived
        ? [`${file}: ${score.survived} survive, and were ${before.survived}`]
        : [];
    return percent([score]) < LEAST_KILLED ? [`${file}: ${percent([score]).toFixed(1)} % killed`] : [];
  });
  const all = percent(Object.values({ ...known, ...scores }));
  return all < LEAST_KILLED ? [...faults, `${all.toFixed(1)} % killed; ${LEAST_KILLED} are the least`] : faults;
}
