import { setTimeout as pause } from 'node:timers/promises';

/** Looks until there is a value, every 50 ms. @throws with what was waited for when `withinMs` milliseconds are over */
export async function waitUntil<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`Waited ${withinMs} ms in vain until ${what}`);
    await pause(50);
  }
}
