import { join } from 'node:path';
import { type Config, loadConfig } from '../../runtime/config.ts';
import { readHomeEnv, readStack, type Stack } from '../../stack/home.ts';

export interface TestStack {
  home: string;
  stack: Stack;
  /** The environment that API, worker and CLI of this home run with. */
  env: Record<string, string>;
  config: Config;
}

/**
 * The stack that `bin/test` has started for the integration tests. They delete whole tables, so a home that somebody works
 * with is none: `bin/up --empty` alone makes no demo.
 * @throws {Error} a sentence, where no home is named, none is running, or it has a demo
 */
export function testStack(): TestStack {
  const home = process.env.PLIMSOLL_TEST_HOME;
  const stack = home ? readStack(home) : undefined;
  if (!home || !stack) {
    throw new Error(
      "Integration tests need a stack: run them by 'bin/test integration', or name a running home in PLIMSOLL_TEST_HOME.",
    );
  }
  if (stack.demo) {
    throw new Error(
      `Integration tests delete what is in their stack, and ${home} is somebody's: it has a demo. Start a home of the tests' own: 'PLIMSOLL_HOME=/tmp/stack bin/up --detach --empty', then PLIMSOLL_TEST_HOME=/tmp/stack.`,
    );
  }
  const env = readHomeEnv(home);
  return { home, stack, env, config: loadConfig(env) };
}

/** What a process of ours is started with: half of its start is compiling what it imports, each time the same. */
export function quickStart(): { NODE_COMPILE_CACHE: string } {
  return { NODE_COMPILE_CACHE: join(testStack().home, 'compile-cache') };
}
