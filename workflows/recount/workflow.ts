import { continueAsNew, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { RecountActivities } from '../../activities/recount.ts';
import { nominalTime } from '../shared/nominal-time.ts';
import type { Recount, RecountResult } from './messages.ts';

// One call compares many pages; a heartbeat after each tells that it is alive, and where the next attempt goes on.
const { recountLimits } = proxyActivities<RecountActivities>({ startToCloseTimeout: '10m', heartbeatTimeout: '1m' });

/**
 * Compares what limits say is in use with what there is, all of it, each night. It repairs nothing: a difference is a bug of
 * ours, and mending it unseen would take away the only sign of it. A person repairs (`plimsoll limits recount --repair`).
 */
export async function recount(input: Recount): Promise<RecountResult> {
  const recountedFor = input.recountedFor ?? nominalTime();
  let result = input.resume?.result ?? { compared: 0, passedOver: 0, differing: 0, unconfirmed: 0 };
  let after = input.resume?.after ?? null;
  setCurrentDetails(wordsOf(result, 'Beginning'));
  do {
    const part = await recountLimits({ recountedFor, after });
    result = {
      compared: result.compared + part.compared,
      passedOver: result.passedOver + part.passedOver,
      differing: result.differing + part.differing,
      unconfirmed: result.unconfirmed + part.unconfirmed,
    };
    after = part.next;
    setCurrentDetails(wordsOf(result, after ? 'Under way' : 'Done'));
    if (after && workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof recount>({ recountedFor, resume: { after, result } });
    }
  } while (after);
  return result;
}

function wordsOf({ compared, passedOver, differing, unconfirmed }: RecountResult, stage: string): string {
  const found = differing > 0 ? `**${differing} differ** (table limit_recounts has them)` : 'none differs';
  return `${stage}: ${compared} counts compared, ${found}, ${unconfirmed} could not be confirmed, ${passedOver} passed over.`;
}
