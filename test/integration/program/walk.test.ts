import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyState, run } from '../../../domain/program/model.ts';
import type { Program, ProgramAnswer } from '../../../domain/program/program.ts';
import { histories } from '../../support/programs.ts';
import { onRedis, runner } from './on-redis.ts';

/** Of each kind, and of all kinds together; each has up to 40 programs. fast-check prints the seed of one that fails. */
const HISTORIES = process.env.PLIMSOLL_DEEP ? 10_000 : 500;

onRedis();

describe.each(['rate', 'quota', 'credits', 'budget', 'all kinds'] as const)('a history of %s', (kind) => {
  const options = kind === 'all kinds' ? {} : { kinds: [kind] };
  let number = 0;

  test(
    'is answered as the model answers it, however it is cut into batches',
    { timeout: 60_000 + HISTORIES * 100 },
    () =>
      fc.assert(
        fc.asyncProperty(histories(options), fc.integer({ min: 1, max: 60 }), async (history, together) => {
          number += 1;
          const programs = history.map((program) => ({ ...program, tenant: `${kind} ${number}:${program.tenant}` }));
          const given = await inBatches(programs, together);
          const model = emptyState();
          const expected = programs.map((program) => run(model, program));
          if (!isDeepStrictEqual(given, expected)) expect(given).toEqual(expected);
        }),
        { numRuns: HISTORIES },
      ),
  );
});

async function inBatches(programs: readonly Program[], together: number): Promise<ProgramAnswer[]> {
  const answers: ProgramAnswer[] = [];
  for (let at = 0; at < programs.length; at += together) {
    answers.push(...(await Promise.all(programs.slice(at, at + together).map((program) => runner.run(program)))));
  }
  return answers;
}
