import type { Knex } from 'knex';
import { rest } from '../runtime/rest.ts';
import { isDatabaseOutage } from './database.ts';

const AGAIN_MS = 1_000;
/** Postgres' code for a table that isn't there. */
const UNDEFINED_TABLE = '42P01';

/** Processes were told to divide into different numbers of partitions: each would count in places that the other doesn't know. */
export class PartitionsDiffer extends Error {
  override readonly name = 'PartitionsDiffer';
  constructor({ agreed, own }: { agreed: number; own: number }) {
    super(
      `PLIMSOLL_PARTITIONS is ${own}, but usage is counted in ${agreed} here. Set it to ${agreed} for every process; ` +
        "changing the number is a rebuild: docs/operations.md, 'Partitions'.",
    );
  }
}

/**
 * Agrees on the number of partitions with all other processes: the first one to start says it. While Postgres is away nobody can tell;
 * then it is asked in the background until it answers or the signal fires, and `onRefused` is told of a number that differs.
 * @throws {PartitionsDiffer} at once, where Postgres answers
 */
export async function agreeOnPartitions(
  db: Knex,
  own: number,
  { signal, onRefused }: { signal: AbortSignal; onRefused: (error: unknown) => void },
): Promise<void> {
  const isAgreed = async (): Promise<boolean> => {
    try {
      const agreed = await agreedPartitions(db, own);
      if (agreed !== own) throw new PartitionsDiffer({ agreed, own });
      return true;
    } catch (error) {
      if (signal.aborted || isDatabaseOutage(error) || isNotMigrated(error)) return false;
      throw error;
    }
  };
  const later = async (): Promise<void> => {
    do await rest(AGAIN_MS, signal);
    while (!signal.aborted && !(await isAgreed()));
  };
  if (!(await isAgreed())) later().catch(onRefused);
}

/** What all divide into: what was said first. */
async function agreedPartitions(db: Knex, own: number): Promise<number> {
  await db('usage_partitions').insert({ partitions: own }).onConflict('is_the_only_row').ignore();
  const row = await db('usage_partitions').first<{ partitions: number } | undefined>('partitions');
  return row?.partitions ?? own;
}

/** A process may start before the migrations have run; nothing else works then, and says so. */
function isNotMigrated(error: unknown): boolean {
  return (error as { code?: unknown }).code === UNDEFINED_TABLE;
}
