import { type Config, loadConfig } from '../../runtime/config.ts';
import { readHomeEnv, readStack, type Stack } from '../../stack/home.ts';

export interface TestStack {
  home: string;
  stack: Stack;
  /** The environment that API, worker and CLI of this home run with. */
  env: Record<string, string>;
  config: Config;
}

/** The stack that `bin/test` has started for the integration tests. */
export function testStack(): TestStack {
  const home = process.env.PLIMSOLL_TEST_HOME;
  const stack = home ? readStack(home) : undefined;
  if (!home || !stack) {
    throw new Error(
      "Integration tests need a stack: run them by 'bin/test integration', or name a running home in PLIMSOLL_TEST_HOME.",
    );
  }
  const env = readHomeEnv(home);
  return { home, stack, env, config: loadConfig(env) };
}
