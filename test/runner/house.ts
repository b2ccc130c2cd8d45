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

/** Rules that no tool of the shelf knows. Returns what breaks them. */
export function houseFaults(root: string): string[] {
  const files = filesOf(root);
  const faults: string[] = [];
  for (const file of files) {
    const lines = linesOf(root, file);
    if (!lines) continue;
    if (file.endsWith('.ts') && lines.length > MOST_LINES) {
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
