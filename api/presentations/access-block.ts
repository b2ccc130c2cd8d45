import type { Catalogue } from '../../domain/plans/catalogue.ts';
import type { Facts } from '../../domain/plans/decision.ts';
import { type Headers, instant, retryAfter, secondsHeaders, secondsRetryAfter } from './clock.ts';
import { codeOf, isAboutLimit, type Occasion, occasionOf } from './occasions.ts';
import { JSON_TYPE, type Rendered, type Style, type Telling, type Wording } from './presenter.ts';
import { sentence } from './sentences.ts';
import { shaped, spelled, usageOf } from './usage.ts';
import { type Words, wordsOf } from './words.ts';

/**
 * An `access` block beside an `error`, and the same block in successes. Where a decision itself was asked for, a "no" is an answer
 * with 200, and one that waiting cures is a throttle with 429; where something would have been carried out, the no is an envelope
 * with 403. Source: docs/spec/keel.md §2.2 to §2.4, §3.
 */
export const accessBlock: Style = (catalogue, wording) => {
  const words = wordsOf(catalogue, wording);
  return {
    refusal(by, telling) {
      const told = { catalogue, wording, words, by, telling };
      if (isDecided(by) && telling.surface === 'decision') return decision(told);
      if (isDecided(by) && telling.surface === 'execution') return execution(told);
      return refused(told);
    },
    success(data, { status = 200, gate, shape, rate, nowMs }) {
      const access = shape
        ? { level: shape.level, next_level: shape.nextLevel, required_plan: shape.admittingPlan }
        : gate && { allowed: true, required_plan: gate.requiredPlan };
      const body = { ...(access && { access }), ...(shape ? shaped(data, shape) : data) };
      return { status, headers: secondsHeaders(rate, nowMs), contentType: JSON_TYPE, body: JSON.stringify(body) };
    },
    usage: (entitlements) => usageOf(wording, entitlements),
  };
};

interface Told {
  catalogue: Catalogue;
  wording: Wording;
  words: Words;
  by: Facts;
  telling: Telling;
}

/** What the decision is about: what is consumed by it. A gate of a plan comes before there is a decision (docs/spec/keel.md §3). */
function isDecided({ class: of }: Facts): boolean {
  return of === 'quota' || of === 'rate' || of === 'credits' || of === 'budget';
}

/** Too fast, so that the same may be tried again; a rate that never has room for it is a plain no. */
function isThrottle({ class: of, retryAfterSeconds }: Facts): boolean {
  return of === 'rate' && retryAfterSeconds !== null;
}

const ROUTES: Record<Occasion, { status: number; code?: string; block: boolean }> = {
  feature: { status: 403, block: true },
  limit: { status: 403, block: true },
  quota: { status: 403, block: true },
  credits: { status: 403, block: true },
  budget: { status: 403, block: true },
  state: { status: 403, block: true },
  // No plan gate: status, machine code and message alone (docs/spec/keel.md §3).
  rate: { status: 429, block: false },
  size: { status: 400, block: false },
  hidden: { status: 404, code: 'not_found', block: false },
};

function refused(told: Told): Rendered {
  const { wording, words, by, telling } = told;
  const occasion = occasionOf(by);
  const { status, code = codeOf(wording, by, telling), block } = ROUTES[occasion];
  const error = {
    code,
    message: sentence(words, by, planName),
    // Of what isn't shown nothing is told.
    ...(occasion === 'hidden' ? {} : { details: { ...detailsOf(told), ...telling.details } }),
  };
  const body = { ...(block && { access: { allowed: false, required_plan: by.admittingPlan } }), error };
  const retry = occasion === 'rate' ? secondsRetryAfter(by, telling.nowMs) : {};
  const headers = { ...secondsHeaders(occasion === 'rate' ? by : telling.rate, telling.nowMs), ...retry };
  return { status, headers, contentType: JSON_TYPE, body: JSON.stringify(body) };
}

function detailsOf({ wording, by, telling }: Told): object {
  const plans = { current_plan: by.plan, required_plan: by.admittingPlan };
  const allowed = spelled(wording, by.allowed);
  switch (by.class) {
    case 'feature':
      return {
        feature: by.name,
        ...(by.level === null ? {} : { level: by.level, required_level: by.requiredLevel }),
        ...plans,
      };
    case 'state':
      return { ...(isAboutLimit(by) ? { limit: by.name } : { feature: by.name }), reason: by.reason, ...plans };
    case 'rate':
      return { limit: by.name, allowed, retry_after_seconds: retryAfter(by, telling.nowMs) };
    case 'size':
      return { field: telling.field ?? by.name, limit: by.name, allowed, actual: by.requested, ...plans };
    default:
      return { limit: by.name, kind: by.kind, allowed, used: by.used, ...plans, resets_at: instant(by.resetsAt) };
  }
}

/** The decision as the answer itself. A deny isn't to be retried, so it has no `Retry-After`. */
function decision(told: Told): Rendered {
  const { wording, by, telling } = told;
  const headers = decisionHeaders(told);
  if (isThrottle(by))
    return { status: 429, headers, contentType: JSON_TYPE, body: JSON.stringify({ permit: permit(told) }) };
  const body = {
    ...(telling.decisionId === undefined ? {} : { id: telling.decisionId }),
    decision: 'deny',
    reason_code: codeOf(wording, by, telling),
    reason_detail: reasonDetail(told),
  };
  return { status: 200, headers, contentType: JSON_TYPE, body: JSON.stringify(body) };
}

function execution(told: Told): Rendered {
  const { wording, words, by, telling } = told;
  const code = codeOf(wording, by, telling);
  const error = { code, message: sentence(words, by, planName), details: reasonDetail(told) };
  const body = { status: 'denied', error, permit: permit(told) };
  const status = isThrottle(by) ? 429 : 403;
  return { status, headers: decisionHeaders(told), contentType: JSON_TYPE, body: JSON.stringify(body) };
}

function permit(told: Told): object {
  const { wording, by, telling } = told;
  return {
    ...(telling.decisionId === undefined ? {} : { permit_id: telling.decisionId }),
    decision: isThrottle(by) ? 'throttle' : 'deny',
    reason_code: codeOf(wording, by, telling),
    ...(isThrottle(by) ? { outcome_detail: reasonDetail(told) } : { reason_detail: reasonDetail(told) }),
  };
}

function reasonDetail({ wording, by, telling }: Told): object {
  if (isThrottle(by)) return { retry_after_seconds: retryAfter(by, telling.nowMs), ...telling.details };
  return {
    limit: by.name,
    allowed: spelled(wording, by.allowed),
    used: by.used,
    resets_at: instant(by.resetsAt),
    required_plan: by.admittingPlan,
    ...telling.details,
  };
}

/** The header with the decision's id is called after the product: `x-keel-permit-id`. */
function decisionHeaders({ catalogue, by, telling }: Told): Headers {
  const { decisionId, nowMs } = telling;
  return {
    ...(decisionId === undefined ? {} : { [`x-${catalogue.name}-permit-id`]: decisionId }),
    ...(isThrottle(by) ? secondsRetryAfter(by, nowMs) : {}),
  };
}

function planName(title: string): string {
  return title;
}
