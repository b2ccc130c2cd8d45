import { defineConfig } from 'vitest/config';

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], pool: 'forks' as const, ...extra },
});

export default defineConfig({
  test: {
    projects: [
      // Pure functions: no server, milliseconds.
      project('unit'),
      // On the real stack that `bin/test` has started (its stack.json is named by PLIMSOLL_TEST_STACK).
      project('integration', {
        // Real processes are killed and waited for here, on machines that do other work as well: in CI a test whose deadline was missed
        // is tried again, and a fault of the code fails each time.
        retry: process.env.CI ? 2 : 0,
        testTimeout: 30_000,
        hookTimeout: 60_000,
      }),
      // On the time-skipping test server, with the workflow bundle made once.
      project('workflows', { testTimeout: 60_000, hookTimeout: 60_000, globalSetup: ['test/workflows/bundle.ts'] }),
    ],
  },
});
