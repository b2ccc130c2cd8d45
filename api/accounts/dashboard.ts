import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { createAuthMiddleware, getSessionFromCtx, isAPIError } from 'better-auth/api';
import { twoFactor } from 'better-auth/plugins/two-factor';
import { currentExchange } from './exchange.ts';
import {
  type AccountParts,
  LIFETIME,
  PASSWORDS,
  sharedOptions,
  takenName,
  USER_FIELDS,
  withoutTokens,
} from './options.ts';
import type { PeopleEvents } from './people-events.ts';

/** Where the library answers people who work in the dashboard. */
export const DASHBOARD_PATH = '/auth';

/** The dashboard's page that gets `?token=` of a link for a new password, where a request names none. */
export const NEW_PASSWORD_PAGE = '/new-password';

/** What the library has and we don't: reading providers' tokens, codes by mail, changes of a session's own data. */
const CLOSED = [
  '/change-email',
  '/update-session',
  '/get-access-token',
  '/refresh-token',
  '/account-info',
  '/two-factor/send-otp',
  '/two-factor/verify-otp',
  '/delete-user/callback',
  '/ok',
  '/error',
];

/** Accounts of people: e-mail and password, second factor, sign-in by GitHub and Discord where they are configured. */
export function createDashboardAuth(parts: AccountParts, events: PeopleEvents) {
  return betterAuth(dashboardOptions(parts, events));
}

/** The same as options alone, which tell what tables the library expects. */
export function dashboardOptions(parts: AccountParts, events: PeopleEvents) {
  const { config } = parts;
  return {
    ...sharedOptions(parts, {
      audience: 'dashboard',
      basePath: DASHBOARD_PATH,
      cookies: { prefix: 'plimsoll', path: '/' },
      tables: { users: 'users', sessions: 'user_sessions', accounts: 'user_accounts', proofs: 'user_verifications' },
    }),
    disabledPaths: CLOSED,
    emailAndPassword: {
      enabled: true,
      ...PASSWORDS,
      // Who signs up learns by mail alone whether the address was taken.
      requireEmailVerification: true,
      autoSignIn: false,
      revokeSessionsOnPasswordReset: true,
      resetPasswordTokenExpiresIn: LIFETIME.reset,
      sendResetPassword: ({ user, url }) => events.resetAsked(user, url),
      onPasswordReset: ({ user }) => events.passwordReset(user),
      onExistingUserSignUp: ({ user }) => events.signedUpAgain(user),
      // As a real one looks: columns of plugins are no part of it otherwise.
      customSyntheticUser: ({ coreFields, id }) => ({ ...coreFields, twoFactorEnabled: false, isStaff: false, id }),
    },
    emailVerification: {
      sendOnSignUp: true,
      sendOnSignIn: true,
      // Mail scanners follow links: a session is for whoever has the password.
      autoSignInAfterVerification: false,
      expiresIn: LIFETIME.verification,
      sendVerificationEmail: ({ user, url }) => events.verificationAsked(user, url),
      afterEmailVerification: (user) => events.verified(user),
    },
    socialProviders: {
      ...(config.githubClientId && {
        github: {
          clientId: config.githubClientId,
          clientSecret: config.githubClientSecret,
          mapProfileToUser: ({ name, login }: { name?: string | null; login: string }) => ({
            name: takenName(name, login),
          }),
        },
      }),
      ...(config.discordClientId && {
        discord: {
          clientId: config.discordClientId,
          clientSecret: config.discordClientSecret,
          mapProfileToUser: ({ global_name, username }: { global_name?: string | null; username: string }) => ({
            name: takenName(global_name, username),
          }),
        },
      }),
    },
    user: {
      modelName: 'users',
      fields: USER_FIELDS,
      additionalFields: {
        // `input: false`: no request sets it (docs/accounts.md).
        isStaff: { type: 'boolean', required: true, defaultValue: false, input: false, fieldName: 'is_staff' },
      },
      // An address that the provider did not verify proves nothing.
      validateUserInfo: ({ user, source }) =>
        source.method === 'oauth' && user.emailVerified !== true
          ? { error: 'email_not_verified', errorDescription: 'The provider has not verified your e-mail address.' }
          : undefined,
      deleteUser: { enabled: true, beforeDelete: (user) => events.deleting(user) },
    },
    databaseHooks: {
      user: {
        create: { after: (user) => events.created(user) },
        update: { after: (user) => events.changed({ ...user, twoFactorEnabled: user['twoFactorEnabled'] === true }) },
      },
      account: {
        create: { before: withoutTokens, after: (account) => events.accountAdded(account) },
        update: { before: withoutTokensIfAny, after: (account) => events.accountChanged(account) },
        delete: { after: (account) => events.accountRemoved(account) },
      },
    },
    plugins: [
      twoFactor({
        issuer: 'Plimsoll',
        backupCodeOptions: { amount: 10, length: 10, storeBackupCodes: 'encrypted' },
        schema: {
          user: { fields: { twoFactorEnabled: 'two_factor_enabled' } },
          twoFactor: {
            modelName: 'user_two_factors',
            fields: {
              userId: 'user_id',
              backupCodes: 'backup_codes',
              failedVerificationCount: 'failed_verification_count',
              lockedUntil: 'locked_until',
            },
          },
        },
      }),
    ],
    hooks: {
      // The session is the one that the library says: a request may hold cookies of many, of which it checks one.
      before: createAuthMiddleware(async (context) => {
        if (context.path !== '/delete-user') return;
        const found = await getSessionFromCtx(context, { disableCookieCache: true });
        currentExchange().sessionBeganAtMs = found?.session.createdAt.getTime();
      }),
      after: createAuthMiddleware(async ({ path, context }) => {
        const userId = context.session?.user.id ?? context.newSession?.user.id;
        if (userId && !isAPIError(context.returned)) await events.happened(path, userId);
      }),
    },
  } satisfies BetterAuthOptions;
}

/** Updates are partial: what names no token is left alone, so that a change of password doesn't write more than that. */
async function withoutTokensIfAny<T extends object>(account: T) {
  const holds = ['accessToken', 'refreshToken', 'idToken'].some((name) => name in account);
  return holds ? withoutTokens(account) : { data: account };
}
