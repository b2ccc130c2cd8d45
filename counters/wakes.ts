import { setTimeout as pause } from 'node:timers/promises';
import { connectRedis, isRedisOutage, openRedis, type RedisClient, type RedisSettings } from './redis.ts';

const CHANNEL = 'plimsoll:outbox';
const RENEW_MS = 5_000;

/**
 * Gives what tells every relay, whichever process it is in, that the outbox has something new. Nothing depends on its being heard, as
 * relays look by themselves: while Redis is away nothing is told, and nothing is said. `onError` hears of anything else, once.
 */
export function createWake(redis: RedisClient, onError: (error: unknown) => void): () => void {
  const failed = toldOnce(onError);
  return () => void redis.publish(CHANNEL, '').catch(failed);
}

/**
 * Calls `onWake` whenever the outbox has something new, on a connection of its own: one that listens can do nothing else. Subscribes
 * again every `renewMs`, which Redis takes for nothing where it stands: so it doesn't matter when Redis comes, goes or moves to
 * another node. An outage is not told here, as each process has a connection that tells it; `onError` hears of anything else, once.
 */
export function hearWakes(
  config: RedisSettings,
  { onWake, onError, renewMs = RENEW_MS }: { onWake: () => void; onError: (error: unknown) => void; renewMs?: number },
): { close(): Promise<void> } {
  const failed = toldOnce(onError);
  const redis = connectRedis(config, failed);
  const closing = new AbortController();
  redis.on('message', onWake);
  const listening = listen();
  return {
    async close() {
      closing.abort();
      redis.disconnect();
      await listening;
    },
  };

  async function listen(): Promise<void> {
    await openRedis(redis).catch(failed);
    while (!closing.signal.aborted) {
      await redis.subscribe(CHANNEL).catch(failed);
      // Ends early at the close alone.
      await pause(renewMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }
}

function toldOnce(onError: (error: unknown) => void): (error: unknown) => void {
  let told = false;
  return (error) => {
    if (told || isRedisOutage(error)) return;
    told = true;
    onError(error);
  };
}
