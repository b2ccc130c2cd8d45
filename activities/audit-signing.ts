import { activityInfo, cancellationSignal, heartbeat, log } from '@temporalio/activity';
import type { Knex } from 'knex';
import { Counter, Gauge, type Registry } from 'prom-client';
import { type AuditSignature, signHead } from '../domain/audit/signature.ts';
import type { AuditKeys } from '../runtime/audit-keys.ts';
import { keepSignatures, listUnsignedHeads, type UnsignedHead } from '../store/audit-signatures.ts';

export type AuditSigningActivities = ReturnType<typeof createAuditSigningActivities>;

/** What one call came to; `next`: where to go on, or `null`. */
export interface SigningPart {
  signed: number;
  hasKey: boolean;
  next: string | null;
}

const HEADS_AT_A_TIME = 200;
const PAGES_A_CALL = 50;

/** Signs heads of the audit log. */
export function createAuditSigningActivities({
  db,
  metrics,
  auditKeys,
  headsAtATime = HEADS_AT_A_TIME,
}: {
  db: Knex;
  metrics: Registry;
  auditKeys: AuditKeys;
  headsAtATime?: number;
}) {
  const told = createSigningMetrics(metrics);
  return {
    /**
     * Signs the next fifty pages of heads that have grown. May run again, and beside itself: each place of a chain is signed once, and an
     * attempt that was cut off goes on after its last heartbeat. Without a key to sign with it signs nothing, and says so.
     */
    async signHeads({ after }: { after: string | null }): Promise<SigningPart> {
      const { signing } = auditKeys;
      if (!signing) {
        log.warn('no key signs the audit log: PLIMSOLL_AUDIT_KEYS holds no seed');
        return { signed: 0, hasKey: false, next: null };
      }
      let part = (activityInfo().heartbeatDetails as SigningPart | undefined) ?? {
        signed: 0,
        hasKey: true,
        next: after,
      };
      for (let page = 0; page < PAGES_A_CALL; page += 1) {
        cancellationSignal().throwIfAborted();
        const heads = await listUnsignedHeads(db, { afterChainId: part.next, limit: headsAtATime });
        const kept = await keepSignatures(
          db,
          heads.map((head) => signatureOf(head, signing)),
        );
        told.signed(kept);
        part = {
          signed: part.signed + kept,
          hasKey: true,
          next: heads.length < headsAtATime ? null : heads.at(-1)!.chainId,
        };
        if (part.next === null) {
          told.finished();
          break;
        }
        heartbeat(part);
      }
      return part;
    },
  };
}

function signatureOf(
  { organizationId, seq, hash, nowMs }: UnsignedHead,
  { id, sign }: { id: string; sign: (text: string) => string },
): AuditSignature {
  const signed_at = new Date(nowMs).toISOString();
  return signHead(
    { type: 'signature', version: 1, organization_id: organizationId, seq, hash, signed_at, key_id: id },
    sign,
  );
}

function createSigningMetrics(registry: Registry) {
  const signed = new Counter({
    registers: [registry],
    name: 'plimsoll_audit_heads_signed_total',
    help: 'Heads of the audit log that this process has signed.',
  });
  const finished = new Gauge({
    registers: [registry],
    name: 'plimsoll_audit_signed_timestamp_seconds',
    help: 'When this process last found every head of the audit log signed, in Unix time; 0 if it never did.',
  });
  return {
    signed: (count: number): void => signed.inc(count),
    finished: (): void => finished.setToCurrentTime(),
  };
}
