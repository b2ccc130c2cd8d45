import { checkBoundaries } from './boundaries.ts';
import { docsFaults } from './docs.ts';
import { holdingFaults } from './holding.ts';
import { houseFaults, serverFaults } from './house.ts';
import { ROOT, run } from './process.ts';
import type { StaticCheck } from './summary.ts';

/** What needs no running part. Each counts as one test. The slowest come first. */
export const STATIC_CHECKS: StaticCheck[] = [
  { name: 'types', run: () => tool(['tsc', '-p', '.']) },
  { name: 'lint', run: () => tool(['oxlint', '--type-aware']) },
  { name: 'format', run: () => tool(['biome', 'check']) },
  { name: 'boundaries', run: async () => boundaries() },
  { name: 'house', run: async () => [...houseFaults(ROOT), ...serverFaults(ROOT), ...holdingFaults(ROOT)] },
  { name: 'docs', run: async () => docsFaults(ROOT) },
];

async function tool(command: string[]): Promise<string[]> {
  const { code, output } = await run(command, { timeoutMs: 5 * 60_000 });
  return code === 0 ? [] : [`${command.join(' ')} ended with code ${code}\n${output}`];
}

function boundaries(): string[] {
  const { modules, faults } = checkBoundaries(ROOT);
  // A checker that looks at nothing finds nothing.
  return modules > 0 ? faults : ['looked at no module at all'];
}
