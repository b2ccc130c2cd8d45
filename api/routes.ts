import { accountRoutes } from './accounts/routes.ts';
import { devRoutes } from './dev/routes.ts';
import { managementRoutes } from './management/routes.ts';
import { openapiRoutes } from './openapi/routes.ts';
import { operationalRoutes } from './operational-routes.ts';
import { lookup } from './public/lookup.ts';
import { validate } from './public/validate.ts';
import type { Route } from './route.ts';

/** Every route there is. */
export const ROUTES: readonly Route[] = [
  validate,
  lookup,
  ...operationalRoutes,
  ...openapiRoutes,
  ...devRoutes,
  ...accountRoutes,
  ...managementRoutes,
];
