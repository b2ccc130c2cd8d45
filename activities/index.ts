import { createAuditSigningActivities } from './audit-signing.ts';
import { createDailyCloseActivities } from './daily-close.ts';
import { createRecountActivities } from './recount.ts';
import { createSelfCheckActivities } from './self-check.ts';

/** Every activity that a worker offers, from what they depend on. Their names are unique across the worker. */
export function createActivities(
  dependencies: Parameters<typeof createSelfCheckActivities>[0] &
    Parameters<typeof createDailyCloseActivities>[0] &
    Parameters<typeof createRecountActivities>[0] &
    Parameters<typeof createAuditSigningActivities>[0],
) {
  return {
    ...createSelfCheckActivities(dependencies),
    ...createDailyCloseActivities(dependencies),
    ...createRecountActivities(dependencies),
    ...createAuditSigningActivities(dependencies),
  };
}
