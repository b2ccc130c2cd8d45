import { defineConfig } from 'vitest/config';

const project = (name: string, extra: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], pool: 'forks' as const, ...extra },
});

export default defineConfig({
  test: {
    projects: [
      // Pure functions: no server, milliseconds; random histories take seconds on a busy machine.
      project('unit', { testTimeout: 30_000 }),
      // On the real stack that `bin/test` has started (its stack.json is named by PLIMSOLL_TEST_STACK).
      project('integration', {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        // They wait for servers as much as they compute: with one worker, two cores stand idle half of the time.
        maxWorkers: 2,
      }),
      // On the time-skipping test server, with the workflow bundle made once.
      project('workflows', { testTimeout: 60_000, hookTimeout: 60_000, globalSetup: ['test/workflows/bundle.ts'] }),
    ],
  },
});
