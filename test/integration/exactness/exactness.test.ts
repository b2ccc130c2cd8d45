import { describe } from 'vitest';
import { addresses } from './addresses.ts';
import { onFleet } from './fleet.ts';
import { acrossMidnight } from './midnight.ts';
import { quota } from './quota.ts';
import { COUNTING, processesOn } from './servers.ts';
import { walk } from './walk.ts';

/** What holds exactly through several API processes at once. Each part has a file; all share the processes, which are costly to start. */

describe.each(COUNTING)('on %s', (name, start) => {
  onFleet(start, 4);

  describe.each(processesOn(name))('through %i processes', (processes) => {
    describe('a limit on calls', () => quota(processes));
    describe('a hundred callers from a hundred addresses', () => addresses(processes));
  });
  // From here on their clocks stand.
  describe.each(processesOn(name))('across midnight, through %i processes', acrossMidnight);
  describe('a random walk', walk);
});
