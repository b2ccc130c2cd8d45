import { type BetterAuthOptions, betterAuth } from 'better-auth';
import { emailOTP } from 'better-auth/plugins/email-otp';
import { magicLink } from 'better-auth/plugins/magic-link';
import type { CustomerEvents } from './customer-events.ts';
import {
  type AccountParts,
  keyedHash,
  LIFETIME,
  sharedOptions,
  takenName,
  USER_FIELDS,
  withoutTokens,
} from './options.ts';

/** Where the library answers customers of the portal. */
export const PORTAL_PATH = '/v1/portal/auth';

/** Customers have no password, and change nothing about themselves but how they sign in. */
const CLOSED = [
  '/sign-up/email',
  '/sign-in/email',
  '/request-password-reset',
  '/reset-password',
  '/verify-email',
  '/send-verification-email',
  '/change-password',
  '/change-email',
  '/update-user',
  '/delete-user',
  '/delete-user/callback',
  '/update-session',
  '/get-access-token',
  '/refresh-token',
  '/account-info',
  '/ok',
  '/error',
  '/email-otp/check-verification-otp',
  '/email-otp/verify-email',
  '/email-otp/request-password-reset',
  '/email-otp/reset-password',
  '/email-otp/request-email-change',
  '/email-otp/change-email',
  '/forget-password/email-otp',
];

/** Customers sign in by a link or a code in a mail, or by Discord (docs/spec/keyport.md §10.1): an audience of their own. */
export function createPortalAuth(parts: AccountParts, events: CustomerEvents) {
  return betterAuth(portalOptions(parts, events));
}

/** The same as options alone, which tell what tables the library expects. */
export function portalOptions(parts: AccountParts, events: CustomerEvents) {
  const { config } = parts;
  const shared = sharedOptions(parts, {
    audience: 'portal',
    basePath: PORTAL_PATH,
    // The cookie goes nowhere but to the portal's own routes.
    cookies: { prefix: 'plimsoll-portal', path: '/v1/portal' },
    tables: {
      users: 'portal_users',
      sessions: 'portal_sessions',
      accounts: 'portal_accounts',
      proofs: 'portal_verifications',
    },
  });
  return {
    ...shared,
    disabledPaths: CLOSED,
    socialProviders: {
      ...(config.discordClientId && {
        discord: {
          clientId: config.discordClientId,
          clientSecret: config.discordClientSecret,
          // Who signs in by Discord is proven to be that Discord id, and nothing else: what address Discord has of them is no proof to us.
          mapProfileToUser: ({ id, global_name, username }: DiscordProfile) => ({
            email: addressOfDiscord(id),
            emailVerified: true,
            name: takenName(global_name, username),
          }),
        },
      }),
    },
    account: {
      ...shared.account,
      accountLinking: {
        enabled: true,
        // Only by who is signed in: two proofs of one person.
        disableImplicitLinking: true,
        allowDifferentEmails: true,
        trustedProviders: ['discord'],
      },
    },
    user: {
      modelName: 'portal_users',
      fields: USER_FIELDS,
      additionalFields: {
        customerId: { type: 'string', required: false, input: false, fieldName: 'customer_id' },
      },
    },
    databaseHooks: {
      account: { create: { before: withoutTokens, after: (account) => events.accountAdded(account) } },
      // Every session comes of a proof.
      session: { create: { before: (session) => events.signingIn(session) } },
    },
    plugins: [
      magicLink({
        expiresIn: LIFETIME.signInLink,
        storeToken: 'hashed',
        sendMagicLink: ({ email, url }) => events.linkAsked(email, url),
      }),
      emailOTP({
        otpLength: 6,
        expiresIn: LIFETIME.signInCode,
        allowedAttempts: 3,
        storeOTP: { hash: keyedHash(parts, 'portal') },
        sendVerificationOTP: ({ email, otp }) => events.codeAsked(email, otp),
      }),
    ],
  } satisfies BetterAuthOptions;
}

interface DiscordProfile {
  id: string;
  global_name?: string | null;
  username: string;
}

/** The library wants an address of everybody; this one reaches nobody (RFC 2606 §2). */
function addressOfDiscord(id: string): string {
  return `${id}@discord.invalid`;
}
