/**
 * Where the keys of an organisation live. All keys of a partition carry its hash tag, so that they are on one node of a cluster and
 * one script may touch them together; each partition has one usage stream and one generation. On a single Redis there is one
 * partition; on a cluster there are several for each node, so that a node that is added can take some over.
 */

/**
 * The partition of an organisation, from 0 up to `partitions - 1`: the same in every process and for good, as long as their number
 * stays. FNV-1a, 32 bits: ids that differ in one digit are spread.
 */
export function partitionOf(organizationId: string, partitions: number): number {
  if (partitions === 1) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < organizationId.length; i += 1) {
    hash = Math.imul(hash ^ organizationId.charCodeAt(i), 0x01000193);
  }
  // The upper bits too: the lower ones of FNV depend on the lower ones of each character alone.
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions;
}

/** All partitions, by number. */
export function allPartitions(partitions: number): readonly number[] {
  return Array.from({ length: partitions }, (_, partition) => partition);
}

export function quotaKey(partition: number, productId: string, periodKey: string): string {
  return `${tag(partition)}:quota:${productId}:${periodKey}`;
}

/** What a quota's key counts. */
export function partsOfQuotaKey(key: string): [productId: string, periodKey: string] {
  const [, , productId = '', periodKey = ''] = key.split(':');
  return [productId, periodKey];
}

export function batchesKey(partition: number, memory: string): string {
  return `${tag(partition)}:batches:${memory}`;
}

export function generationKey(partition: number): string {
  return `${tag(partition)}:generation`;
}

export function streamKey(partition: number): string {
  return `${tag(partition)}:usage`;
}

/** The braces make it a hash tag: what stands in them alone decides on the node. */
function tag(partition: number): string {
  return `{p${partition}}`;
}
