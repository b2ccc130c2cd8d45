import type { Facts } from '../../domain/plans/decision.ts';
import { type Headers, secondsHeaders, secondsRetryAfter } from './clock.ts';
import { codeOf, type Occasion, occasionOf } from './occasions.ts';
import { JSON_TYPE, PROBLEM_TYPE, type Rendered, type Style, type Success, type Telling } from './presenter.ts';
import { sentence } from './sentences.ts';
import { usageOf } from './usage.ts';
import { type VerificationCode, verificationCode } from './verification.ts';
import { type Words, wordsOf } from './words.ts';

/**
 * Everything in an envelope with `meta`, and beside it `data` or `error`. Where a verification was asked for, a "no" is data with 200
 * and a code. Absent is left out, never `null`. Source: docs/spec/unkey.md §4.3 to §4.6, §2.5 to §2.7.
 */
export const envelope: Style = (catalogue, wording) => {
  const words = wordsOf(catalogue, wording);
  return {
    refusal(by, telling) {
      if (telling.surface === 'decision') return verified(verificationCode(by), telling);
      const occasion = occasionOf(by);
      const isRate = occasion === 'rate';
      const isCured = isRate || by.retryAfterSeconds !== null;
      const { status, code = codeOf(wording, by, telling) } = refusalOf(occasion, isCured);
      const failure: Failure = {
        status,
        title: TITLES[status],
        type: `${wording.base ?? ''}${code}`,
        detail: sentence(words, by, () => 'The plan'),
        ...(status === 400 ? { errors: [fieldError(words, by, telling)] } : {}),
      };
      const rate = secondsHeaders(isRate ? by : telling.rate, telling.nowMs);
      return failed(failure, telling, { ...rate, ...(status === 429 ? secondsRetryAfter(by, telling.nowMs) : {}) });
    },
    success: (data, telling) => succeeded(data, telling),
    usage: (entitlements) => usageOf(wording, entitlements),
  };
};

const REFUSALS: Record<Occasion, { status: Status; code?: string }> = {
  feature: { status: 403 },
  // Waiting doesn't help against an allowance that is used up (docs/spec/unkey.md §3.3).
  limit: { status: 403 },
  credits: { status: 403 },
  budget: { status: 403 },
  state: { status: 403 },
  quota: { status: 429 },
  rate: { status: 429 },
  size: { status: 400 },
  hidden: { status: 404, code: 'data/record_not_found' },
};

/** A quota is no matter of waiting where the cost is more than the whole of it. */
function refusalOf(occasion: Occasion, isCured: boolean): { status: Status; code?: string } {
  return occasion === 'quota' && !isCured ? REFUSALS.limit : REFUSALS[occasion];
}

type Status = keyof typeof TITLES;

/** docs/spec/unkey.md §4.5. */
export const TITLES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  409: 'Conflicting Resource',
  410: 'Resource Gone',
  412: 'Precondition Failed',
  413: 'Request Entity Too Large',
  429: 'Too Many Requests',
  499: 'Client Closed Request',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
} as const;

/** What an error tells; with 400 also which fields are wrong, without which the official client reports a broken response. */
export interface Failure {
  status: number;
  title: string;
  type: string;
  detail: string;
  errors?: readonly { location: string; message: string; fix?: string }[];
}

/** Any error of such a surface, the refusals by a plan among them. */
export function failed(failure: Failure, telling: Telling, headers: Headers = {}): Rendered {
  const { status, title, detail, type, errors } = failure;
  const told = status === 400 ? { errors: errors ?? [] } : {};
  const body = { meta: { requestId: telling.requestId }, error: { title, detail, status, type, ...told } };
  return { status, headers, contentType: contentTypeOf(status, telling), body: JSON.stringify(body) };
}

/**
 * The official client raises typed errors by content type: 429 only as problem details, the others only as JSON, but for one route
 * where every error must be problem details. Whoever names these in `Accept` gets them. Source: docs/spec/unkey.md §4.6.
 */
function contentTypeOf(status: number, { accept, onlyProblems }: Telling): string {
  const isProblem = onlyProblems === true || status === 429 || accept?.includes(PROBLEM_TYPE) === true;
  return isProblem ? PROBLEM_TYPE : JSON_TYPE;
}

function fieldError(words: Words, by: Facts, { field }: Telling): { location: string; message: string; fix?: string } {
  const location = field ?? by.name;
  const message = sentence(words, by, () => 'The plan');
  if (by.admittingPlan === null) return { location, message };
  return { location, message, fix: `Ask for less, or move to ${words.title(by.admittingPlan)}.` };
}

/** A verification that fails is an answer like any other: 200, with a code. What else is known of the key comes as details. */
function verified(code: VerificationCode, telling: Telling): Rendered {
  return succeeded({ valid: false, code, ...telling.details }, telling);
}

function succeeded(data: object, { requestId, nowMs, rate, status = 200 }: Success): Rendered {
  const body = JSON.stringify({ meta: { requestId }, data });
  return { status, headers: secondsHeaders(rate, nowMs), contentType: JSON_TYPE, body };
}
