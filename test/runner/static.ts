import { apiDocsFaults } from './api-docs.ts';
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
  { name: 'docs', run: async () => [...docsFaults(ROOT), ...(await apiDocsFaults(ROOT))] },
  { name: 'openapi', run: openapiFaults },
];

async function tool(command: string[]): Promise<string[]> {
  const { code, output } = await run(command, { timeoutMs: 5 * 60_000 });
  return code === 0 ? [] : [`${command.join(' ')} ended with code ${code}\n${output}`];
}

/** What the linter's recommended rules say of the API's document: its warnings count as faults. */
async function openapiFaults(): Promise<string[]> {
  const command = ['redocly', 'lint', 'docs/openapi.json', '--format=stylish'];
  // It would tell its makers of each run, and look for a newer version of itself.
  const env = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const { code, output } = await run(command, { timeoutMs: 60_000, env });
  // It must have said so itself: a linter that looks at nothing finds nothing.
  const isClean = code === 0 && output.includes('is valid') && !/\bwarnings?\b/i.test(output);
  return isClean ? [] : [output];
}

function boundaries(): string[] {
  const { modules, faults } = checkBoundaries(ROOT);
  // A checker that looks at nothing finds nothing.
  return modules > 0 ? faults : ['looked at no module at all'];
}
