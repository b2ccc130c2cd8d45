import type { Mail } from './mails.ts';

/**
 * What is to be done once a transaction has committed, by its kind. Kinds and fields are only ever added: an entry may have been written
 * by the release before.
 */
export interface OutboxPayloads {
  mail: Mail;
}

export type OutboxKind = keyof OutboxPayloads;
