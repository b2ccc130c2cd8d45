/** The workflow's type as Temporal knows it; open runs hold it, so it is never renamed. */
export const AUDIT_SIGNING = 'auditSigning';

/** Fields are only ever added: recorded histories hold the old shape. */
export interface AuditSigning {
  /** Where a run that was continued as new goes on, and what came of those before it. */
  resume?: { after: string; result: AuditSigningResult };
}

export interface AuditSigningResult {
  /** Heads that had grown and are signed now. */
  signed: number;
  /** Whether there was a key to sign with. */
  hasKey: boolean;
}

export type AuditSigningWorkflow = (input: AuditSigning) => Promise<AuditSigningResult>;
