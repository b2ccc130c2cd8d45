import type { Refusal, RefusalCode, RefusalDetails } from '../domain/refusal.ts';
import { HttpError } from './errors.ts';

/** A "no" of the domain as the error that its caller reads: the same code, in words and members. */
export function refusalError(refusal: Refusal): HttpError {
  const { detail, faults, members } = worded(refusal);
  return new HttpError(refusal.code, detail, {
    ...(faults && { faults }),
    ...(members && { members }),
    cause: refusal,
  });
}

interface Worded {
  detail: string;
  faults?: HttpError['faults'];
  members?: Record<string, unknown>;
}

const WORDS: { [Code in RefusalCode]: (details: RefusalDetails[Code]) => Worded } = {
  plan_limit_reached: ({ limit, used, allowed, remaining, resetsAt, admittingPlan }) => ({
    detail: `${used} of ${allowed} ${limit} are in use. ${cure(resetsAt, admittingPlan)}`,
    members: { limit, used, allowed, remaining, resets_at: resetsAt, admitting_plan: admittingPlan },
  }),
  feature_not_available: ({ feature, admittingPlan }) => ({
    detail: `The plan does not have '${feature}'. ${admittingPlan === null ? 'No plan has it.' : `'${admittingPlan}' has it.`}`,
    members: { feature, admitting_plan: admittingPlan },
  }),
  forbidden: ({ message, permissions }) => ({ detail: message, members: { permissions } }),
  not_found: ({ what }) => ({ detail: `There is no such ${what}, or none that you may see.` }),
  name_taken: ({ pointer, value }) => {
    const message = `'${value}' is taken.`;
    return { detail: message, faults: [{ pointer, code: 'taken', message, accepts: 'a value that no other one has' }] };
  },
  conflict: ({ message }) => ({ detail: message }),
  validation_failed: ({ errors }) => ({ detail: errors.map(({ message }) => message).join(' '), faults: errors }),
};

function worded<Code extends RefusalCode>({ code, details }: Refusal<Code>): Worded {
  return WORDS[code](details);
}

function cure(resetsAt: string | null, admittingPlan: string | null): string {
  const wait = resetsAt === null ? 'Remove one' : `Wait until ${resetsAt}`;
  return admittingPlan === null ? `${wait}.` : `${wait}, or move to '${admittingPlan}'.`;
}
