/** The workflow's type as Temporal knows it; open runs hold it, so it is never renamed. */
export const DAILY_CLOSE = 'dailyClose';

/** Fields are only ever added: recorded histories hold the old shape. */
export interface DailyClose {
  /** Days that are over at this instant are closed, RFC 3339. Not given: the scheduled time, else now. */
  before?: string;
  /** Where a run that was continued as new goes on. */
  resume?: { day: string; after: string | null };
  /** How many days this run and those before it have closed. */
  closedDays?: number;
}

export interface DailyCloseResult {
  closedDays: number;
}

export type DailyCloseWorkflow = (input: DailyClose) => Promise<DailyCloseResult>;
