import { meRoutes } from './resources/me.ts';
import type { ManagedRoute } from './route.ts';

/** Every management route, one list a resource. Walks of all callers, of bad input and of the document begin here. */
export const managementRoutes: readonly ManagedRoute[] = [...meRoutes];
