/** What one part of the suite came to. */
export interface PartResult {
  name: string;
  durationMs: number;
  passed: number;
  failed: number;
  skipped: { name: string; reason: string | undefined }[];
  /** What failed, a line each. */
  failures: string[];
  /** What failed although no test did. */
  notes: string[];
  /** What took longest, in words; empty where nobody measured. */
  slowest: string;
  /** What the part printed, shown when it failed. */
  report: string;
}

/** One check that is no vitest test; `run` resolves with the faults that it found, none if all is well. */
export interface StaticCheck {
  name: string;
  run(): Promise<string[]>;
}

/** Runs a static check: it counts as one test. */
export async function staticPart(check: StaticCheck): Promise<PartResult> {
  const startedAt = performance.now();
  const faults = await check.run().catch((error: Error) => [error.stack ?? error.message]);
  const failed = faults.length > 0;
  return {
    name: check.name,
    durationMs: performance.now() - startedAt,
    passed: failed ? 0 : 1,
    failed: failed ? 1 : 0,
    skipped: [],
    failures: faults.slice(0, 5),
    notes: [],
    slowest: '',
    report: faults.join('\n'),
  };
}

/** A part that could not be run; the first line of `why` stands beside it in the summary. */
export function failedPart(name: string, why: string, durationMs: number): PartResult {
  const [firstLine = ''] = why.split('\n');
  return {
    name,
    durationMs,
    passed: 0,
    failed: 1,
    skipped: [],
    failures: [firstLine],
    notes: [firstLine],
    slowest: '',
    report: why,
  };
}

export interface Total {
  passed: number;
  failed: number;
  skipped: number;
}

/** Adds the parts up. A run that executed nothing has failed: silence proves nothing. */
export function total(results: PartResult[], { filtered }: { filtered: boolean }): Total {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const result of results) {
    sum.passed += result.passed;
    sum.failed += result.failed;
    sum.skipped += skippedOf(result, filtered).length;
  }
  if (sum.passed + sum.failed === 0) sum.failed = 1;
  return sum;
}

export function exitCode(sum: Total): number {
  return sum.failed > 0 ? 1 : 0;
}

export function closingLine({ passed, failed, skipped }: Total): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

export function partLine(result: PartResult): string {
  const verdict = result.failed > 0 ? 'FAILED' : 'ok';
  const counts = closingLine({ passed: result.passed, failed: result.failed, skipped: 0 });
  const line = `${verdict.padEnd(7)}${result.name.padEnd(13)}${(result.durationMs / 1000).toFixed(1).padStart(6)} s   ${counts}`;
  const slowest = result.slowest === '' ? [] : [`slowest: ${result.slowest}`];
  return [line, ...[...result.notes, ...slowest].map((note) => `       ${note}`)].join('\n');
}

/** Names everything that failed. Among the last lines: whoever keeps only the end of a long report must find it there. */
export function failureLines(results: PartResult[]): string[] {
  const failures = results.flatMap(({ name, failures: each }) => each.map((failure) => `  ${name}: ${failure}`));
  return failures.length === 0 ? [] : ['', 'FAILED:', ...failures];
}

/** Names everything that was skipped, with its reason. */
export function skipLines(results: PartResult[], { filtered }: { filtered: boolean }): string[] {
  const skipped = results.flatMap((result) => skippedOf(result, filtered));
  if (skipped.length === 0) return [];
  return [
    '',
    'SKIPPED, so not proved by this run:',
    ...skipped.map((s) => `  ${s.name}: ${s.reason ?? 'no reason given'}`),
  ];
}

/** With a filter, vitest reports what didn't match it as skipped, too: only a reason tells the difference. */
function skippedOf(result: PartResult, filtered: boolean): PartResult['skipped'] {
  return filtered ? result.skipped.filter((s) => s.reason !== undefined) : result.skipped;
}
