import { createHmac } from 'node:crypto';
import type { BetterAuthOptions } from 'better-auth';
import type { Attempts } from '../../counters/attempts.ts';
import { PASSWORD_LENGTH } from '../../domain/accounts/passwords.ts';
import { type AccountAudience, accountKey } from '../../runtime/account-keys.ts';
import type { Config } from '../../runtime/config.ts';
import { newId } from '../../runtime/ids.ts';
import type { Logger } from '../../runtime/log.ts';
import type { CarriedPool } from '../../store/carried.ts';
import { SITE_BITS } from '../caller-address.ts';
import { currentExchange } from './exchange.ts';
import { ruleOf, TRIED } from './limits.ts';

/** What both audiences are made of. */
export interface AccountParts {
  config: Pick<
    Config,
    | 'secretKeys'
    | 'signInLimit'
    | 'corsOrigins'
    | 'githubClientId'
    | 'githubClientSecret'
    | 'discordClientId'
    | 'discordClientSecret'
  >;
  pool: CarriedPool;
  attempts: Attempts;
  log: Logger;
  /** Where people reach the platform, without a slash at its end. */
  publicUrl: string;
  /** Whether that address was configured; else the address that a request went to is as good. */
  isConfigured: boolean;
}

/** Names a caller's address to the library; whatever a caller sends under this name is thrown away. */
export const ADDRESS_HEADER = 'x-plimsoll-caller';

/** Seconds. */
export const LIFETIME = {
  session: 7 * 24 * 3_600,
  /** A session in use is prolonged once a day. */
  sessionRenewed: 24 * 3_600,
  verification: 24 * 3_600,
  reset: 3_600,
  signInLink: 15 * 60,
  signInCode: 10 * 60,
};

/** Options that both audiences share; tables, cookies, secrets and paths are each one's own. */
export function sharedOptions(
  parts: AccountParts,
  {
    audience,
    basePath,
    cookies,
    tables,
  }: {
    audience: 'dashboard' | 'portal';
    basePath: string;
    cookies: { prefix: string; path: string };
    tables: { users: string; sessions: string; accounts: string; proofs: string };
  },
) {
  const { config, publicUrl } = parts;
  return {
    appName: 'Plimsoll',
    baseURL: publicUrl,
    basePath,
    secrets: config.secretKeys.map((key) => accountKey(key, audience)),
    database: parts.pool as never,
    telemetry: { enabled: false },
    trustedOrigins: (request?: Request) => trustedOrigins(parts, request),
    logger: {
      level: 'error',
      disableColors: true,
      log: (level, message, ...more) => {
        // What it calls an error is mostly a caller's; what failed on our side is thrown to us.
        const error = more.find((each) => each instanceof Error);
        parts.log.debug({ level, ...(error && { err: error }) }, `accounts: ${message.slice(0, 200)}`);
      },
    },
    // Ours are thrown on to us, with what we need to tell an outage from a bug.
    // Who comes back from a provider without a page to go to goes to the first one.
    onAPIError: { throw: true, errorURL: `${publicUrl}/` },
    rateLimit: {
      enabled: true,
      window: 60,
      max: 600,
      customRules: Object.fromEntries(TRIED.map((path) => [path, { window: 60, max: config.signInLimit }])),
      customStorage: {
        async consume(key: string, { window, max }: { window: number; max: number }) {
          const exchange = currentExchange();
          // The library's key is the address and the path, of which callers can make up any number: our key has the rule instead.
          const subject = `${audience} ${key.split('|', 1)[0]} ${ruleOf(exchange.path)}`;
          const attempt = await parts.attempts(subject, { allowed: max, windowMs: window * 1_000 });
          exchange.attempt = { ...attempt, allowed: max };
          return { allowed: attempt.counted, retryAfter: seconds(attempt.resetsInMs) };
        },
      },
    },
    advanced: {
      cookiePrefix: cookies.prefix,
      useSecureCookies: publicUrl.startsWith('https://'),
      defaultCookieAttributes: { httpOnly: true, sameSite: 'lax', path: cookies.path },
      // The library turns both off by itself where it takes us for a test.
      disableOriginCheck: false,
      disableCSRFCheck: false,
      ipAddress: { ipAddressHeaders: [ADDRESS_HEADER], ipv6Subnet: SITE_BITS },
      // The schema is one of our migrations, and a test holds it against the library's.
      database: { generateId: () => newId(), validateSchema: false },
    },
    // No cache in a cookie: a session that was revoked ends with the next request.
    session: {
      modelName: tables.sessions,
      expiresIn: LIFETIME.session,
      updateAge: LIFETIME.sessionRenewed,
      // What asks for more than a session asks for the password (`dashboard.ts`).
      freshAge: 0,
      cookieCache: { enabled: false },
      fields: {
        userId: 'user_id',
        expiresAt: 'expires_at',
        ipAddress: 'ip_address',
        userAgent: 'user_agent',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    account: {
      modelName: tables.accounts,
      // Nothing is ever asked of a provider after sign-in, so its tokens are not kept (`withoutTokens`).
      updateAccountOnSignIn: false,
      storeStateStrategy: 'database',
      fields: {
        userId: 'user_id',
        providerId: 'provider_id',
        accountId: 'account_id',
        accessToken: 'access_token',
        refreshToken: 'refresh_token',
        idToken: 'id_token',
        accessTokenExpiresAt: 'access_token_expires_at',
        refreshTokenExpiresAt: 'refresh_token_expires_at',
        createdAt: 'created_at',
        updatedAt: 'updated_at',
      },
    },
    verification: {
      modelName: tables.proofs,
      storeIdentifier: 'hashed',
      fields: { expiresAt: 'expires_at', createdAt: 'created_at', updatedAt: 'updated_at' },
    },
  } satisfies BetterAuthOptions;
}

/** The columns of a user that both audiences have. */
export const USER_FIELDS = {
  emailVerified: 'email_verified',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const;

export const PASSWORDS = {
  minPasswordLength: PASSWORD_LENGTH.least,
  // The library counts UTF-16 units, of which a character has two at most; characters were counted before (`input.ts`).
  maxPasswordLength: PASSWORD_LENGTH.most * 2,
};

/** What an account at a provider is kept with: who it is, and none of the tokens that came along. */
export async function withoutTokens<T extends object>(account: T) {
  const none = { accessToken: null, refreshToken: null, idToken: null };
  return { data: { ...account, ...none, accessTokenExpiresAt: null, refreshTokenExpiresAt: null } as T };
}

/** Most characters of anybody's name. */
export const MOST_OF_NAME = 200;

/** What a provider calls somebody, as our columns take it: a name that nobody typed here keeps nobody out. */
export function takenName(name: string | null | undefined, otherwise: string): string {
  const text = (name || otherwise).replaceAll('\0', '').toWellFormed();
  return Array.from(text).slice(0, MOST_OF_NAME).join('');
}

/** Whole seconds, never too early. */
export function seconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1_000));
}

/** Hashes what has too few values for a plain hash: by the audience's first key. */
export function keyedHash(parts: AccountParts, audience: AccountAudience): (text: string) => Promise<string> {
  const { value } = accountKey(parts.config.secretKeys[0]!, audience);
  return async (text) => createHmac('sha256', value).update(text).digest('base64url');
}

/**
 * Whose pages may act for who is signed in, and where links may lead: the platform's own, and those that are configured. Where no public
 * address is configured, the one that the request went to is the platform's own, as a browser never sends cookies of one to another.
 */
function trustedOrigins({ config, publicUrl, isConfigured }: AccountParts, request: Request | undefined): string[] {
  const host = request?.headers.get('host');
  const here = isConfigured || !host ? [] : [`http://${host}`, `https://${host}`];
  return [publicUrl, ...config.corsOrigins, ...here];
}
