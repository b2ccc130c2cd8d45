import { asList, asNumber, listOf, setting, textThat, wholeNumber } from './setting.ts';

/** Settings of the management API: who may ask from where, and how often (api/management/README.md). */
export const API_SETTINGS = {
  corsOrigins: setting({
    variable: 'PLIMSOLL_CORS_ORIGINS',
    takes: listOf(textThat(isOrigin), 0, 100),
    fallback: '',
    text: asList,
    accepts: 'origins such as https://dashboard.example.com, separated by commas',
    meaning:
      'Pages of other origins that may use the management API as whoever is signed in. Browsers keep all others away. Not for the ' +
      'public API, whose callers are servers.',
  }),
  callsAMinute: setting({
    variable: 'PLIMSOLL_CALLS_A_MINUTE',
    takes: wholeNumber(1, 1_000_000),
    fallback: '600',
    text: asNumber,
    accepts: 'a whole number from 1 to 1000000',
    meaning:
      'How many calls of the management API one person, one access token or one portal customer has a minute, and one address that is ' +
      'none of these. Beyond it: 429. They need not be spread out: a minute without calls leaves all of them for the next moment.',
  }),
} as const;

function isOrigin(text: string): boolean {
  return /^https?:\/\//.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
