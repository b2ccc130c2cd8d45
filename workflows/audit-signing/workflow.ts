import { continueAsNew, proxyActivities, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { AuditSigningActivities } from '../../activities/audit-signing.ts';
import type { AuditSigning, AuditSigningResult } from './messages.ts';

// One call signs many pages; a heartbeat after each tells that it is alive, and where the next attempt goes on.
const { signHeads } = proxyActivities<AuditSigningActivities>({ startToCloseTimeout: '10m', heartbeatTimeout: '1m' });

/**
 * Signs the heads of all chains of the audit log that have grown since they were signed last. What is signed can't be written anew
 * unseen any more, so it runs each hour (docs/audit.md).
 */
export async function auditSigning(input: AuditSigning): Promise<AuditSigningResult> {
  let result = input.resume?.result ?? { signed: 0, hasKey: true };
  let after = input.resume?.after ?? null;
  setCurrentDetails(wordsOf(result, 'Beginning'));
  do {
    const part = await signHeads({ after });
    result = { signed: result.signed + part.signed, hasKey: part.hasKey };
    after = part.next;
    setCurrentDetails(wordsOf(result, after ? 'Under way' : 'Done'));
    if (after && workflowInfo().continueAsNewSuggested) {
      await continueAsNew<typeof auditSigning>({ resume: { after, result } });
    }
  } while (after);
  return result;
}

function wordsOf({ signed, hasKey }: AuditSigningResult, stage: string): string {
  return hasKey ? `${stage}: ${signed} heads signed.` : `${stage}: **no key to sign with** (PLIMSOLL_AUDIT_KEYS).`;
}
