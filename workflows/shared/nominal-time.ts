import { defineSearchAttributeKey } from '@temporalio/common';
import { workflowInfo } from '@temporalio/workflow';

/** Set by the server on what a Schedule starts: the time it was due, whenever it really began. */
const ScheduledStartTime = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/** When the run was due, RFC 3339: by its Schedule, else now. The same however late it began, and in every replay. */
export function nominalTime(): string {
  const scheduledAt = workflowInfo().typedSearchAttributes.get(ScheduledStartTime);
  return (scheduledAt ?? new Date()).toISOString();
}
