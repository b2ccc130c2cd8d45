import type { Knex } from 'knex';
import { appendEntries, type Note } from './audit-chain.ts';

/** Whom a change is put down to. */
export type Actor =
  | { kind: 'user'; id: string }
  /** `userId` is null for a token of an organisation, which belongs to no person. */
  | { kind: 'token'; id: string; userId: string | null }
  /** A customer in the portal. */
  | { kind: 'customer'; id: string }
  /** The command line on the server, by whom the operating system says uses it. */
  | { kind: 'server'; by: string }
  /** A workflow, the relay, the drain. */
  | { kind: 'system'; process: string };

/** From where a change was asked for. */
export interface Origin {
  ip: string | null;
  userAgent: string | null;
  requestId: string | null;
}

const NOWHERE: Origin = { ip: null, userAgent: null, requestId: null };

/** What a transaction that somebody acts in gathers until it commits. */
interface Ledger {
  actor: Actor;
  notes: Note[];
  /** Run once the changes stand. Nothing may depend on them: a process may die before. */
  afterCommit: Set<(db: Knex) => void>;
}

const ledgers = new WeakMap<Knex.Transaction, Ledger>();

/**
 * Opens a transaction in which every audited write is put down to `actor`, and appends its entries at the end, when all other locks
 * are held: the heads of the chains are the last ones, and held shortly. What `work` throws rolls everything back, entries included.
 */
export async function acting<T>(
  db: Knex,
  actor: Actor,
  work: (trx: Knex.Transaction) => Promise<T>,
  origin: Origin = NOWHERE,
): Promise<T> {
  if (db.isTransaction) throw new Error('acting() opens a transaction of its own; inside of one there is actIn()');
  const ledger: Ledger = { actor, notes: [], afterCommit: new Set() };
  const result = await db.transaction((trx) => keeping(ledger, trx, { actor, origin, work }));
  for (const each of ledger.afterCommit) each(db);
  return result;
}

/**
 * The same in a transaction that somebody else opened and will commit right afterwards: the heads stay locked until then. What is
 * given to `afterCommit` in it is not run.
 */
export async function actIn<T>(
  trx: Knex.Transaction,
  actor: Actor,
  work: (trx: Knex.Transaction) => Promise<T>,
  origin: Origin = NOWHERE,
): Promise<T> {
  if (ledgers.has(trx)) throw new Error('Somebody acts in this transaction already');
  return keeping({ actor, notes: [], afterCommit: new Set() }, trx, { actor, origin, work });
}

async function keeping<T>(
  ledger: Ledger,
  trx: Knex.Transaction,
  { actor, origin, work }: { actor: Actor; origin: Origin; work: (trx: Knex.Transaction) => Promise<T> },
): Promise<T> {
  ledgers.set(trx, ledger);
  try {
    const result = await work(trx);
    await appendEntries(trx, { actor, origin, notes: ledger.notes });
    return result;
  } finally {
    ledgers.delete(trx);
  }
}

/** Who acts in a transaction: whoever may only grant what they hold is asked for by it. @throws {Error} when nobody acts in it */
export function actorOf(trx: Knex.Transaction): Actor {
  return ledgerOf(trx).actor;
}

/** Notes an entry for the end of the transaction. @throws {Error} when nobody acts in it */
export function note(trx: Knex.Transaction, entry: Note): void {
  ledgerOf(trx).notes.push(entry);
}

/** Has something done when the transaction has committed, with the pool that it is of; once however often it is given. @throws {Error} when nobody acts in it */
export function afterCommit(trx: Knex.Transaction, act: (db: Knex) => void): void {
  ledgerOf(trx).afterCommit.add(act);
}

function ledgerOf(trx: Knex.Transaction): Ledger {
  const ledger = ledgers.get(trx);
  if (!ledger) throw new Error('Nobody acts in this transaction: open it by acting() (store/acting.ts)');
  return ledger;
}
