import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/** What one vitest run came to. Written as JSON to the file that PLIMSOLL_TEST_RESULT names. */
export interface VitestResult {
  passed: number;
  failed: number;
  /** Tests that didn't run, with the reason that `context.skip(reason)` gave; `undefined`: none was given. */
  skipped: { name: string; reason: string | undefined }[];
  /** The tests that failed, with the first line of what they say. */
  failures: string[];
  /** What failed outside any test: a file that can't be loaded, a hook, a rejection that nobody handled. */
  faults: string[];
  /** How long each file took, in milliseconds. */
  files: { name: string; ms: number }[];
}

/**
 * Vitest's own JSON reporter leaves out why a test was skipped and what failed outside of tests. Both must reach the last
 * lines of `bin/test`: a suite that quietly tests less than it seems to is worse than one that fails.
 */
export default class ResultReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const file = process.env.PLIMSOLL_TEST_RESULT;
    if (!file) throw new Error('PLIMSOLL_TEST_RESULT must name the file for the result');
    const faults = unhandled.map((e) => e.message);
    const result: VitestResult = { passed: 0, failed: 0, skipped: [], failures: [], faults, files: [] };
    for (const module of modules) {
      result.files.push({ name: module.relativeModuleId, ms: module.diagnostic().duration });
      result.faults.push(...module.errors().map((e) => `${module.relativeModuleId}: ${e.message}`));
      for (const suite of module.children.allSuites()) {
        result.faults.push(...suite.errors().map((e) => `${suite.fullName}: ${e.message}`));
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'passed') result.passed += 1;
        else if (state === 'failed') {
          result.failed += 1;
          const why = errors?.[0]?.message.split('\n')[0] ?? 'no error given';
          result.failures.push(`${module.relativeModuleId}: ${test.fullName}: ${why}`);
        } else result.skipped.push({ name: `${module.relativeModuleId}: ${test.fullName}`, reason: noteOf(test) });
      }
    }
    writeFileSync(file, JSON.stringify(result));
  }
}

function noteOf(test: ReturnType<TestModule['children']['allTests']> extends Iterable<infer T> ? T : never) {
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
}
