import { readFileSync } from 'node:fs';

const part = (name: string): string => readFileSync(new URL(`./program/${name}.lua`, import.meta.url), 'utf8');

/**
 * The script that runs a batch of programs: its parts in order. What only programs of several steps need is made when there is one,
 * since a closure costs the same in each call.
 */
export const PROGRAM_SCRIPT = [
  part('../batch'),
  part('arguments'),
  part('quota'),
  'local function programs()',
  ...['lasting', 'steps-quota', 'rate', 'credits', 'budget', 'run'].map(part),
  'end',
  part('main'),
].join('\n');
