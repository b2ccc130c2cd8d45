import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { agreeOnPartitions, PartitionsDiffer } from '../../../store/usage-partitions.ts';
import { runApiProcess, startApiProcess } from '../../support/api-process.ts';
import { aPlatformDatabase, type ScratchDatabase } from '../../support/scratch.ts';
import { testStack } from '../../support/stack.ts';
import { runWorker } from '../../support/worker-process.ts';

/** How many partitions there are is one number: who counts elsewhere than the others look is refused. */

let database: ScratchDatabase;
beforeAll(async () => {
  database = await aPlatformDatabase();
});
afterAll(() => database.drop());

describe('a process that divides into another number of partitions than the others', () => {
  test.each([
    ['an API', async (env: Record<string, string>) => ({ ...(await runApiProcess(env)) })],
    [
      'a worker',
      async (env: Record<string, string>) => {
        const { code, output } = await runWorker({ ...testStack().env, ...env, PLIMSOLL_WORKER_PORT: '0' });
        return { code, stderr: output };
      },
    ],
  ])('is refused at its start, with what helps: %s', async (_kind, run) => {
    const first = await startApiProcess({ DATABASE_URL: database.url });
    await first.stop();
    const { code, stderr } = await run({ DATABASE_URL: database.url, PLIMSOLL_PARTITIONS: '64' });
    expect(stderr).toContain('PLIMSOLL_PARTITIONS is 64, but usage is counted in 1 here. Set it to 1');
    expect(code).toBe(78);
  });

  test('is refused as soon as Postgres is there, where it started without', async () => {
    const db = database.connect();
    const refused = Promise.withResolvers<unknown>();
    await db.schema.renameTable('usage_partitions', 'elsewhere');
    const ending = new AbortController();
    // Without its table is as without Postgres: nobody can tell yet.
    await agreeOnPartitions(db, 64, { signal: ending.signal, onRefused: refused.resolve });
    await db.schema.renameTable('elsewhere', 'usage_partitions');
    expect(await refused.promise).toBeInstanceOf(PartitionsDiffer);
  });
});
