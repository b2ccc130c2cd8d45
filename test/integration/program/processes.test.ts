import { fork } from 'node:child_process';
import { once } from 'node:events';
import { env } from 'node:process';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Program, ProgramAnswer } from '../../../domain/program/program.ts';
import { histories } from '../../support/programs.ts';
import { createRandom } from '../../support/random.ts';
import { startRedisCluster } from '../../support/redis-cluster.ts';
import { startRedis, type TestRedis } from '../../support/redis-process.ts';
import { expectedInSequence, inSequence, type Ran } from '../../support/run-programs.ts';
import { quickStart } from '../../support/stack.ts';

const PROCESS = fileURLToPath(new URL('../../support/program-process.ts', import.meta.url));
const ROUNDS = process.env.PLIMSOLL_DEEP ? 30 : 2;
const PROCESSES = 3;
const PROGRAMS = 500;

describe.each([
  ['one Redis', startRedis, 1],
  ['a cluster', startRedisCluster, 64],
] as const)('on %s', (_name, start, partitions) => {
  let server: Pick<TestRedis, 'url' | 'stop'>;
  beforeAll(async () => void (server = await start()), 60_000);
  afterAll(() => server.stop());

  test(`random programs through ${PROCESSES} processes at once are answered as if they had run one after the other`, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const seed = Math.floor(Math.random() * 2 ** 31);
      // biome-ignore lint/suspicious/noConsole: who sees it fail needs the seed
      console.log(`seed ${seed}`);
      const ran = (
        await Promise.all(
          Array.from({ length: PROCESSES }, (_, process) =>
            runElsewhere(server.url, { seed, round, process, partitions }),
          ),
        )
      ).flat();
      expect(ran).toHaveLength(PROCESSES * PROGRAMS);

      const inOrder = expectedInSequence(ran);
      expect(inOrder.length).toBeGreaterThan(PROGRAMS);
      for (const { given, expected } of inOrder) expect(given).toEqual(expected);
      for (const one of ran) checkRepeat(one, ran);
    }
  }, 240_000);
});

/** A repeat says what some run under its key has answered; a conflict has another meaning than some run. */
function checkRepeat({ program, answer }: Ran, ran: readonly Ran[]): void {
  if (answer.outcome !== 'conflict' && !answer.replayed) return;
  const { key, fingerprint } = program.idempotency!;
  const firsts = ran.filter(
    (one) =>
      one.program.tenant === program.tenant &&
      one.program.idempotency?.key === key &&
      (one.program.idempotency.fingerprint === fingerprint) === (answer.outcome !== 'conflict') &&
      one.answer.outcome !== 'conflict' &&
      !one.answer.replayed,
  );
  if (answer.outcome === 'conflict') expect(firsts.length).toBeGreaterThan(0);
  else expect(firsts.map((first) => first.answer)).toContainEqual({ ...answer, replayed: false });
}

async function runElsewhere(
  url: string,
  { seed, round, process, partitions }: { seed: number; round: number; process: number; partitions: number },
): Promise<Ran[]> {
  const random = createRandom(seed + process);
  const found: Program[] = [];
  while (found.length < PROGRAMS) {
    const [history] = fc.sample(histories({ tenantPrefix: `${seed}-${round}-` }), {
      seed: random.below(2 ** 31),
      numRuns: 1,
    });
    found.push(...history!);
  }
  const programs = found.slice(0, PROGRAMS).map(inSequence);
  const child = fork(PROCESS, { env: { ...env, ...quickStart() }, execArgv: [] });
  const failed = new Promise<never>((_, reject) =>
    child.on('exit', (code) => code !== 0 && reject(new Error(`The process ended with ${code}`))),
  );
  child.send({ url, partitions, programs, together: 1 + random.below(30) });
  const [answers] = (await Promise.race([once(child, 'message'), failed])) as [ProgramAnswer[]];
  return programs.map((program, at) => ({ program, answer: answers[at]! }));
}
