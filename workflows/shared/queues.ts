/**
 * Task queues, one for each kind of neighbour: slots are per worker, and something slow must not starve a person who waits.
 * Names are kept for ever: open runs stand in them.
 */
export const QUEUES = {
  /** What people wait for. */
  platform: 'platform',
  /** Posts to servers of other people, which may be slow. */
  webhooks: 'webhooks',
  /** Batches that nobody waits for. */
  maintenance: 'maintenance',
} as const;

export type Queue = (typeof QUEUES)[keyof typeof QUEUES];
