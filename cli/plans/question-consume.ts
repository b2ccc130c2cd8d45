import type { Limit } from '../../domain/plans/catalogue.ts';
import type { RateNumbers } from '../../domain/plans/subject.ts';
import type { BudgetTakeOp, ConsumeStep } from '../../domain/program/consume.ts';
import type { CreditsOp, When } from '../../domain/program/program.ts';
import type { Fields } from './fields.ts';
import { type Before, type Known, limitOf, usedOf } from './question-parts.ts';

const WHENS: readonly When[] = ['always', 'passed', 'success'];
const OF_CREDITS = ['spend', 'set', 'add', 'subtract'] as const;
const OF_BUDGETS = ['reserve', 'extend', 'commit', 'release', 'spend'] as const;

/** One step of `consume`: what is taken of a limit, by its kind, and what stands before. */
export function consumingStep(fields: Fields, known: Known): { step: ConsumeStep; before: Before } | undefined {
  const limit = limitOf(fields, known.catalogue, ['quota', 'rate', 'credits', 'budget']);
  if (limit === undefined) return undefined;
  const when = fields.oneOf('when', WHENS);
  const before: Before = { used: 0, balance: undefined, reserved: 0, spent: 0 };
  const base = { key: limit, limit, ...(when && { when }) };
  const definition = known.catalogue.limits[limit]!;
  const told = usedOf(known, limit);

  switch (definition.kind) {
    case 'rate': {
      const identifier = fields.text('identifier');
      const numbers = numbersOf(fields);
      before.used = fields.amount('used') ?? told ?? 0;
      // Each identifier is counted by itself.
      const key = identifier === undefined ? limit : `${limit} ${identifier}`;
      const call = { ...(identifier !== undefined && { identifier }), ...(numbers && { numbers }) };
      return { step: { ...base, ...call, key, take: 'rate', cost: fields.amount('cost') ?? 1 }, before };
    }
    case 'quota': {
      const [event, cost] = [fields.named('event', 'event', definition.counts), fields.amount('cost')];
      before.used = fields.amount('used') ?? told ?? 0;
      const call = { ...(event !== undefined && { event }), ...(cost !== undefined && { cost }) };
      return { step: { ...base, ...call, take: 'quota' }, before };
    }
    case 'credits': {
      before.balance = fields.amount('balance') ?? told;
      const op = creditsOp(fields);
      return op && { step: { ...base, take: 'credits', op, bornAtMs: 0 }, before };
    }
    default: {
      before.reserved = fields.amount('reserved') ?? 0;
      before.spent = fields.amount('spent') ?? told ?? 0;
      const op = budgetOp(fields);
      const paused = fields.flag('paused') ?? false;
      return op && { step: { ...base, take: 'budget', op, paused, bornAtMs: 0 }, before };
    }
  }
}

/** Numbers that the call brings along; both or none. */
function numbersOf(fields: Fields): RateNumbers | undefined {
  const allowed: Limit | undefined = fields.limit('allowed');
  const windowSeconds = fields.amount('window_seconds');
  if (allowed === undefined && windowSeconds === undefined) return undefined;
  fields.need('allowed', 'how much in the window, since window_seconds is told');
  fields.need('window_seconds', 'how long the window is, since allowed is told');
  return allowed === undefined || windowSeconds === undefined ? undefined : { limit: allowed, windowSeconds };
}

function creditsOp(fields: Fields): CreditsOp | undefined {
  const kind = fields.has('op') ? fields.oneOf('op', OF_CREDITS) : 'spend';
  const amount = fields.amount('amount') ?? (kind === 'spend' ? (fields.amount('cost') ?? 1) : undefined);
  if (kind === undefined) return undefined;
  if (kind === 'spend') return { kind, cost: amount! };
  fields.need('amount', `how much to ${kind}`);
  if (amount === undefined) return undefined;
  return kind === 'set' ? { kind, balance: amount } : { kind, amount };
}

function budgetOp(fields: Fields): BudgetTakeOp | undefined {
  const kind = fields.has('op') ? fields.oneOf('op', OF_BUDGETS) : 'reserve';
  const reservationId = fields.text('id') ?? 'r1';
  const amount = fields.amount('amount');
  const leaseSeconds = fields.amount('lease_seconds');
  const lease = leaseSeconds === undefined ? {} : { leaseMs: leaseSeconds * 1000 };
  if (kind === undefined) return undefined;
  if (kind === 'release') return { kind, reservationId };
  if (kind === 'extend') return { kind, reservationId, ...lease };
  fields.need('amount', `how much to ${kind}`);
  if (amount === undefined) return undefined;
  if (kind === 'spend') return { kind, amount };
  return kind === 'commit' ? { kind, reservationId, amount } : { kind, reservationId, amount, ...lease };
}
