import { createDailyCloseActivities } from './daily-close.ts';
import { createSelfCheckActivities } from './self-check.ts';

/** Every activity that a worker offers, from what they depend on. Their names are unique across the worker. */
export function createActivities(
  dependencies: Parameters<typeof createSelfCheckActivities>[0] & Parameters<typeof createDailyCloseActivities>[0],
) {
  return { ...createSelfCheckActivities(dependencies), ...createDailyCloseActivities(dependencies) };
}
