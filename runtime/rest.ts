import { setTimeout as pause } from 'node:timers/promises';

/** Waits so many milliseconds, or ends early when the signal fires; never rejects because of it. */
export async function rest(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, signal && { signal });
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}
