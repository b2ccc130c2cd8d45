import type { IncomingMessage } from 'node:http';
import type { Knex } from 'knex';
import type { Attempts } from '../../counters/attempts.ts';
import type { Config } from '../../runtime/config.ts';
import type { Logger } from '../../runtime/log.ts';
import type { SecretBox } from '../../runtime/secrets.ts';
import { createCarrying } from '../../store/carried.ts';
import type { Sessions } from '../management/callers.ts';
import type { Call, Reply } from '../route.ts';
import { answerAccounts } from './answer.ts';
import { createCustomerEvents } from './customer-events.ts';
import { createDashboardAuth } from './dashboard.ts';
import { currentExchange } from './exchange.ts';
import { createPeopleEvents } from './people-events.ts';
import { createPortalAuth } from './portal.ts';

export type Audience = 'dashboard' | 'portal';

/** Who people are, and how they sign in. */
export interface Accounts extends Sessions {
  answer(audience: Audience, call: Call): Promise<Reply>;
}

/**
 * Accounts of both audiences. `publicUrl` is asked for with the first request, since an API that listens on any free port knows its
 * address only then.
 */
export function createAccounts({
  config,
  db,
  attempts,
  secrets,
  log,
  callerAddress,
  publicUrl,
  now,
}: {
  config: Config;
  db: Knex;
  attempts: Attempts;
  secrets: SecretBox;
  log: Logger;
  callerAddress: (request: IncomingMessage) => string;
  publicUrl: () => string;
  now: () => number;
}): Accounts {
  // While somebody is fetched from a provider nothing may be held, and the state of that dance is gone with its first use.
  const carrying = createCarrying(
    db,
    (sql) => /"(user|portal)_verifications"/.test(sql) && currentExchange().path.startsWith('/callback/'),
  );

  const make = () => {
    const isConfigured = config.publicUrl !== '';
    const parts = { config, pool: carrying.pool, attempts, log, publicUrl: publicUrl(), isConfigured };
    return {
      dashboard: createDashboardAuth(parts, createPeopleEvents({ carrying, secrets, attempts })),
      portal: createPortalAuth(parts, createCustomerEvents({ carrying, secrets })),
    };
  };
  let made: ReturnType<typeof make> | undefined;
  const auth = (): ReturnType<typeof make> => (made ??= make());

  /** The library says of any failure that it failed; carried, the failure itself is thrown. */
  const look = <T>(kind: 'user' | 'customer', work: () => Promise<T>): Promise<T> =>
    carrying.carry(work, { kind, origin: NOWHERE });

  return {
    answer: (audience, call) =>
      answerAccounts(
        { handler: (request) => auth()[audience].handler(request), audience, carrying, attempts, callerAddress, now },
        call,
      ),

    async sessionOf(request) {
      const headers = cookiesOf(request, 'plimsoll.session_token');
      if (!headers) return undefined;
      const found = await look('user', () => auth().dashboard.api.getSession({ headers, query: AS_IT_IS }));
      return found ? { userId: found.user.id, sessionId: found.session.id, isStaff: found.user.isStaff } : undefined;
    },

    async customerOf(request) {
      const headers = cookiesOf(request, 'plimsoll-portal.session_token');
      if (!headers) return undefined;
      const found = await look('customer', () => auth().portal.api.getSession({ headers, query: AS_IT_IS }));
      return typeof found?.user.customerId === 'string'
        ? { customerId: found.user.customerId, sessionId: found.session.id }
        : undefined;
    },
  };
}

/** A session that has ended is deleted when it is looked at, which nobody audits. */
const NOWHERE = { ip: null, userAgent: null, requestId: null };

/** Whoever is asked about is not prolonged: the cookie would have to be, too, and that is the answer to another request. */
const AS_IT_IS = { disableRefresh: true, disableCookieCache: true };

/** The cookies of a request, where the one that matters may be among them. */
function cookiesOf({ headers: { cookie } }: IncomingMessage, name: string): Headers | undefined {
  return cookie?.includes(name) ? new Headers({ cookie }) : undefined;
}
