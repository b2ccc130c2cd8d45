import type { Knex } from 'knex';
import type { HeldLimit } from './counted-things.ts';
import { type Held, type Holder, holdPlaces, judge, refusalOf, type Taken, type Things } from './holding.ts';
import { adjustUsage, type Slot } from './limit-usage.ts';

/**
 * Limits whose edge is `queue`: what finds no place waits for one, such as the next of several concurrent builds
 * (docs/spec/unkey.md §3.3).
 *
 * A queue is an order, not a holder of places: what waits has a ticket, and asks again by the same id when a place may have become
 * free. It is let in as soon as there are places for it and for all before it, so nobody is overtaken, and one that is slow to ask again
 * keeps a place free instead of blocking the queue. All other limits are asked again then: waiting reserves nothing of them.
 */

/** `position` 1 is next. The thing may be kept as one that waits, which no limit counts. */
export interface Waiting {
  outcome: 'wait';
  limit: string;
  position: number;
}

/**
 * Takes the places of one thing as `takePlaces` does, or has it wait for its turn. Whoever asks again by the same id keeps its
 * turn; who is let in, or doesn't want to wait any longer (`leaveQueue`), gives it up.
 * @throws {Refusal} `plan_limit_reached` of a limit that has no queue: it comes before waiting for another
 */
export async function takeOrWait(
  trx: Knex.Transaction,
  holder: Holder,
  waiterId: string,
  things: Things,
): Promise<Taken | Waiting> {
  const held = await holdPlaces(trx, holder, { from: [], to: [things] });
  const queues = held.slots.filter(({ limit }) => limit.edge === 'queue');
  const ahead = new Map<Slot, number>();
  for (const slot of queues) ahead.set(slot, await countAhead(trx, slot, waiterId));

  const { refused } = judge(without(held, 'queue'), () => 0);
  if (refused) throw refusalOf(refused);
  const { refused: full, beyond } = judge(held, (slot) => ahead.get(slot) ?? 0);
  if (full) {
    const place = placeOf(full.scope.id, full.limit.name);
    await trx('limit_queue')
      .insert({ ...place, waiter_id: waiterId })
      .onConflict(['waiter_id', 'scope_id', 'limit_name'])
      .ignore();
    const slot = queues.find(({ limit, scope }) => limit.name === full.limit.name && scope.id === full.scope.id)!;
    return { outcome: 'wait', limit: full.limit.name, position: ahead.get(slot)! + 1 };
  }
  await leaveQueue(trx, waiterId);
  await adjustUsage(trx, held.slots);
  return { outcome: 'taken', beyond };
}

/** Gives up waiting, wherever it waits. */
export async function leaveQueue(trx: Knex.Transaction, waiterId: string): Promise<void> {
  await trx('limit_queue').where({ waiter_id: waiterId }).delete();
}

/** The first `limit` ids that wait for a place, the next one first: whom to tell when places were given back. */
export async function listWaiting(
  db: Knex,
  { scopeId, limitName, limit }: { scopeId: string; limitName: string; limit: number },
): Promise<string[]> {
  const rows = await db('limit_queue')
    .where(placeOf(scopeId, limitName))
    .orderBy('ticket')
    .limit(limit)
    .select<{ waiter_id: string }[]>('waiter_id');
  return rows.map(({ waiter_id }) => waiter_id);
}

/** How many wait before this one. Tickets are handed out under the lock of the limit's row, so none appears in between. */
async function countAhead(trx: Knex.Transaction, { scope, limit }: Slot, waiterId: string): Promise<number> {
  const place = placeOf(scope.id, limit.name);
  const [row] = await trx('limit_queue')
    .where(place)
    .whereRaw("ticket < coalesce((?), 'infinity'::float8)", [
      trx('limit_queue')
        .where({ ...place, waiter_id: waiterId })
        .select('ticket'),
    ])
    .count<{ ahead: number }[]>({ ahead: '*' });
  return row!.ahead;
}

function without(held: Held, edge: HeldLimit['edge']): Held {
  return { ...held, slots: held.slots.filter(({ limit }) => limit.edge !== edge) };
}

function placeOf(scopeId: string, limitName: string): { scope_id: string; limit_name: string } {
  return { scope_id: scopeId, limit_name: limitName };
}
