import type { Knex } from 'knex';
import type { Mail } from '../domain/mails.ts';
import type { SecretBox } from '../runtime/secrets.ts';
import { enqueue } from './outbox.ts';

/** Has a mail sent if this transaction commits. @throws {Error} when nobody acts in it */
export function enqueueMail(trx: Knex.Transaction, mail: Mail, secrets: SecretBox): Promise<string> {
  return enqueue(trx, { kind: 'mail', payload: mail }, secrets);
}

/** A mail as it was written, kept where there is no SMTP server to give it to. */
export interface SentMail {
  /** Of the outbox entry that it came from. */
  id: string;
  sentAtMs: number;
  template: string;
  sender: string;
  recipient: string;
  subject: string;
  text: string;
  html: string;
}

const SUMMARY = ['id', 'sent_at', 'template', 'sender', 'recipient', 'subject'];

/** Keeps a mail, once however often it is kept. */
export async function keepMail(trx: Knex, mail: Omit<SentMail, 'sentAtMs'>): Promise<void> {
  await trx('sent_mails')
    .insert({ ...mail })
    .onConflict('id')
    .ignore();
}

/** The newest mails, without what they say. */
export async function listMails(db: Knex, limit: number): Promise<Omit<SentMail, 'text' | 'html'>[]> {
  const rows = await db('sent_mails')
    .orderBy([
      { column: 'sent_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit)
    .select<SentMailRow[]>(SUMMARY);
  return rows.map(({ sent_at: sentAtMs, ...row }) => ({ ...row, sentAtMs }));
}

export async function findMail(db: Knex, id: string): Promise<SentMail | undefined> {
  const row = await db('sent_mails')
    .where({ id })
    .first<SentMailRow | undefined>([...SUMMARY, 'text', 'html']);
  if (!row) return undefined;
  const { sent_at: sentAtMs, ...mail } = row;
  return { ...mail, sentAtMs };
}

/** Forgets mails that were kept before an instant, at most `limit` of them; gives how many there were. */
export async function pruneMails(db: Knex, { beforeMs, limit }: { beforeMs: number; limit: number }): Promise<number> {
  const old = db('sent_mails').where('sent_at', '<', new Date(beforeMs)).orderBy('sent_at').limit(limit).select('id');
  return db('sent_mails').whereIn('id', old).delete();
}

type SentMailRow = Omit<SentMail, 'sentAtMs'> & { sent_at: number };
