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

/** Which counters were compared with what is settled, in a generation that began in data that came back older. */
export function checkedKey(partition: number): string {
  return `${tag(partition)}:checked`;
}

export function streamKey(partition: number): string {
  return `${tag(partition)}:usage`;
}

/** The counter of a quota, by its period first: a name may hold anything. */
export function quotaKeyOf(
  partition: number,
  { tenant, key, periodKey }: { tenant: string; key: string; periodKey: string },
): string {
  return `${tag(partition)}:quota:${plainName(tenant)}:${plainName(periodKey)}:${key}`;
}

/** The cells of a rate: another window has others. */
export function rateKey(
  partition: number,
  { tenant, key, windowMs }: { tenant: string; key: string; windowMs: number },
): string {
  return `${tag(partition)}:rate:${plainName(tenant)}:${windowMs}:${key}`;
}

export function creditsKey(partition: number, tenant: string, key: string): string {
  return `${tag(partition)}:credits:${plainName(tenant)}:${key}`;
}

/** A budget, and when its leases run out. */
export function budgetKeys(partition: number, tenant: string, key: string): [budget: string, leases: string] {
  const name = `${plainName(tenant)}:${key}`;
  return [`${tag(partition)}:budget:${name}`, `${tag(partition)}:leases:${name}`];
}

/** The first answer that was given under an idempotency key. */
export function onceKey(partition: number, tenant: string, key: string): string {
  return `${tag(partition)}:once:${plainName(tenant)}:${key}`;
}

/** A name without blanks and colons, so that what follows it is told apart; ids stay as they are. */
export function plainName(name: string): string {
  return /^[\w.~-]+$/.test(name) ? name : encodeURIComponent(name.toWellFormed());
}

/** The braces make it a hash tag: what stands in them alone decides on the node. */
function tag(partition: number): string {
  return `{p${partition}}`;
}
