import { ROOMS } from './boundaries.ts';
import { filesOf, linesOf } from './files.ts';

/** The longest a module may be. Whoever reaches it has two subjects in one file. */
const MOST_LINES = 450;

// Written in pieces, so that this file keeps its own rule: packages come from wherever a machine is told to take them,
// and a host written into the repository takes that choice away.
const REGISTRY_HOSTS = [
  ['registry', 'npmjs', 'org'],
  ['registry', 'yarnpkg', 'com'],
  ['pypi', 'org'],
  ['files', 'pythonhosted', 'org'],
  ['proxy', 'golang', 'org'],
  ['sum', 'golang', 'org'],
  ['repo1', 'maven', 'org'],
  ['repo', 'maven', 'apache', 'org'],
  ['static', 'crates', 'io'],
  ['rubygems', 'org'],
  ['deb', 'debian', 'org'],
].map((labels) => labels.join('.'));

// A test that is switched off, or that switches the others off. `context.skip('reason')` is the way to skip: it is
// decided at run time and named at the end of the run.
const SWITCHED = /\b(?:test|it|describe|suite|bench)(?:\.\w+)*\.(?:only|skip|todo)\s*[(.`]/;

// Who speaks to the servers (docs/architecture.md): SQL is in store/ and migrations/, Redis' commands are in counters/. stack/ looks
// after the servers themselves, and tests and bench look behind the rooms.
const SPEAKS_SQL = /\.raw(?:<[^(]*>)?\(|\b(?:db|trx|knex)(?:<[^(]*>)?\(['"`]/;
const SPEAKS_REDIS = /\bredis\.(?!on\b|once\b|off\b|connect\b|disconnect\b|quit\b|close\b)[a-z]+\(/;
const SQL_ROOMS = ['store', 'migrations', 'stack', 'test', 'bench'];
const REDIS_ROOMS = ['counters', 'stack', 'test', 'bench'];

/** Lines that speak to Postgres or Redis outside the rooms that may. */
export function serverFaults(root: string): string[] {
  const faults: string[] = [];
  for (const file of filesOf(root).filter((each) => each.endsWith('.ts'))) {
    const [room] = file.split('/') as [string];
    for (const [i, line] of (linesOf(root, file) ?? []).entries()) {
      if (!SQL_ROOMS.includes(room) && SPEAKS_SQL.test(line)) faults.push(`${file}:${i + 1}: speaks SQL`);
      if (!REDIS_ROOMS.includes(room) && SPEAKS_REDIS.test(line)) faults.push(`${file}:${i + 1}: speaks to Redis`);
    }
  }
  return faults;
}

/** Rules that no tool of the shelf knows. Returns what breaks them. */
export function houseFaults(root: string): string[] {
  const files = filesOf(root);
  const faults: string[] = [];
  for (const file of files) {
    const lines = linesOf(root, file);
    if (!lines) continue;
    if (file.endsWith('.ts') && !file.includes('/generated/') && lines.length > MOST_LINES) {
      faults.push(`${file}: ${lines.length} lines; ${MOST_LINES} are the most`);
    }
    for (const [i, line] of lines.entries()) {
      const host = REGISTRY_HOSTS.find((each) => line.includes(each));
      if (host) faults.push(`${file}:${i + 1}: names the package registry ${host}`);
      if (/\.[cm]?tsx?$/.test(file) && SWITCHED.test(line)) faults.push(`${file}:${i + 1}: switches tests off`);
    }
  }
  for (const room of Object.keys(ROOMS)) {
    const inside = files.filter((file) => file.startsWith(`${room}/`));
    if (inside.length > 0 && !inside.includes(`${room}/README.md`)) faults.push(`${room}/: has no README.md`);
  }
  return faults;
}
