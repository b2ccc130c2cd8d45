import knex, { type Knex } from 'knex';
import { types } from 'pg';
import type { Config } from '../runtime/config.ts';

// A timestamp leaves this room as epoch milliseconds and a bigint as a number, everywhere alike.
types.setTypeParser(types.builtins.TIMESTAMPTZ, (text) => new Date(text).getTime());
types.setTypeParser(types.builtins.INT8, (text) => {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`Too large for a number: ${text}`);
  return value;
});

/** The pool of one process. Nothing connects before the first query. */
export function connectDatabase(
  config: Pick<Config, 'databaseUrl' | 'databasePoolSize' | 'databaseTimeoutMs'>,
  applicationName = 'plimsoll',
): Knex {
  const open = new Set<PooledConnection>();
  const pool = { renew: (reason: string) => open.forEach((each) => (each.__knex__disposed = reason)) };
  const db = knex({
    client: 'pg',
    connection: {
      connectionString: config.databaseUrl,
      application_name: applicationName,
      connectionTimeoutMillis: config.databaseTimeoutMs,
      statement_timeout: config.databaseTimeoutMs,
      // The server's limit can't be told when the server is the one that hangs, so the client keeps one too.
      query_timeout: config.databaseTimeoutMs + 1_000,
      idle_in_transaction_session_timeout: config.databaseTimeoutMs * 2,
      keepAlive: true,
    },
    pool: {
      min: 0,
      max: config.databasePoolSize,
      afterCreate(connection: PooledConnection, done: (error: null, connection: PooledConnection) => void) {
        open.add(connection);
        connection.once('end', () => open.delete(connection));
        done(null, connection);
      },
    },
    acquireConnectionTimeout: config.databaseTimeoutMs,
    log: SAID_ELSEWHERE,
  });
  pools.set(db, pool);
  db.on('query-error', ({ message }: Error) => {
    // The server ends a statement that is slow before this, so it is the way to it that is dead.
    if (message.endsWith('Query read timeout')) pool.renew(message);
  });
  return db;
}

const pools = new WeakMap<Knex, { renew(reason: string): void }>();

/**
 * Makes a pool use no connection again that it has now: they may have died silently. Left in the pool, each would take a caller's
 * patience, until TCP gives up on it after a quarter of an hour. Statements that are under way are left alone.
 */
export function renewConnections(db: Knex, reason: string): void {
  pools.get(db)?.renew(reason);
}

/** A connection that knex's pool drops before its next use once it is marked. */
interface PooledConnection {
  once(event: 'end', listener: () => void): unknown;
  __knex__disposed?: string;
}

/** Knex prints to stdout what it also throws; stdout belongs to log lines and to answers in JSON. */
const SAID_ELSEWHERE = { warn: ignore, error: ignore, debug: ignore, deprecate: ignore };
function ignore(): void {}

/** Whether an error means that Postgres is away or overloaded rather than that we asked something wrong. */
export function isDatabaseOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code = '' } = error as NodeJS.ErrnoException;
  return (
    error.name === 'KnexTimeoutError' ||
    // Connection exceptions, resources exhausted, the server ending, a statement that took too long.
    /^(08|53|57P|57014|25P03)/.test(code) ||
    /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/.test(code) ||
    /Connection terminated|Query read timeout|timeout expired|Client has encountered a connection error/.test(
      error.message,
    )
  );
}

/** Whether an error means that a row like this one is there already. */
export function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === '23505';
}
