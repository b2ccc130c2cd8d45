import { createSelfCheckActivities } from './self-check.ts';

/** Every activity that a worker offers, from what they depend on. Their names are unique across the worker. */
export function createActivities(dependencies: Parameters<typeof createSelfCheckActivities>[0]) {
  return { ...createSelfCheckActivities(dependencies) };
}
