import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { configurationReference } from '../../runtime/configuration-reference.ts';
import { filesOf, linesOf } from './files.ts';

/** Where documentation says something else than the code. Returns every place. */
export function docsFaults(root: string): string[] {
  return [
    ...configurationDrift(root),
    ...undocumentedVariables(root),
    ...dependencyDrift(root),
    ...brokenLinks(root),
    ...missingTests(root),
  ];
}

function configurationDrift(root: string): string[] {
  const file = join(root, 'docs', 'configuration.md');
  const written = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (written === configurationReference()) return [];
  return ['docs/configuration.md: differs from the table in runtime/config.ts; run `npm run docs:configuration`'];
}

// How the runner's own processes tell each other things: nobody sets these.
const INTERNAL = ['PLIMSOLL_TEST_RESULT'];

/** Variables of ours that code reads and docs/configuration.md doesn't name. */
export function undocumentedVariables(root: string): string[] {
  const documented = (linesOf(root, 'docs/configuration.md') ?? []).join('\n');
  const faults = new Map<string, string>();
  for (const file of filesOf(root)) {
    if (!file.endsWith('.ts') || /^test\/(?!runner)/.test(file)) continue;
    for (const line of linesOf(root, file) ?? []) {
      for (const [, name] of line.matchAll(/\benv(?:\.|\[['"])(PLIMSOLL_[A-Z_]+)/g)) {
        if (INTERNAL.includes(name!) || documented.includes(`| \`${name}\` |`)) continue;
        faults.set(name!, `${file}: reads ${name}, which docs/configuration.md doesn't name`);
      }
    }
  }
  return [...faults.values()];
}

/** Each dependency stands in docs/dependencies.md as a row that opens with its name in backticks, and none that is gone. */
export function dependencyDrift(root: string): string[] {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const wanted = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.keys((manifest[kind] as Record<string, string> | undefined) ?? {}),
  );
  const rows = (linesOf(root, 'docs/dependencies.md') ?? [])
    .map((line) => /^\| `([^`]+)` \|(.*)\|(.*)\|$/.exec(line))
    .filter((match) => match !== null);
  const listed = rows.map((match) => match[1]!);
  return [
    ...wanted.filter((name) => !listed.includes(name)).map((name) => `docs/dependencies.md: ${name} has no row`),
    ...listed.filter((name) => !wanted.includes(name)).map((name) => `docs/dependencies.md: ${name} is gone`),
    ...listed
      .filter((name, i) => listed.indexOf(name) !== i)
      .map((name) => `docs/dependencies.md: ${name} stands twice`),
    ...rows
      .filter((match) => match[2]!.trim() === '' || match[3]!.trim() === '')
      .map((match) => `docs/dependencies.md: ${match[1]} lacks a reason or what it may not be used for`),
  ];
}

/** Relative links in Markdown whose target isn't there. The specifications are quoted as they are. */
export function brokenLinks(root: string): string[] {
  const faults: string[] = [];
  for (const file of filesOf(root)) {
    if (!file.endsWith('.md') || file.startsWith('docs/spec/')) continue;
    for (const [i, line] of (linesOf(root, file) ?? []).entries()) {
      for (const [, target] of line.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (!target || /^(?:[a-z]+:|#)/.test(target)) continue;
        const path = join(root, dirname(file), target.split('#')[0]!);
        if (!existsSync(path)) faults.push(`${file}:${i + 1}: leads to ${target}, which is not there`);
      }
    }
  }
  return faults;
}

/** Tests that the guarantees cite by a path where there is none. Without a folder `test/` in front they are integration tests. */
export function missingTests(root: string): string[] {
  const file = 'docs/guarantees.md';
  if (!existsSync(join(root, file))) return [];
  return (linesOf(root, file) ?? []).flatMap((line, i) =>
    [...line.matchAll(/`([\w./-]+\.test\.ts)`/g)]
      .map((match) => match[1]!)
      .filter((cited) => !existsSync(join(root, cited.startsWith('test/') ? cited : `test/integration/${cited}`)))
      .map((cited) => `${file}:${i + 1}: cites ${cited}, which is not there`),
  );
}
