import { readFileSync } from 'node:fs';

const part = (name: string): string => readFileSync(new URL(`./program/${name}.lua`, import.meta.url), 'utf8');

/**
 * The script that runs a batch of programs: its parts in order. What only programs of several steps need stands where the first of them
 * is met: a closure costs the same in each call, and one that is not made costs nothing.
 */
export const PROGRAM_SCRIPT = [
  part('../batch'),
  part('arguments'),
  part('quota'),
  part('main').replace('--[[ programs ]]', () =>
    ['lasting', 'steps-quota', 'rate', 'credits', 'budget', 'run'].map(part).join('\n'),
  ),
].join('\n');
