import type { Facts } from '../../domain/plans/decision.ts';
import { epochHeaders, epochRetryAfter, type Headers, instant } from './clock.ts';
import { codeOf, isAboutLimit, neutralCode, type Occasion, occasionOf } from './occasions.ts';
import { JSON_TYPE, PROBLEM_TYPE, type Style, type Telling, type Wording } from './presenter.ts';
import { cure, sentence, tooLarge } from './sentences.ts';
import { spelled, usageOf } from './usage.ts';
import { type Words, wordsOf } from './words.ts';

/**
 * Problem details (RFC 9457) with a `type` below the catalogue's base, the cure as `requiredPlan` and `upgradeUrl`, and our neutral
 * code beside it. Rates are told in headers whatever the answer. Source: docs/spec/keyway.md §2.4, §3.
 */
export const problem: Style = (catalogue, wording) => {
  const words = wordsOf(catalogue, wording);
  return {
    refusal(by, telling) {
      const occasion = occasionOf(by);
      const { status, title, type } = PROBLEMS[occasion];
      const body = {
        type: `${wording.base ?? ''}${type ?? codeOf(wording, by, telling)}`,
        title,
        status,
        ...MEMBERS[occasion]({ wording, words, by, telling }),
        ...telling.details,
        requestId: telling.requestId,
      };
      return {
        status,
        headers: headersOf(occasion, by, telling),
        contentType: PROBLEM_TYPE,
        body: JSON.stringify(body),
      };
    },
    success(data, { requestId, status = 200, rate, nowMs }) {
      const body = JSON.stringify({ data, meta: { requestId } });
      return { status, headers: epochHeaders(rate, nowMs), contentType: JSON_TYPE, body };
    },
    usage: (entitlements) => usageOf(wording, entitlements),
  };
};

const EXCEEDED = { status: 403, title: 'Plan Limit Exceeded' };

/** `type` stands in the place of the catalogue's code where the occasion is no class of its own. */
const PROBLEMS: Record<Occasion, { status: number; title: string; type?: string }> = {
  feature: EXCEEDED,
  limit: EXCEEDED,
  quota: EXCEEDED,
  credits: EXCEEDED,
  budget: EXCEEDED,
  state: EXCEEDED,
  rate: { status: 429, title: 'Too Many Requests' },
  size: { status: 422, title: 'Validation Error' },
  hidden: { status: 404, title: 'Not Found', type: 'not-found' },
};

interface Told {
  wording: Wording;
  words: Words;
  by: Facts;
  telling: Telling;
}

const MEMBERS: Record<Occasion, (told: Told) => object> = {
  feature: planLimit,
  limit: planLimit,
  quota: planLimit,
  credits: planLimit,
  budget: planLimit,
  state: planLimit,
  rate: ({ wording, by }) => ({
    detail: 'Rate limit exceeded',
    code: neutralCode(by),
    limit: {
      id: by.name,
      kind: by.kind,
      allowed: spelled(wording, by.allowed),
      windowSeconds: by.windowSeconds,
      resetsAt: instant(by.resetsAt),
    },
  }),
  // Breaking a rule of form, not of the plan; a plan is named only where it would take the same (§2.4).
  size: ({ wording, words, by, telling }) => ({
    detail: 'One field breaks a rule.',
    errors: [
      {
        field: telling.field ?? by.name,
        code: 'too_large',
        message: `${tooLarge(words, by)}.`,
        max: spelled(wording, by.allowed),
        actual: by.requested,
      },
    ],
    ...(by.admittingPlan === null ? {} : { requiredPlan: by.admittingPlan, ...upgrade(wording) }),
  }),
  // Nothing of the plan: it is told like a thing that there never was.
  hidden: ({ words, by }) => ({ detail: sentence(words, by, planName) }),
};

function planLimit({ wording, words, by }: Told): object {
  const isCounted = isAboutLimit(by) && by.class !== 'state';
  return {
    detail: isCounted ? `${sentence(words, by, planName)} ${cure(words, by)}` : sentence(words, by, planName),
    ...upgrade(wording),
    code: neutralCode(by),
    ...(isAboutLimit(by) ? { limit: limitOf(wording, by) } : { feature: by.name }),
    ...(by.class === 'state' ? { readonlyReason: by.reason } : {}),
    plan: by.plan,
    requiredPlan: by.admittingPlan,
  };
}

function limitOf(wording: Wording, by: Facts): object {
  const { name: id, kind, used, requested, resetsAt } = by;
  return { id, kind, allowed: spelled(wording, by.allowed), used, requested, resetsAt: instant(resetsAt) };
}

function upgrade({ upgradeUrl }: Wording): { upgradeUrl?: string } {
  return upgradeUrl === null ? {} : { upgradeUrl };
}

function headersOf(occasion: Occasion, by: Facts, { nowMs, rate }: Telling): Headers {
  if (occasion !== 'rate') return epochHeaders(rate, nowMs);
  return { ...epochHeaders(by, nowMs), ...epochRetryAfter(by, nowMs) };
}

function planName(title: string): string {
  return `The ${title} plan`;
}
