/** The workflow's type as Temporal knows it; open runs hold it, so it is never renamed. */
export const RECOUNT = 'recount';

/** Fields are only ever added: recorded histories hold the old shape. */
export interface Recount {
  /** What this recount is kept under, RFC 3339. Not given: the scheduled time, else now. */
  recountedFor?: string;
  /** Where a run that was continued as new goes on, and what came of those before it. */
  resume?: { after: RecountPlace; result: RecountResult };
}

/** The row of a limit that was compared last. */
export interface RecountPlace {
  scopeId: string;
  limitName: string;
}

export interface RecountResult {
  compared: number;
  /** Rows of limits that no catalogue in use has any more, or of things that nobody has told how to count. */
  passedOver: number;
  /** Confirmed under the row's lock, and kept in `limit_recounts`. */
  differing: number;
  /** Seen, but creates were not kept waiting for long enough to be sure. The next recount looks again. */
  unconfirmed: number;
}

export type RecountWorkflow = (input: Recount) => Promise<RecountResult>;
