import type { Limit } from './plans/catalogue.ts';

/** What each refusal tells the caller. The keys are the codes we promise: add freely; never rename, never reuse. */
export interface RefusalDetails {
  plan_limit_reached: {
    limit: string;
    used: number;
    allowed: Limit;
    remaining: number;
    resetsAt: string | null;
    admittingPlan: string | null;
  };
  feature_not_available: { feature: string; admittingPlan: string | null };
  /** What somebody may not do although they may see it; `permissions`: the codes that they would have to hold. */
  forbidden: { message: string; permissions: readonly string[] };
  not_found: { what: string };
  name_taken: { pointer: string; value: string };
  conflict: { message: string };
  validation_failed: { errors: Fault[] };
}

/** One thing wrong with an input: where (JSON pointer), a code, what is wrong, what would be accepted. */
export interface Fault {
  pointer: string;
  code: string;
  message: string;
  accepts: string;
}

export type RefusalCode = keyof RefusalDetails;

/** A "no" that the caller may act on. Thrown where throwing has a purpose: it rolls back the transaction it leaves. */
export class Refusal<Code extends RefusalCode = RefusalCode> extends Error {
  override readonly name = 'Refusal';
  readonly code: Code;
  readonly details: RefusalDetails[Code];
  constructor(code: Code, details: RefusalDetails[Code], options?: ErrorOptions) {
    super(`${code} ${JSON.stringify(details)}`, options);
    this.code = code;
    this.details = details;
  }
}
