import { asDuration, asIs, DURATION, DURATION_WORDS, matching, setting } from './setting.ts';

/** Settings of mail: through whom it goes out, in whose name (docs/operations.md). */
export const MAIL_SETTINGS = {
  smtpUrl: setting({
    variable: 'PLIMSOLL_SMTP_URL',
    takes: matching(/^(smtps?:\/\/\S+)?$/),
    fallback: '',
    text: asIs,
    secret: true,
    accepts: 'smtp://user:password@host:587 (smtps:// for TLS from the first byte), or nothing',
    meaning:
      'The server that mails are given to. Without it they are kept in the database, where an inbox page shows them while the API ' +
      'listens on loopback: for developing.',
  }),
  mailFrom: setting({
    variable: 'PLIMSOLL_MAIL_FROM',
    takes: matching(/^(?:[^\s@<>]+@[^\s@<>]+|[^<>\p{Cc}"]+ <[^\s@<>]+@[^\s@<>]+>)$/u),
    fallback: 'Plimsoll <plimsoll@localhost>',
    text: asIs,
    accepts: 'an address, or a name with one: Plimsoll <plimsoll@example.com>',
    meaning: 'Who mails are from. Its domain must allow the SMTP server to send for it, or they end as spam.',
  }),
  mailRetentionMs: setting({
    variable: 'PLIMSOLL_MAIL_RETENTION',
    takes: DURATION,
    fallback: 'P7D',
    text: asDuration,
    accepts: DURATION_WORDS,
    meaning:
      'For how long mails are kept where there is no SMTP server. Links in them open accounts, so not for longer than needed.',
  }),
} as const;
