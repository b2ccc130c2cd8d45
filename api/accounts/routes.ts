import { type Call, type Dependencies, type Route, route } from '../route.ts';
import type { Audience } from './accounts.ts';
import { DASHBOARD_PATH } from './dashboard.ts';
import { PORTAL_PATH } from './portal.ts';

/** Everything below the two paths is the library's; who may call what is decided by it (docs/accounts.md). */
export const accountRoutes: readonly Route[] = [
  ...routesOf('dashboard', `${DASHBOARD_PATH}/*path`, 'Accounts of people who work in the dashboard'),
  ...routesOf('portal', `${PORTAL_PATH}/*path`, 'Sign-in of customers to the portal'),
];

function routesOf(audience: Audience, path: string, summary: string): Route[] {
  const handle = (call: Call, { accounts }: Dependencies) => accounts.answer(audience, call);
  return (['get', 'post'] as const).map((method) => route({ method, path, summary, caller: 'anyone', handle }));
}
