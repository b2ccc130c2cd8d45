import type { Knex } from 'knex';
import { Client } from 'pg';
import type { Config } from '../runtime/config.ts';

/**
 * What processes that keep snapshots must be told, and how. A notice travels in the writing transaction: it is sent if and only
 * if the change commits. Nothing else uses NOTIFY, since it serialises commits.
 */

const CHANNEL = 'plimsoll_snapshots';

/** What changed. A snapshot carries the tags of all that it was read from. */
export type Tag =
  | `organization:${string}`
  | `product:${string}`
  | `licenses-of:${string}`
  | `license:${string}`
  | `customer:${string}`
  | 'platform';

export const tagOf = {
  organization: (id: string): Tag => `organization:${id}`,
  product: (id: string): Tag => `product:${id}`,
  /** All licences of a product at once: what changes many sends one notice. */
  licensesOf: (productId: string): Tag => `licenses-of:${productId}`,
  license: (id: string): Tag => `license:${id}`,
  /** A customer as one organisation has them: their blacklist is the organisation's. */
  customer: (organizationId: string, customerId: string): Tag => `customer:${organizationId}:${customerId}`,
  platform: (): Tag => 'platform',
};

/** Says that what stands under a tag has changed. New things with random keys say nothing: no snapshot can hold them. */
export async function notifyChange(trx: Knex.Transaction, tag: Tag): Promise<void> {
  await trx.raw('select pg_notify(?, ?)', [CHANNEL, tag]);
}

export interface NoticeHandlers {
  /** A change has committed. */
  changed(tag: Tag): void;
  /** From now on every notice is heard; what was read before may be stale. */
  connected(): void;
  /** Notices may be missed from now on. Said once, until they are heard again. */
  lost(reason: string): void;
}

export interface Listener {
  /** Ends within a moment, also where the other side has gone silent. */
  close(): Promise<void>;
}

const HEARTBEAT_MS = 1_000;
const DEADLINE_MS = 2_000;
const RECONNECT_MS = 250;
/** How long Postgres may take to see us off. */
const GOODBYE_MS = 250;

/**
 * Hears notices on a connection of its own, for as long as the process lives. A heartbeat on the same connection finds one that died
 * silently: notices come in order with its answers, so an answer means that nothing before it was missed.
 */
export function listenToChanges(config: Pick<Config, 'databaseUrl'>, handlers: NoticeHandlers): Listener {
  let client: Client | undefined;
  let isClosed = false;
  let isLost = false;
  /** Of the one thing that is waited for: the next heartbeat, or the next try. */
  let timer: NodeJS.Timeout | undefined;

  const connect = async (): Promise<void> => {
    const own = new Client({
      connectionString: config.databaseUrl,
      application_name: 'plimsoll-listener',
      keepAlive: true,
    });
    client = own;
    let isOver = false;
    const end = (reason: string): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      cut(own);
      if (isClosed) return;
      if (!isLost) handlers.lost(reason);
      isLost = true;
      timer = setTimeout(() => void connect(), RECONNECT_MS);
    };
    /** Nothing on this connection may take longer than the deadline: it may have died without a word. */
    const inTime = async (answer: Promise<unknown>, otherwise: string): Promise<void> => {
      const deadline = setTimeout(() => end(otherwise), DEADLINE_MS).unref();
      await answer.finally(() => clearTimeout(deadline));
    };
    own.on('error', (error) => end(error.message));
    own.on('end', () => end('the connection ended'));
    own.on('notification', ({ payload }) => handlers.changed(payload as Tag));
    const beat = async (): Promise<void> => {
      try {
        await inTime(own.query('select 1'), 'no heartbeat');
        if (!isOver) timer = setTimeout(() => void beat(), HEARTBEAT_MS);
      } catch (error) {
        end((error as Error).message);
      }
    };
    try {
      await inTime(own.connect(), 'no connection');
      await inTime(own.query(`listen ${CHANNEL}`), 'no answer');
      if (isOver) return;
      isLost = false;
      handlers.connected();
      timer = setTimeout(() => void beat(), HEARTBEAT_MS);
    } catch (error) {
      end((error as Error).message);
    }
  };
  void connect();

  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      if (client) await leave(client);
    },
  };
}

async function leave(client: Client): Promise<void> {
  const late = setTimeout(() => cut(client), GOODBYE_MS);
  await client.end().finally(() => clearTimeout(late));
}

/** A connection that died silently has nothing to say goodbye to; waiting for it would keep the process. */
function cut(client: Client): void {
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
