import type { Knex } from 'knex';
import { type Actor, acting } from '../../store/acting.ts';

/** As whom tests write where it doesn't matter who does. */
export const TESTER: Actor = { kind: 'server', by: 'test' };

/** Does one thing of the store in a transaction of its own, as somebody on the server. */
export function write<T>(db: Knex, work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return acting(db, TESTER, work);
}
