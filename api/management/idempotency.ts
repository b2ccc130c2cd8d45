import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Knex } from 'knex';
import { unreachable } from '../../domain/unreachable.ts';
import type { SecretBox } from '../../runtime/secrets.ts';
import { claimKey, keepAnswer, type OnceAsked } from '../../store/idempotency.ts';
import { idempotencyContext } from '../../store/secret-rotation.ts';
import { HttpError } from '../errors.ts';
import { countHeader } from '../request-head.ts';
import { fault, invalid } from './input.ts';
import type { AnyReply } from './route.ts';

/** For how long an answer is kept. */
const KEPT_MS = 24 * 3_600_000;
const ACCEPTS = 'one header of 1 to 255 visible ASCII characters';

/**
 * The key that a request carries, with what it asks for. @param caller who asks, as kind and id
 * @throws {HttpError} `validation_failed` for a key that is none
 */
export function onceAsked(
  request: IncomingMessage,
  { caller, body, nowMs }: { caller: string; body: Buffer; nowMs: number },
): OnceAsked | undefined {
  const count = countHeader(request, 'idempotency-key');
  if (count === 0) return undefined;
  const key = request.headers['idempotency-key'];
  if (count > 1 || typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalid([fault('/Idempotency-Key', 'bad_key', `Idempotency-Key must be ${ACCEPTS}.`, ACCEPTS)]);
  }
  const fingerprint = createHash('sha256').update(`${request.method} ${request.url}\n`).update(body).digest();
  return { caller, key, fingerprint, nowMs };
}

/**
 * Does `work` unless it was done under this key, and keeps its reply in the same transaction. What is refused is not kept: it changed
 * nothing, so the repeat is decided anew. @throws {HttpError} `idempotency_running`, `idempotency_conflict`
 */
export async function answerOnce(
  trx: Knex.Transaction,
  asked: OnceAsked,
  secrets: SecretBox,
  work: (trx: Knex.Transaction) => Promise<AnyReply>,
): Promise<AnyReply> {
  const context = idempotencyContext(asked);
  const claim = await claimKey(trx, asked);
  switch (claim.state) {
    case 'running':
      throw new HttpError('idempotency_running', 'The first request with this key is still running.', {
        headers: { 'Retry-After': '1' },
      });
    case 'other':
      throw new HttpError(
        'idempotency_conflict',
        'This key was sent with another request: use a new one for a new request.',
      );
    case 'answered': {
      const { status, body, headers } = JSON.parse(secrets.open(claim.answer, context)) as AnyReply;
      return { status, body, headers: { ...headers, 'Idempotent-Replayed': 'true' } };
    }
    case 'new': {
      const reply = await work(trx);
      const answer = secrets.seal(JSON.stringify(reply), context);
      await keepAnswer(trx, asked, { answer, expiresAtMs: asked.nowMs + KEPT_MS });
      return reply;
    }
    default:
      return unreachable(claim);
  }
}
