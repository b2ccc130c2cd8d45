import type { Facts } from '../../domain/plans/decision.ts';
import { type Headers, instant, retryAfter, secondsHeaders, secondsRetryAfter } from './clock.ts';
import { codeOf, isAboutLimit, type Occasion, occasionOf } from './occasions.ts';
import { JSON_TYPE, PROBLEM_TYPE, type Rendered, type Style, type Telling, type Wording } from './presenter.ts';
import { cure, sentence } from './sentences.ts';
import { spelled, usageOf } from './usage.ts';
import { type Words, wordsOf } from './words.ts';

/** The host's own way of speaking, for a catalogue without a presentation: the platform's (docs/spec/keyport.md §2.5, §3.5). */
export const HOST_WORDING: Wording = {
  base: '/problems/',
  codes: {
    feature: 'feature_not_available',
    limit: 'plan_limit_reached',
    quota: 'rate_limit_exceeded',
    rate: 'rate_limit_exceeded',
    credits: 'credits_exhausted',
    budget: 'budget_exhausted',
    size: 'invalid_request',
    state: 'read_only',
  },
  upgradeUrl: null,
  unlimited: 'unlimited',
  usage: { plan: { of: 'plan' } },
  titles: {
    free: 'Free',
    pro: 'Pro',
    enterprise: 'Enterprise',
    organizations: 'organisation',
    products: 'product',
    licenses: 'licence',
    members: 'member',
    webhook_endpoints: 'webhook endpoint',
    api_calls: 'API call',
    organization: 'organisation',
  },
};

/**
 * Where a verdict was asked for, the public API's plain JSON with `valid`, `status` and `message` (its clients read no other);
 * elsewhere problem details. Source: docs/spec/keyport.md §3.5, §2.5.
 */
export const keyport: Style = (catalogue, wording) => {
  const words = wordsOf(catalogue, wording);
  return {
    refusal(by, telling) {
      const occasion = occasionOf(by);
      const { status, title, code = codeOf(wording, by, telling) } = REFUSALS[occasion];
      const told = { status, title, code, by, wording, telling, headers: headersOf(status, by, telling) };
      return telling.surface === 'decision'
        ? verdict({ ...told, message: occasion === 'quota' ? exhausted(by) : detailOf(words, occasion, by) })
        : problemOf({ ...told, message: detailOf(words, occasion, by) });
    },
    success(data, { status = 200, rate, nowMs }) {
      return { status, headers: secondsHeaders(rate, nowMs), contentType: JSON_TYPE, body: JSON.stringify(data) };
    },
    usage: (entitlements) => usageOf(wording, entitlements),
  };
};

const REFUSALS: Record<Occasion, { status: number; title: string; code?: string }> = {
  feature: { status: 403, title: 'The plan does not have this' },
  limit: { status: 403, title: 'The plan allows no more of these' },
  quota: { status: 429, title: 'The daily quota is used up' },
  rate: { status: 429, title: 'Too many requests' },
  credits: { status: 403, title: 'The credits are used up' },
  budget: { status: 403, title: 'The budget has no room for this' },
  size: { status: 400, title: 'The request is not what this route takes' },
  state: { status: 403, title: 'This can only be read' },
  hidden: { status: 404, title: 'There is nothing here', code: 'not_found' },
};

/** Blames the provider's plan, and says what would help (docs/spec/keyport.md §3.5): the engine knows which plan, if any. */
export function exhausted({ allowed, admittingPlan }: Pick<Facts, 'allowed' | 'admittingPlan'>): string {
  const upgrade = admittingPlan === null ? 'Wait' : `The provider may move to the plan '${admittingPlan}', or wait`;
  return `All ${allowed} API calls that the provider's plan allows a day are used. ${upgrade} until midnight UTC.`;
}

function detailOf(words: Words, occasion: Occasion, by: Facts): string {
  const said = sentence(words, by, (title) => `The ${title} plan`);
  return occasion === 'limit' || occasion === 'quota' ? `${said} ${cure(words, by)}` : said;
}

interface Told {
  status: number;
  title: string;
  code: string;
  message: string;
  by: Facts;
  wording: Wording;
  telling: Telling;
  headers: Headers;
}

/** The members of a body that the public API's clients read; more would be harmless, but nobody asked for it. */
function verdict({ status, code, message, by, telling, headers }: Told): Rendered {
  const wait = status === 429 ? { retry_after: retryAfter(by, telling.nowMs) } : {};
  const body = { valid: false, status: code, message, ...wait, ...telling.details };
  return { status, headers, contentType: JSON_TYPE, body: JSON.stringify(body) };
}

function problemOf({ status, title, code, message: detail, by, wording, telling, headers }: Told): Rendered {
  const head = { type: `${wording.base ?? ''}${code}`, title, status, detail, code, request_id: telling.requestId };
  const members = occasionOf(by) === 'hidden' ? {} : membersOf(wording, by);
  const body = JSON.stringify({ ...head, ...members, ...telling.details });
  return { status, headers, contentType: PROBLEM_TYPE, body };
}

function membersOf(wording: Wording, by: Facts): object {
  const plans = { plan: by.plan, admitting_plan: by.admittingPlan };
  const why = by.class === 'state' ? { reason: by.reason } : {};
  if (!isAboutLimit(by)) return { feature: by.name, ...why, ...plans };
  return {
    limit: by.name,
    used: by.used,
    allowed: spelled(wording, by.allowed),
    remaining: spelled(wording, by.remaining),
    requested: by.requested,
    resets_at: instant(by.resetsAt),
    ...why,
    ...plans,
  };
}

function headersOf(status: number, by: Facts, { nowMs, rate }: Telling): Headers {
  if (status !== 429) return secondsHeaders(rate, nowMs);
  return { ...secondsHeaders(by, nowMs), ...secondsRetryAfter(by, nowMs) };
}
