import { accessTokenRoutes } from './resources/access-tokens.ts';
import { auditLogRoutes } from './resources/audit-log.ts';
import { inviteRoutes } from './resources/invites.ts';
import { meRoutes } from './resources/me.ts';
import { memberRoutes } from './resources/members.ts';
import { organizationRoutes } from './resources/organizations.ts';
import { roleRoutes } from './resources/roles.ts';
import { staffRoutes } from './resources/staff.ts';
import type { ManagedRoute } from './route.ts';

/** Every management route, one list a resource. Walks of all callers, of bad input and of the document begin here. */
export const managementRoutes: readonly ManagedRoute[] = [
  ...meRoutes,
  ...organizationRoutes,
  ...memberRoutes,
  ...inviteRoutes,
  ...roleRoutes,
  ...accessTokenRoutes,
  ...auditLogRoutes,
  ...staffRoutes,
];
