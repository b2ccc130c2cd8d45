import { type Call, type Dependencies, type Route, route } from '../route.ts';
import type { Audience } from './accounts.ts';
import { DASHBOARD_PATH } from './dashboard.ts';
import { PORTAL_PATH } from './portal.ts';

/** Everything below the two paths is the library's; who may call what is decided by it (docs/accounts.md). */
export const accountRoutes: readonly Route[] = [
  routeOf('dashboard', `${DASHBOARD_PATH}/*path`, 'Accounts of people who work in the dashboard'),
  routeOf('portal', `${PORTAL_PATH}/*path`, 'Sign-in of customers to the portal'),
];

function routeOf(audience: Audience, path: string, summary: string): Route {
  return route({
    method: 'all',
    path,
    summary,
    caller: 'anyone',
    handle: (call: Call, { accounts }: Dependencies) => accounts.answer(audience, call),
  });
}
