import { globSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { INSTRUMENTER_CONSTANTS, type MutantCoverage } from '@stryker-mutator/api/core';
import { declareClassPlugin, PluginKind } from '@stryker-mutator/api/plugin';
import {
  type DryRunOptions,
  type DryRunResult,
  DryRunStatus,
  determineHitLimitReached,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  type TestRunnerCapabilities,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner';
import { type GatheredTest, gather } from './tests.ts';

/**
 * Stryker's test runner for `domain/`. Its tests are pure functions of pure modules, so they are loaded once and run in this process
 * for one mutant after the other: milliseconds for each, where a worker of vitest's would take a second.
 */
class InProcessRunner implements TestRunner {
  readonly #namespace = namespace();
  readonly #tests: LoadedTest[] = [];
  readonly #lastedMs = new Map<string, number>();

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    for (const file of globSync(TEST_FILES, { cwd: process.cwd() }).sort()) this.#tests.push(...(await load(file)));
  }

  async dryRun({ files = [] }: DryRunOptions): Promise<DryRunResult> {
    const chosen = this.#tests.filter(({ file }) => files.some((module) => reaches(file, module)));
    const tests = await this.#run(chosen, { bail: false });
    return { status: DryRunStatus.Complete, tests, mutantCoverage: coverageOf(this.#namespace) };
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, hitLimit, mutantActivation, sandboxFileName } = options;
    Object.assign(this.#namespace, { hitLimit, hitCount: 0, activeMutant: undefined });
    const isStatic = mutantActivation === 'static';
    const isLoadedAnew = isStatic || REMEMBERING.some((file) => sandboxFileName.endsWith(file));
    const tests = isLoadedAnew
      ? await this.#runAnew(options, { isStatic })
      : await this.#runFor(activeMutant.id, this.#chosen(this.#tests, options));
    this.#namespace.activeMutant = undefined;
    const result: DryRunResult = { status: DryRunStatus.Complete, tests };
    return toMutantRunResult(determineHitLimitReached(this.#namespace.hitCount, hitLimit) ?? result);
  }

  /** With modules of its own, file by file until a test fails: the mutant changes what is computed while loading, or is remembered. */
  async #runAnew(options: MutantRunOptions, { isStatic }: { isStatic: boolean }): Promise<TestResult[]> {
    generation += 1;
    const wanted = new Set(this.#chosen(this.#tests, options).map(({ file }) => file));
    const results: TestResult[] = [];
    for (const file of wanted) {
      if (!reaches(file, options.sandboxFileName)) continue;
      if (isStatic) this.#namespace.activeMutant = options.activeMutant.id;
      const tests = this.#chosen(await load(file), options);
      results.push(...(await this.#runFor(options.activeMutant.id, tests)));
      this.#namespace.activeMutant = undefined;
      if (results.at(-1)?.status === TestStatus.Failed) break;
    }
    return results;
  }

  #runFor(mutantId: string, tests: readonly LoadedTest[]): Promise<TestResult[]> {
    this.#namespace.activeMutant = mutantId;
    return this.#run(tests, { bail: true });
  }

  /** Those that reach the mutant, the quick ones first: most are killed by one of them. */
  #chosen(tests: readonly LoadedTest[], { testFilter }: MutantRunOptions): LoadedTest[] {
    return tests
      .filter(({ id }) => testFilter?.includes(id) ?? true)
      .sort((a, b) => (this.#lastedMs.get(a.id) ?? 0) - (this.#lastedMs.get(b.id) ?? 0));
  }

  async #run(tests: readonly LoadedTest[], { bail }: { bail: boolean }): Promise<TestResult[]> {
    const results: TestResult[] = [];
    for (const { id, name, file, run } of tests) {
      const startedAt = performance.now();
      this.#namespace.currentTestId = id;
      const failure = await failureOf(run);
      this.#namespace.currentTestId = undefined;
      const timeSpentMs = performance.now() - startedAt;
      this.#lastedMs.set(id, timeSpentMs);
      const base = { id, name, fileName: join(process.cwd(), file), timeSpentMs };
      if (failure === undefined) results.push({ ...base, status: TestStatus.Success });
      else results.push({ ...base, status: TestStatus.Failed, failureMessage: failure });
      if (failure !== undefined && bail) break;
    }
    return results;
  }
}

const TEST_FILES = 'test/unit/{plans,program,validation,usage}/**/*.test.ts';

/** Modules that remember between two calls: what one mutant left there would be another's. */
const REMEMBERING = ['plans/calendar.ts', 'plans/periods.ts', 'plans/shape.ts'];

/** What Stryker's mutated code and its test runner tell each other. */
interface Namespace {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number;
  hitLimit?: number | undefined;
  mutantCoverage?: MutantCoverage;
}

/** What a test runs by itself is tried there, and not again while files are loaded: that takes a thousand times as long. */
function coverageOf({ mutantCoverage }: Namespace): MutantCoverage {
  const { perTest = {}, static: atLoad = {} } = mutantCoverage ?? {};
  const run = new Set(Object.values(perTest).flatMap((mutants) => Object.keys(mutants)));
  return { perTest, static: Object.fromEntries(Object.entries(atLoad).filter(([mutant]) => !run.has(mutant))) };
}

function namespace(): Namespace {
  const holder = globalThis as unknown as Record<string, Namespace | undefined>;
  return (holder[INSTRUMENTER_CONSTANTS.NAMESPACE] ??= {});
}

interface LoadedTest extends GatheredTest {
  id: string;
  /** Its path from the root. */
  file: string;
}

/** Modules that were loaded for another generation are loaded again. */
let generation = 0;

/** Which modules import a module, by path. */
const importers = new Map<string, Set<string>>();

const HERE = pathToFileURL(`${import.meta.dirname}/`).href;
const REPLACED: Record<string, string> = { vitest: 'tests.ts', 'fast-check': 'few-samples.ts' };

registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? '';
    const replacement = REPLACED[specifier];
    if (replacement && !parent.startsWith(HERE)) return next(new URL(replacement, HERE).href, context);
    const resolved = next(specifier, context);
    const path = withoutGeneration(resolved.url);
    const isOurs = path.startsWith('file:') && !path.includes('/node_modules/') && !path.startsWith(HERE);
    if (!isOurs) return resolved;
    if (!importers.has(path)) importers.set(path, new Set());
    importers.get(path)!.add(withoutGeneration(parent));
    return { ...resolved, url: `${path}?generation=${generation}` };
  },
});

function withoutGeneration(url: string): string {
  return url.replace(/\?generation=\d+$/, '');
}

/** Whether a test's file imports a module, itself or through others. */
function reaches(testFile: string, module: string): boolean {
  const wanted = urlOf(testFile);
  const seen = new Set<string>();
  const open = [pathToFileURL(module).href];
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    if (url === wanted) return true;
    if (seen.has(url)) continue;
    seen.add(url);
    open.push(...(importers.get(url) ?? []));
  }
  return false;
}

/** The tests of a file. That it can be loaded is one of them: a mutant may be what a module can't be loaded with. */
async function load(file: string): Promise<LoadedTest[]> {
  const loaded = { id: `${file}#is loaded`, file, name: 'is loaded' };
  try {
    const tests = await gather(() => import(urlOf(file)));
    const all = tests.map((each): LoadedTest => ({ ...each, id: `${file}#${each.name}`, file }));
    return [{ ...loaded, run: () => undefined }, ...all];
  } catch (error) {
    const fails = (): never => {
      throw error;
    };
    return [{ ...loaded, run: fails }];
  }
}

function urlOf(file: string): string {
  return pathToFileURL(join(process.cwd(), file)).href;
}

async function failureOf(run: () => unknown): Promise<string | undefined> {
  try {
    await run();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, 'in-process', InProcessRunner)];
