import { isAfter, type UsageEntry, type UsageStream } from './usage.ts';

/** Entries that are read at a time; each holds up to 128 calls. */
const READ_ENTRIES = 128;

/** The last entry of a generation. */
export interface StreamPlace {
  generation: string;
  id: string;
}

export interface Unsettled {
  entries: UsageEntry[];
  /** Whether there may be more. */
  isFull: boolean;
  /** The last entry that was found settled: who settled it died before it could forget it. */
  lastSettled?: StreamPlace;
}

/**
 * Reads from the start of a stream what is not settled, until that is `enoughCalls` or everything. What is settled stands in
 * front, and only where it was not forgotten yet.
 * @param settledIds gives the last settled id of those generations that something was settled from
 */
export async function readUnsettled(
  stream: UsageStream,
  partition: number,
  {
    enoughCalls,
    settledIds,
  }: { enoughCalls: number; settledIds: (generations: string[]) => Promise<ReadonlyMap<string, string>> },
): Promise<Unsettled> {
  const entries: UsageEntry[] = [];
  const settled = new Map<string, string | undefined>();
  let lastSettled: StreamPlace | undefined;
  let calls = 0;
  let afterId: string | undefined;
  for (;;) {
    const chunk = await stream.read(partition, { count: READ_ENTRIES, ...(afterId !== undefined && { afterId }) });
    const unheard = [...new Set(chunk.map(({ generation }) => generation))].filter((each) => !settled.has(each));
    if (unheard.length > 0) {
      const ids = await settledIds(unheard);
      for (const generation of unheard) settled.set(generation, ids.get(generation));
    }
    for (const entry of chunk) {
      // The generation first: an id says nothing about another stream.
      const settledId = settled.get(entry.generation);
      if (settledId !== undefined && !isAfter(entry.id, settledId)) {
        lastSettled = { generation: entry.generation, id: entry.id };
        continue;
      }
      entries.push(entry);
      calls += entry.calls.length + entry.verdicts.length + entry.taken.length;
    }
    afterId = chunk.at(-1)?.id;
    const isAll = chunk.length < READ_ENTRIES;
    if (isAll || calls >= enoughCalls || entries.length >= enoughCalls) {
      return { entries, isFull: !isAll, ...(lastSettled && { lastSettled }) };
    }
  }
}
