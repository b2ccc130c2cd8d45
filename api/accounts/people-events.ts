import type { Attempts } from '../../counters/attempts.ts';
import type { Mail } from '../../domain/mails.ts';
import type { SecretBox } from '../../runtime/secrets.ts';
import { audit } from '../../store/audit.ts';
import type { Carrying } from '../../store/carried.ts';
import { enqueueMail } from '../../store/mails.ts';
import { leaveEveryOrganization } from '../../store/members.ts';
import { findPerson, forgetProofs, hasPassword, lockPerson } from '../../store/people.ts';
import { HttpError } from '../errors.ts';
import { currentExchange, dueIn, whence } from './exchange.ts';
import { maySend } from './limits.ts';
import { LIFETIME } from './options.ts';

interface User {
  id: string;
  name: string;
  email: string;
}

interface Account {
  userId: string;
  providerId: string;
}

/** A session that began so long ago, milliseconds, ends no account of somebody who has no password to give. */
const RECENT_MS = 3_600_000;

/** What people change about themselves by `update-user`. */
const PROFILE = ['name', 'image'];

/** How people call the providers. */
const PROVIDERS: Record<string, string> = { github: 'GitHub', discord: 'Discord' };

export type PeopleEvents = ReturnType<typeof createPeopleEvents>;

/**
 * What we do when the library has done something to somebody's account: its audit entry and its mail, in the same transaction. No entry
 * holds an e-mail or a name, since the log outlives whom it is about.
 */
export function createPeopleEvents({
  carrying,
  secrets,
  attempts,
}: {
  carrying: Carrying;
  secrets: SecretBox;
  attempts: Attempts;
}) {
  const mail = async (each: Mail): Promise<void> =>
    void (await enqueueMail(await carrying.transaction(), each, secrets));

  const audited = async (userId: string, action: string, after: object | null = null): Promise<void> => {
    carrying.putDownTo(userId);
    const target = { type: 'user', id: userId };
    await audit(await carrying.transaction(), { organizationId: null, action, target, after });
  };

  return {
    async created({ id }: User): Promise<void> {
      currentExchange().newUserId = id;
      await audited(id, 'user.created');
    },

    /** Not after a sign-up alone: whoever signs in before has it sent again. */
    async verificationAsked({ name, email }: User, link: string): Promise<void> {
      const isAskedFor = currentExchange().path === '/send-verification-email';
      if (!isAskedFor && !(await maySend(attempts, 'dashboard', email))) return;
      await mail({
        template: 'verify_email',
        to: email,
        data: { name, link, expiresAtMs: dueIn(LIFETIME.verification) },
      });
    },

    async verified({ id }: User): Promise<void> {
      await audited(id, 'user.email_verified');
    },

    /** Somebody signs up with an address that has an account: its owner hears of it, and nobody else. */
    async signedUpAgain({ name, email }: User): Promise<void> {
      if (!(await maySend(attempts, 'dashboard', email))) return;
      await mail({ template: 'account_exists', to: email, data: { name, ...whence() } });
    },

    async resetAsked({ name, email }: User, link: string): Promise<void> {
      await mail({ template: 'reset_password', to: email, data: { name, link, expiresAtMs: dueIn(LIFETIME.reset) } });
    },

    /** Of a user's columns only the second factor changes here that anybody must hear of by mail. */
    async changed({ id, name, email, twoFactorEnabled }: User & { twoFactorEnabled: boolean }): Promise<void> {
      const { path, body } = currentExchange();
      // Which, and not to what: a name would outlive the person.
      if (path === '/update-user')
        await audited(id, 'user.changed', { fields: PROFILE.filter((each) => each in body) });
      if (path !== '/two-factor/verify-totp' && path !== '/two-factor/disable') return;
      await audited(id, twoFactorEnabled ? 'user.two_factor_enabled' : 'user.two_factor_disabled');
      await mail({
        template: 'two_factor_changed',
        to: email,
        data: { name, isEnabled: twoFactorEnabled, ...whence() },
      });
    },

    /** A provider by which somebody can sign in; a password is told of elsewhere. Who signs up by one knows. */
    async accountAdded({ userId, providerId }: Account): Promise<void> {
      if (providerId === 'credential') return;
      await audited(userId, 'user.provider_linked', { provider: providerId });
      if (currentExchange().newUserId === userId) return;
      const person = await findPerson(await carrying.transaction(), userId);
      if (!person) throw new Error(`An account was added to nobody: ${userId}`);
      const data = { name: person.name, provider: PROVIDERS[providerId] ?? providerId, ...whence() };
      await mail({ template: 'provider_linked', to: person.email, data });
    },

    /** By who knows the old one. The library's other way to a new one changes rows that it doesn't tell us of: `passwordReset`. */
    async accountChanged({ userId, providerId }: Account): Promise<void> {
      if (providerId === 'credential' && currentExchange().path === '/change-password') await passwordChanged(userId);
    },

    async passwordReset({ id }: User): Promise<void> {
      await passwordChanged(id);
    },

    async accountRemoved({ userId, providerId }: Account): Promise<void> {
      // With the person all goes, and that is told once.
      if (currentExchange().path === '/delete-user') return;
      await audited(userId, 'user.provider_unlinked', { provider: providerId });
    },

    /** What leaves no trace in the columns that are looked at above. */
    async happened(path: string, userId: string): Promise<void> {
      if (path === '/two-factor/generate-backup-codes') await audited(userId, 'user.recovery_codes_renewed');
      if (path === '/two-factor/verify-backup-code') await audited(userId, 'user.recovery_code_used');
    },

    /**
     * Before a person goes: who owns an organisation stays, and all others leave those that they have joined.
     * @throws {Refusal} `conflict` naming what they own; {HttpError} `validation_failed` without the password, `forbidden` where there is
     * none and they signed in too long ago
     */
    async deleting({ id, name, email }: User): Promise<void> {
      const trx = await carrying.transaction();
      await lockPerson(trx, id);
      const { body, nowMs, sessionBeganAtMs } = currentExchange();
      if (typeof body['password'] !== 'string') {
        if (await hasPassword(trx, id)) throw passwordMissing();
        if (sessionBeganAtMs === undefined || sessionBeganAtMs < nowMs - RECENT_MS) {
          throw new HttpError('forbidden', 'Sign in again first: this account has no password to ask for.');
        }
      }
      await audited(id, 'user.deleted');
      await leaveEveryOrganization(trx, id);
      await mail({ template: 'account_deleted', to: email, data: { name, atMs: nowMs } });
    },
  };

  async function passwordChanged(userId: string): Promise<void> {
    await audited(userId, 'user.password_changed');
    const trx = await carrying.transaction();
    const { name, email } = await lockPerson(trx, userId);
    // Whoever knew the old one may have had a device of theirs trusted, or have asked for a link.
    await forgetProofs(trx, userId);
    await mail({ template: 'password_changed', to: email, data: { name, ...whence() } });
  }
}

function passwordMissing(): HttpError {
  const message = 'Deleting an account takes its password.';
  return new HttpError('validation_failed', message, {
    faults: [{ pointer: '/password', code: 'missing', message, accepts: "the account's password" }],
  });
}
