import type { sleep } from '@temporalio/workflow';
import { describe, expectTypeOf, test } from 'vitest';

type Duration = Parameters<typeof sleep>[0];

// @ts-expect-error a typo in a duration must not compile
const typo: Duration = '14 dayz';

describe("the SDK's durations", () => {
  test('are checked by the compiler, so that a typo is no wait of nothing', () => {
    // Were they `any`, as without the `paths` line in tsconfig.json, both lines would not compile.
    expectTypeOf<Duration>().not.toBeAny();
    expectTypeOf<'14 days'>().toExtend<Duration>();
    expectTypeOf(typo).toEqualTypeOf<Duration>();
  });
});
