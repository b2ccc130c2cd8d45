import type { Facts } from '../../domain/plans/decision.ts';
import { unreachable } from '../../domain/unreachable.ts';
import { instant } from './clock.ts';
import { isAboutLimit, occasionOf } from './occasions.ts';
import { grouped, isPlural, type Words } from './words.ts';

/** How a product names a plan as the one who acts: `Starter`, `The Free plan`. */
export type PlanName = (title: string) => string;

/**
 * What is, what is allowed and why not, in one or two sentences for whoever reads them at midnight. Never a value, an id or a key:
 * names of the catalogue and numbers alone.
 */
export function sentence(words: Words, by: Facts, planName: PlanName): string {
  const occasion = occasionOf(by);
  switch (occasion) {
    case 'feature':
      return lacking(words, by);
    case 'limit':
      return by.kind === 'sum' ? allocated(words, by, planName) : existing(words, by, planName);
    case 'quota':
      return counted(words, by);
    case 'rate':
      return paced(words, by);
    case 'credits':
      return `${grouped(numberOf(by.remaining))} are left of ${words.title(by.name)} and ${grouped(by.requested ?? 0)} were asked for.${anew(by)}`;
    case 'budget':
      return spent(words, by);
    case 'size':
      return `${tooLarge(words, by)}.`;
    case 'state':
      return frozen(words, by, planName);
    case 'hidden':
      return 'There is nothing here.';
    default:
      return unreachable(occasion);
  }
}

/** What the present plan takes; a size that was allowed by nobody's plan says so without one. */
export function tooLarge(words: Words, by: Facts): string {
  const has = `The ${words.scopeOf(by.name)} has ${words.amount(by.name, by.requested ?? 0)}`;
  return `${has}; ${by.plan === null ? 'at most' : 'this plan takes'} ${grouped(numberOf(by.allowed))}${by.plan === null ? ' are taken' : ''}`;
}

/** What helps, as far as a plan or an agreement does. */
export function cure(words: Words, { admittingPlan, overrideable }: Facts): string {
  if (admittingPlan !== null) return `${words.title(admittingPlan)} lifts this limit.`;
  return overrideable ? 'A higher limit can be asked for.' : 'No plan lifts this limit.';
}

function existing(words: Words, by: Facts, planName: PlanName): string {
  const used = by.used ?? 0;
  const more = by.requested !== null && by.requested > 1 ? `; ${grouped(by.requested)} more were asked for` : '';
  return `${holder(words, by, planName)} ${words.amount(by.name, numberOf(by.allowed))} and this ${words.scopeOf(by.name)} has ${grouped(used)}${more}.`;
}

function counted(words: Words, by: Facts): string {
  const all = words.amount(by.name, numberOf(by.allowed));
  if (by.remaining === 0) return `All ${all} of this period are used.${anew(by)}`;
  const asked = grouped(by.requested ?? 0);
  return `Of the ${all} of this period ${grouped(by.used ?? 0)} are used, and ${asked} more were asked for.${anew(by)}`;
}

function allocated(words: Words, by: Facts, planName: PlanName): string {
  const amounts = `${words.amount(by.name, numberOf(by.allowed))} of ${words.title(by.name)}`;
  return `${holder(words, by, planName)} ${amounts}; ${grouped(by.used ?? 0)} are in use and ${grouped(by.requested ?? 0)} more were asked for.`;
}

function holder(words: Words, { plan }: Facts, planName: PlanName): string {
  return `${plan === null ? 'This limit' : planName(words.title(plan))} holds`;
}

function lacking(words: Words, by: Facts): string {
  const what = by.requiredLevel === null ? '' : ` at the level ${by.requiredLevel}`;
  const present = by.plan === null ? '' : ` This ${words.subject} is on ${words.title(by.plan)}.`;
  const isSeveral = isPlural(words.title(by.name));
  if (by.admittingPlan === null)
    return `${words.begin(by.name)}${what} ${isSeveral ? 'are' : 'is'} in no higher plan.${present}`;
  const verb = isSeveral ? 'come' : 'comes';
  const higher = words.isHighest(by.admittingPlan) ? '' : ' and higher plans';
  return `${words.begin(by.name)}${what} ${verb} with ${words.title(by.admittingPlan)}${higher}.${present}`;
}

function paced(words: Words, by: Facts): string {
  const numbers = `${grouped(numberOf(by.allowed))} requests in ${grouped(by.windowSeconds ?? 0)} seconds`;
  const limit = `The ${by.plan === null ? `limit '${by.name}'` : words.title(by.name)} is ${numbers}.`;
  if (by.retryAfterSeconds === null) return `${limit} This request doesn't fit into it at any time.`;
  return `${limit} Retry in ${grouped(by.retryAfterSeconds)} ${by.retryAfterSeconds === 1 ? 'second' : 'seconds'}.`;
}

function spent(words: Words, by: Facts): string {
  if (by.reason !== null && by.reason !== 'insufficient')
    return `The ${words.title(by.name)} takes nothing now: ${by.reason}.`;
  const amounts = `${grouped(by.used ?? 0)} of ${words.amount(by.name, numberOf(by.allowed))} are reserved or spent`;
  return `Of the ${words.title(by.name)} ${amounts}, and ${grouped(by.requested ?? 0)} more were asked for.${anew(by)}`;
}

function frozen(words: Words, by: Facts, planName: PlanName): string {
  const lift = by.admittingPlan === null ? '' : ` With ${words.title(by.admittingPlan)} it can be changed again.`;
  const why = isAboutLimit(by) ? `${existing(words, by, planName)} The oldest stay writable.` : lacking(words, by);
  return `This can only be read. ${why}${lift}`;
}

function anew({ resetsAt }: Facts): string {
  return resetsAt === null ? '' : ` It begins anew at ${instant(resetsAt)!}.`;
}

// A refusal is by a number: nothing is refused by what is unlimited.
function numberOf(limit: Facts['allowed']): number {
  return typeof limit === 'number' ? limit : 0;
}
