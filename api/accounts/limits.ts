import type { Attempt, AttemptRule, Attempts } from '../../counters/attempts.ts';

/** How often what may be tried; docs/accounts.md tells it to operators. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Mails to one address an hour, of all kinds together, whoever asks for them: nobody is flooded by way of us. */
const MAILS: AttemptRule = { allowed: 8, windowMs: HOUR_MS };

/** Tries an hour at one account, from wherever: NIST SP 800-63B §3.2.2 has at most a hundred in a row. */
const PASSWORDS: AttemptRule = { allowed: 100, windowMs: HOUR_MS };
/** A code has a million values, and three tries each. */
const CODES: AttemptRule = { allowed: 30, windowMs: HOUR_MS };

/** Routes of the library that have somebody's password, code or link tried, or a mail sent. `*` is the rest of a path. */
export const TRIED = [
  '/sign-in/*',
  '/sign-up/*',
  '/two-factor/*',
  '/email-otp/*',
  '/magic-link/*',
  '/request-password-reset',
  '/reset-password',
  '/reset-password/*',
  '/send-verification-email',
  '/verify-email',
  '/change-password',
  '/delete-user',
];

/** The one of them that a path falls under; `*` for the rest, which share a limit. */
export function ruleOf(path: string): string {
  return TRIED.find((rule) => (rule.endsWith('/*') ? path.startsWith(rule.slice(0, -1)) : path === rule)) ?? '*';
}

/** What is limited by whom it is about beside by whence it comes, and how. */
const BY_EMAIL: Record<string, { of: 'mail' | 'password' | 'code'; rule: AttemptRule }> = {
  '/sign-in/email': { of: 'password', rule: PASSWORDS },
  '/sign-in/email-otp': { of: 'code', rule: CODES },
  '/request-password-reset': { of: 'mail', rule: MAILS },
  '/send-verification-email': { of: 'mail', rule: MAILS },
  '/sign-in/magic-link': { of: 'mail', rule: MAILS },
  '/email-otp/send-verification-otp': { of: 'mail', rule: MAILS },
};

/** Counts a try at the account of this e-mail, whether there is one or not; nothing where the route has no such limit. */
export async function tryAt(
  attempts: Attempts,
  { audience, path, email }: { audience: string; path: string; email: string },
): Promise<(Attempt & AttemptRule) | undefined> {
  const limit = BY_EMAIL[path];
  if (!limit) return undefined;
  return { ...limit.rule, ...(await attempts(`${audience} ${limit.of} ${email.toLowerCase()}`, limit.rule)) };
}

/** Whether one more mail may go to this address: for those that are sent beside what was asked for. */
export async function maySend(attempts: Attempts, audience: string, email: string): Promise<boolean> {
  return (await attempts(`${audience} mail ${email.toLowerCase()}`, MAILS)).counted;
}
