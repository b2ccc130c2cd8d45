import type { Knex } from 'knex';
import type { Catalogue } from '../domain/plans/catalogue.ts';
import { bySiblings, type CountFacts, mayChange } from '../domain/plans/decision.ts';
import { matches } from '../domain/plans/scopes.ts';
import type { ScopeState, SubjectState } from '../domain/plans/subject.ts';
import { Refusal } from '../domain/refusal.ts';
import type { CountedThings, HeldLimit } from './counted-things.ts';
import { adjustUsage, lockUsage, type Slot } from './limit-usage.ts';

/**
 * Limits on things that exist, held in Postgres: the one way in which what a plan limits is made, deleted or changed. In the
 * transaction that does it the rows of all limits that count the thing are locked, in one order everywhere; the plan is read
 * under those locks; the engine decides; what is in use is adjusted together with the things themselves. So a hundred parallel
 * creates at 9 of 10 make exactly one, also while a downgrade is on its way (docs/spec/keyport.md §2.3, docs/spec/keyway.md §2.1).
 *
 * Which limits count a thing is read from the catalogue: a caller names the thing, never a limit, so none can be forgotten.
 * Rows that exist already are locked by the caller before (product, licence, then this: `store/README.md`).
 */

/** Who is limited: the subject whose plan decides. */
export interface Holder {
  subjectId: string;
  /** Reads the catalogue and what is agreed with the subject, in the caller's transaction. */
  read(trx: Knex.Transaction): Promise<{ catalogue: Catalogue; subject: SubjectState }>;
  /** Where the things are that its limits count. */
  things: CountedThings;
}

/** Things of one kind that are in the same scopes and have the same attributes. */
export interface Things {
  /** What limits call it in `counts`. */
  resource: string;
  /** How many of them; 1 unless told. */
  number?: number;
  /** The scopes below the subject that they are in: the vault, the project. The subject's own needs no telling. */
  scopes?: readonly ScopeState[];
  /** What a limit's `where` may ask for. */
  attributes?: Readonly<Record<string, string>>;
  /** What all of them allocate together, by the name of the sum. */
  amounts?: Readonly<Record<string, number>>;
}

/** What came of asking: `beyond` names the advisory limits that are exceeded now. They are counted and never refuse. */
export interface Taken {
  outcome: 'taken';
  beyond: CountFacts[];
}

/**
 * Takes the places of things that are about to be made, or refuses all of them. Of several limits the first in their declared
 * order that doesn't allow it is named. Ask before inserting, in the same transaction.
 * @throws {Refusal} `plan_limit_reached`
 * @throws {RangeError} for things whose scopes, attributes or amounts weren't told, and for limits whose edge is `queue`:
 *   what may have to wait asks `takeOrWait`
 */
export async function takePlaces(trx: Knex.Transaction, holder: Holder, ...made: Things[]): Promise<Taken> {
  return changePlaces(trx, holder, { from: [], to: made });
}

/**
 * Replaces things by others as one decision, judged by its net change: refused exactly when a limit would be exceeded by more
 * than it is now (docs/spec/keyway.md §2.2). What is beyond a limit may be replaced by as much or less. All or nothing.
 * The caller holds a lock on what contains the things, so that `from` is what is there. @throws as {@link takePlaces}
 */
export async function changePlaces(
  trx: Knex.Transaction,
  holder: Holder,
  change: { from: readonly Things[]; to: readonly Things[] },
): Promise<Taken> {
  const held = await holdPlaces(trx, holder, change);
  const queued = held.slots.find(({ limit, delta }) => limit.edge === 'queue' && delta > 0);
  // Full or not: else whoever waits would be overtaken, and nobody would notice before the limit is reached.
  if (queued) throw new RangeError(`Limit '${queued.limit.name}' has a queue: ask takeOrWait`);
  const { refused, beyond } = judge(held, () => 0);
  if (refused) throw refusalOf(refused);
  await adjustUsage(trx, held.slots);
  return { outcome: 'taken', beyond };
}

/**
 * Counts anew what has changed behind our back, such as the visibility of a repository, or what has moved to another scope:
 * never refused, also beyond a limit (docs/spec/keyway.md §4.4). Ask before the rows are changed. The attributes of a *scope* need no such call: what is
 * in a scope is counted there whether the limit holds in it or not.
 */
export async function movePlaces(
  trx: Knex.Transaction,
  holder: Holder,
  change: { from: readonly Things[]; to: readonly Things[] },
): Promise<void> {
  await adjustUsage(trx, (await holdPlaces(trx, holder, change)).slots);
}

/**
 * Gives back the places of things that this transaction *has* deleted, so that their number is known. A count that is wrong never keeps anybody from deleting:
 * it stops at zero, and the recount tells of it.
 */
export async function returnPlaces(trx: Knex.Transaction, holder: Holder, ...deleted: Things[]): Promise<void> {
  const { slots } = await holdPlaces(trx, holder, { from: deleted, to: [] });
  // A row that was made just now has counted what is there, without these.
  await adjustUsage(
    trx,
    slots.filter(({ isNew }) => !isNew),
  );
}

/** Limits under lock, with what they had in use before the change. */
export interface Held {
  catalogue: Catalogue;
  subject: SubjectState;
  /** Only those that the change touches; first those that are checked first. */
  slots: (Slot & { used: number; isNew: boolean })[];
}

/** Locks the rows of all limits that the change touches, and reads what is agreed with the subject under those locks. */
export async function holdPlaces(
  trx: Knex.Transaction,
  holder: Holder,
  change: { from: readonly Things[]; to: readonly Things[] },
): Promise<Held> {
  let { catalogue } = await holder.read(trx);
  for (;;) {
    const slots = slotsOf(catalogue, holder, change);
    const locked = await lockUsage(trx, holder.things, slots);
    const now = await holder.read(trx);
    if (isSame(now.catalogue, catalogue)) {
      return { ...now, slots: slots.map((slot, i) => ({ ...slot, ...locked[i]! })) };
    }
    // The subject was moved to another version of its catalogue before the locks were there.
    catalogue = now.catalogue;
  }
}

export interface Refused {
  limit: HeldLimit;
  scope: ScopeState;
  facts: CountFacts;
}

/** Asks the engine for each limit. `ahead`: places that others wait for and that may not be taken from them. */
export function judge(
  { catalogue, subject, slots }: Held,
  ahead: (slot: Slot) => number,
): { refused: Refused | undefined; beyond: CountFacts[] } {
  const beyond: CountFacts[] = [];
  const nowMs = Date.now();
  for (const slot of slots) {
    const { limit, scope, used, delta } = slot;
    const before = used + ahead(slot);
    // What is given back may be more than a wrong count says is in use.
    const after = Math.max(0, before + delta);
    const { allowed, by } = mayChange(catalogue, subject, { limit: limit.name, before, after, scope }, nowMs);
    if (!allowed) return { refused: { limit, scope, facts: by }, beyond };
    if (by && limit.edge === 'advisory' && by.allowed !== 'unlimited' && after > by.allowed) beyond.push(by);
  }
  return { refused: undefined, beyond };
}

export function refusalOf({ limit, facts }: Refused): Refusal<'plan_limit_reached'> {
  const { used, allowed, remaining, resetsAt, admittingPlan } = facts;
  return new Refusal('plan_limit_reached', {
    limit: limit.name,
    used,
    allowed,
    remaining: Number(remaining),
    resetsAt,
    admittingPlan,
  });
}

/** What a change means for each limit that counts the things: sums over all of them, without those that stay as they are. */
function slotsOf(
  catalogue: Catalogue,
  holder: Holder,
  { from, to }: { from: readonly Things[]; to: readonly Things[] },
): Slot[] {
  const slots = new Map<string, Slot>();
  const add = (things: Things, sign: 1 | -1): void => {
    for (const limit of heldLimits(catalogue)) {
      if (limit.counts !== things.resource) continue;
      const scope = scopeOf(catalogue, holder, limit, things);
      const key = `${scope.id} ${limit.name}`;
      const slot = slots.get(key) ?? { limit, scope, subjectId: holder.subjectId, delta: 0 };
      slots.set(key, { ...slot, delta: slot.delta + sign * amountOf(catalogue, limit, things) });
    }
  };
  for (const things of from) add(things, -1);
  for (const things of to) add(things, 1);
  return [...slots.values()].filter(({ delta }) => delta !== 0).sort(inOrder);
}

/** The limits of a catalogue that are held here. */
export function heldLimits(catalogue: Pick<Catalogue, 'limits'>): HeldLimit[] {
  return Object.values(catalogue.limits).filter(
    (limit): limit is HeldLimit => limit.kind === 'count' || limit.kind === 'sum',
  );
}

function scopeOf(catalogue: Catalogue, holder: Holder, limit: HeldLimit, things: Things): ScopeState {
  const told = things.scopes?.find(({ scope }) => scope === limit.scope);
  if (told) return told;
  if (limit.scope === catalogue.subject) return { scope: limit.scope, id: holder.subjectId, attributes: {} };
  throw new RangeError(`'${limit.name}' counts each ${things.resource} in its ${limit.scope}: tell which one`);
}

function amountOf(catalogue: Catalogue, limit: HeldLimit, things: Things): number {
  const { resource, number = 1, attributes = {}, amounts = {} } = things;
  if (!matches(catalogue, { scope: resource, attributes }, limit.where)) return 0;
  const amount = limit.kind === 'count' ? number : Object.hasOwn(amounts, limit.name) ? amounts[limit.name] : undefined;
  if (amount === undefined || !Number.isSafeInteger(amount) || amount < 0)
    throw new RangeError(`${amount} is no amount for limit '${limit.name}'`);
  return amount;
}

/** The order in which siblings are checked: as declared, then by name (docs/spec/unkey.md §3.3). */
function inOrder(a: Slot, b: Slot): number {
  return a.limit === b.limit ? (a.scope.id < b.scope.id ? -1 : 1) : bySiblings(a.limit, b.limit);
}

function isSame(a: Catalogue, b: Catalogue): boolean {
  return a.name === b.name && a.version === b.version;
}
