import { afterAll, beforeAll } from 'vitest';
import { startHome, type WholeHome } from '../../support/home.ts';

/** What the tests of one `describe` break. */
export let home: WholeHome;

export function onHome(options: Parameters<typeof startHome>[0]): void {
  beforeAll(async () => {
    home = await startHome(options);
  }, 120_000);
  afterAll(() => home?.stop());
}
