import { randomUUID } from 'node:crypto';
import { SecretBox } from '../../../runtime/secrets.ts';
import { acting } from '../../../store/acting.ts';
import { connectDatabase } from '../../../store/database.ts';
import { acceptInvite, createInvite } from '../../../store/invites.ts';
import { createOwnedOrganization } from '../../../store/owners.ts';
import { raceHere } from '../../support/racing.ts';

/** What each attempt of one racing process does. */
export type Attempt =
  | { kind: 'create'; userId: string }
  | { kind: 'accept'; userId: string; inviteId: string }
  | { kind: 'invite'; userId: string; organizationId: string; roleId: string };

// Creates organisations, invites and accepts, many at once: one of the processes that tests let race. Begins when it is told to.
const { databaseUrl, secretKeys, attempts } = JSON.parse(process.argv[2]!) as {
  databaseUrl: string;
  secretKeys: string[];
  attempts: Attempt[];
};
const db = connectDatabase({ databaseUrl, databasePoolSize: 10, databaseTimeoutMs: 60_000 }, 'plimsoll-test');
const terms = { lifetimeMs: 3_600_000, nowMs: Date.now(), secrets: new SecretBox(secretKeys) };
await db('limit_usage').first();
await raceHere(
  attempts.map((attempt) => () => {
    const { userId } = attempt;
    return acting(db, { kind: 'user', id: userId }, async (trx) => {
      if (attempt.kind === 'create') {
        await createOwnedOrganization(trx, { name: 'x', slug: `t-${randomUUID()}`, plan: 'free', ownerId: userId });
      } else if (attempt.kind === 'accept') {
        await acceptInvite(trx, { userId, by: { inviteId: attempt.inviteId } }, terms);
      } else {
        const { organizationId, roleId } = attempt;
        await createInvite(trx, { organizationId, roleId, email: `${randomUUID()}@example.com` }, terms);
      }
    });
  }),
);
await db.destroy();
process.exit(0);
