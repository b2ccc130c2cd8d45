import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

/** A new id: a UUIDv7, so that rows made together lie together in an index. */
export function newId(): string {
  return v7();
}

/**
 * Ids for what is named but never kept as a secret or a key, such as requests: UUIDv7 too, but with randomness that is drawn once
 * a sequence and a counter behind it (RFC 9562 §6.2), so that an id costs a tenth of a microsecond. They can be guessed.
 */
export function createIdSequence(now: () => number = Date.now): () => string {
  const random = randomBytes(7).toString('hex');
  // The variant's two bits, then 46 random ones.
  const middle = `7${random.slice(0, 3)}-${((Number.parseInt(random[3]!, 16) & 3) | 8).toString(16)}${random.slice(4, 7)}-${random.slice(7, 11)}`;
  let counter = 0;
  let knownMs = -1;
  let head = '';
  return () => {
    const nowMs = now();
    if (nowMs !== knownMs) {
      knownMs = nowMs;
      const time = nowMs.toString(16).padStart(12, '0');
      head = `${time.slice(0, 8)}-${time.slice(8)}-${middle}`;
    }
    counter = (counter + 1) >>> 0;
    return head + counter.toString(16).padStart(8, '0');
  };
}

/** Whether a text has the form of a UUID; anything else belongs to nothing and must not reach a uuid column. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(text);
}
