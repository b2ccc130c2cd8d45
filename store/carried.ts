import { AsyncLocalStorage } from 'node:async_hooks';
import type { Knex } from 'knex';
import { types } from 'pg';
import { acting, type Origin } from './acting.ts';

/** Whoever a request of the library is about: known only when somebody signed up, or followed a link. */
interface CarriedActor {
  kind: 'user' | 'customer';
  id: string;
}

/** A library's request, on whose behalf its statements run. */
interface Carrier {
  /** The transaction, once something was written. */
  transaction: Promise<Knex.Transaction> | undefined;
  open(): Promise<Knex.Transaction>;
  /**
   * The first statement that failed, which the library may have passed over. In a transaction Postgres takes nothing more then, and would
   * call its end a success.
   */
  failure: unknown;
  hasFailed: boolean;
  /** To be filled in when it is known. */
  actor: CarriedActor;
  /** Transactions that the library has begun in this one, and whether Postgres knows of each: none before the first write. */
  savepoints: { isMade: boolean }[];
}

/** As much of a pool of the package `pg` as a query builder needs. */
export interface CarriedPool {
  connect(): Promise<CarriedClient>;
  end(): Promise<void>;
}

export interface CarriedClient {
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ command: string; rowCount: number | null; rows: unknown[] }>;
  release(): void;
}

export interface Carrying {
  /** What a library that brings its own SQL is given for a pool. */
  pool: CarriedPool;
  /**
   * Runs `work`, and all that the library does in it, so that what is written stands or falls together: the transaction begins with the
   * first write and commits when `work` is done. Reads before that take a connection each and hold none, so nothing is held while a
   * password is hashed. A statement that failed rolls back what was written, and is thrown, whatever `work` made of it. Audited writes are put down to whom `putDownTo` names.
   * @throws what `work` throws, and the first failure of a statement that `work` passed over
   */
  carry<T>(work: () => Promise<T>, options: { kind: 'user' | 'customer'; origin: Origin }): Promise<T>;
  /** The transaction of the request that is being carried, for writes of ours in it. @throws {Error} outside of `carry` */
  transaction(): Promise<Knex.Transaction>;
  putDownTo(id: string): void;
}

/**
 * Lets a library that has its own SQL write in our transactions, over our pool: its pool, and ours of knex, are one. Statements outside of
 * `carry` run each by itself; a transaction that the library begins inside of it is a savepoint.
 *
 * @param standsAlone tells statements that must be committed by themselves, at once, also in `carry`
 */
export function createCarrying(db: Knex, standsAlone: (sql: string) => boolean): Carrying {
  const carriers = new AsyncLocalStorage<Carrier>();

  const query: CarriedClient['query'] = async (text, values = []) => {
    const carrier = carriers.getStore();
    const control = CONTROL.exec(text)?.[1]?.toLowerCase();
    if (!carrier) {
      if (control) throw new Error(`A transaction that nobody carries: ${text}`);
      return run(db, text, values);
    }
    if (control) return savepoint(carrier, control);
    const isAlone = standsAlone(text) || (!carrier.transaction && READ.test(text));
    return ask(carrier, isAlone ? db : await written(carrier), { text, values });
  };

  return {
    pool: { connect: async () => ({ query, release: () => {} }), end: async () => {} },
    carry,
    transaction() {
      const carrier = carriers.getStore();
      if (!carrier) throw new Error('Nothing is being carried: there is no transaction to write in');
      return carrier.open();
    },
    putDownTo(id) {
      const carrier = carriers.getStore();
      if (!carrier) throw new Error('Nothing is being carried: nobody acts');
      carrier.actor.id = id;
    },
  };

  async function carry<T>(
    work: () => Promise<T>,
    { kind, origin }: { kind: 'user' | 'customer'; origin: Origin },
  ): Promise<T> {
    const end = Promise.withResolvers<void>();
    // Nobody waits for it where nothing was written.
    end.promise.catch(() => {});
    let whole: Promise<void> | undefined;
    const carrier: Carrier = {
      transaction: undefined,
      failure: undefined,
      hasFailed: false,
      // Read when the entries are written, at the end.
      actor: { kind, id: '' },
      savepoints: [],
      open() {
        if (carrier.transaction) return carrier.transaction;
        const opened = Promise.withResolvers<Knex.Transaction>();
        whole = acting(
          db,
          carrier.actor,
          (trx) => {
            opened.resolve(trx);
            return end.promise;
          },
          origin,
        );
        whole.catch(opened.reject);
        carrier.transaction = opened.promise;
        return opened.promise;
      },
    };

    try {
      const result = await carriers.run(carrier, work);
      if (carrier.hasFailed) throw carrier.failure;
      end.resolve();
      await whole;
      return result;
    } catch (error) {
      end.reject(error);
      // Rolled back before anybody hears of it: who asks again finds things as they were.
      await whole?.catch(() => {});
      throw error;
    }
  }

  async function ask(
    carrier: Carrier,
    connection: Knex,
    { text, values = [] }: { text: string; values?: readonly unknown[] },
  ) {
    try {
      return await run(connection, text, values);
    } catch (error) {
      carrier.failure ??= error;
      carrier.hasFailed = true;
      throw error;
    }
  }

  /** The transaction, begun with this write if none was before it. */
  async function written(carrier: Carrier): Promise<Knex.Transaction> {
    const trx = await carrier.open();
    for (const [i, each] of carrier.savepoints.entries()) {
      if (each.isMade) continue;
      each.isMade = true;
      await ask(carrier, trx, { text: `savepoint carried_${i}` });
    }
    return trx;
  }

  async function savepoint(carrier: Carrier, control: string) {
    if (control !== 'commit' && control !== 'rollback') {
      carrier.savepoints.push({ isMade: false });
      return NOTHING_YET;
    }
    const ended = carrier.savepoints.pop();
    // Nothing was written in it.
    if (!ended?.isMade) return NOTHING_YET;
    const name = `carried_${carrier.savepoints.length}`;
    const text = control === 'commit' ? `release savepoint ${name}` : `rollback to savepoint ${name}`;
    return ask(carrier, await carrier.open(), { text });
  }
}

const NOTHING_YET = { command: 'BEGIN', rowCount: null, rows: [] };

const CONTROL = /^\s*(begin|start transaction|commit|rollback)\b/i;
const READ = /^\s*select\b(?!.*\bfor\s+(update|share|no key))/is;

/** One statement with numbered parameters. Times come as `Date`, as such libraries expect them; in this house they are numbers. */
async function run(
  db: Knex,
  text: string,
  values: readonly unknown[],
): Promise<{ command: string; rowCount: number | null; rows: unknown[] }> {
  return db.raw(text).options({ values: [...values], types: WITH_DATES });
}

const TIMESTAMPTZ: number = types.builtins.TIMESTAMPTZ;

const WITH_DATES = {
  getTypeParser: (oid: number, format?: 'text') =>
    oid === TIMESTAMPTZ ? (text: string) => new Date(text) : types.getTypeParser(oid, format),
};
