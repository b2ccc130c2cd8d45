import { expect, test } from 'vitest';
import { rest } from '../../../runtime/rest.ts';

const HOUR_MS = 3_600_000;

test('a rest is over after its time', async () => {
  const beganMs = performance.now();
  await rest(30);
  // Timers are kept to a millisecond.
  expect(performance.now() - beganMs).toBeGreaterThan(28);
});

test('a rest ends when its signal fires, and never begins when it has fired before', async () => {
  const ending = new AbortController();
  const resting = rest(HOUR_MS, ending.signal);
  ending.abort(new Error('the end'));
  await expect(resting).resolves.toBeUndefined();
  await expect(rest(HOUR_MS, ending.signal)).resolves.toBeUndefined();
});
