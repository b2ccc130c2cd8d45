import {
  asDuration,
  asIs,
  asNumber,
  DURATION,
  DURATION_WORDS,
  matching,
  setting,
  textThat,
  wholeNumber,
} from './setting.ts';

const CREDENTIAL = textThat((text) => /^[\x21-\x7e]{0,512}$/.test(text));
const CREDENTIAL_WORDS = 'what the provider gave, or nothing';

/** Settings of accounts: where people sign in, from where else, and how often (docs/accounts.md). */
export const ACCOUNT_SETTINGS = {
  publicUrl: setting({
    variable: 'PLIMSOLL_PUBLIC_URL',
    takes: textThat(isOriginOrNothing),
    fallback: '',
    text: (raw) => raw.replace(/\/$/, ''),
    accepts: 'an http or https address without a path, or nothing',
    meaning:
      'Where people reach the platform: links in mails lead there, and cookies are `Secure` where it is https. Without it, the address ' +
      'that the API listens on.',
  }),
  signInLimit: setting({
    variable: 'PLIMSOLL_SIGN_IN_LIMIT',
    takes: wholeNumber(1, 1_000_000),
    fallback: '20',
    text: asNumber,
    accepts: 'a whole number from 1 to 1000000',
    meaning:
      'How often a minute one address may try to sign in, sign up or give a second factor (each of them), and a sixth of it an hour how ' +
      'often one may ask for a mail. An IPv6 address counts with its network of 64 bits.',
  }),
  inviteLifetimeMs: setting({
    variable: 'PLIMSOLL_INVITE_LIFETIME',
    takes: DURATION,
    fallback: 'P7D',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning: 'How long an invite to an organisation may be accepted. While it is pending it takes a seat.',
  }),
  githubClientId: setting({
    variable: 'PLIMSOLL_GITHUB_CLIENT_ID',
    takes: CREDENTIAL,
    fallback: '',
    text: asIs,
    accepts: CREDENTIAL_WORDS,
    meaning: 'Lets people sign in to the dashboard by GitHub, together with its secret (`docs/accounts.md`).',
  }),
  githubClientSecret: setting({
    variable: 'PLIMSOLL_GITHUB_CLIENT_SECRET',
    takes: CREDENTIAL,
    fallback: '',
    text: asIs,
    secret: true,
    accepts: CREDENTIAL_WORDS,
    meaning: 'The secret of `PLIMSOLL_GITHUB_CLIENT_ID`.',
  }),
  discordClientId: setting({
    variable: 'PLIMSOLL_DISCORD_CLIENT_ID',
    takes: matching(/^\d{0,32}$/),
    fallback: '',
    text: asIs,
    accepts: 'the number of an application, or nothing',
    meaning:
      'Lets people sign in to the dashboard and customers to the portal by Discord, together with its secret (`docs/accounts.md`).',
  }),
  discordClientSecret: setting({
    variable: 'PLIMSOLL_DISCORD_CLIENT_SECRET',
    takes: CREDENTIAL,
    fallback: '',
    text: asIs,
    secret: true,
    accepts: CREDENTIAL_WORDS,
    meaning: 'The secret of `PLIMSOLL_DISCORD_CLIENT_ID`.',
  }),
} as const;

function isOriginOrNothing(text: string): boolean {
  if (text === '') return true;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  return new URL(text).origin === text;
}
