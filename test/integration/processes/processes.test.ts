import { describe } from 'vitest';
import { onHome } from './on-home.ts';
import { outages } from './outages.ts';
import { restarts } from './restarts.ts';

/** A whole home under load, whose supervisor brings back what dies. Each part has a file; they share the home. */

describe('a home with two API processes on one port', () => {
  onHome({ apiProcesses: 2, durable: true });
  restarts();
  outages();
});
