import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MutationScores, percent, REPORT, SCORES, scoresOf } from './mutation.ts';
import { ROOT } from './process.ts';

// `npm run mutation-scores`: what the last run of `bin/test mutation` came to becomes what the repository knows. A run of some files
// alone leaves the rows of the others; those of files that are gone go.

const known = JSON.parse(readFileSync(SCORES, 'utf8')) as MutationScores;
const merged = { ...known, ...scoresOf(readFileSync(REPORT, 'utf8')) };
const there = Object.entries(merged).filter(
  ([file, { killed, survived }]) => existsSync(join(ROOT, file)) && killed + survived > 0,
);
const scores = Object.fromEntries(there.sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(SCORES, `${JSON.stringify(scores, null, 2)}\n`);

const page = join(ROOT, 'docs', 'testing.md');
const row = (name: string, rows: { killed: number; survived: number }[]): string => {
  const killed = rows.reduce((sum, each) => sum + each.killed, 0);
  const survived = rows.reduce((sum, each) => sum + each.survived, 0);
  return `| ${name} | ${killed + survived} | ${survived} | ${percent(rows).toFixed(1)} % |`;
};
const table = [
  '| file | mutants | survive | killed |',
  '| --- | --- | --- | --- |',
  ...Object.entries(scores).map(([file, score]) => row(`\`${file}\``, [score])),
  row('all', Object.values(scores)),
].join('\n');
const [open, close] = ['<!-- scores -->', '<!-- end of scores -->'];
const text = readFileSync(page, 'utf8');
const [before, rest] = text.split(open) as [string, string];
writeFileSync(page, `${before}${open}\n${table}\n${close}${rest.split(close)[1]}`);
