import type { SelfReading } from '../../activities/self-check.ts';

export type { SelfReading } from '../../activities/self-check.ts';

/** The workflow's type as Temporal knows it; open runs hold it, so it is never renamed. */
export const SELF_CHECK = 'selfCheck';

/** Fields are only ever added: recorded histories hold the old shape. */
export interface SelfCheck {
  /** Who wants to know, such as `doctor`; shown to operations. */
  askedBy: string;
}

export type SelfCheckWorkflow = (input: SelfCheck) => Promise<SelfReading>;
