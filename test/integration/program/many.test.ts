import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { onRedis, runner } from './on-redis.ts';
import { aProgram, aRate } from './steps.ts';

onRedis();

const manyRates = (count: number) => Array.from({ length: count }, (_, at) => aRate({ key: `rate ${at}`, limit: 1 }));

describe('programs of many steps', () => {
  test('that are asked in one turn are all answered, each with its own keys', async () => {
    const programs = Array.from({ length: 128 }, () => aProgram({ tenant: randomUUID(), steps: manyRates(100) }));
    const answers = await Promise.all(programs.map((program) => runner.run(program)));
    expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['admitted']));
    const again = await Promise.all(programs.map((program) => runner.run(program)));
    expect(again.map((answer) => 'steps' in answer && answer.steps.filter(({ passed }) => passed).length)).toEqual(
      programs.map(() => 0),
    );
  });

  test('beyond what a call may have are refused, and keep none beside them from running', async () => {
    const refused = runner.run(aProgram({ tenant: randomUUID(), steps: manyRates(257) }));
    const beside = runner.run(aProgram({ tenant: randomUUID(), steps: manyRates(256) }));
    await expect(refused).rejects.toThrow('steps.length is 257, and not at most 256');
    await expect(beside).resolves.toMatchObject({ outcome: 'admitted' });
  });
});
