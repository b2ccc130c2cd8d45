/** The parts of the suite, in the order in which they are begun. */
export const PARTS = ['static', 'unit', 'workflows', 'integration', 'mutation'] as const;
export type Part = (typeof PARTS)[number];

export const USAGE = `bin/test [part…] [options for vitest]

  bin/test                  everything
  bin/test static           types, lint, format, boundaries of the rooms, house rules, documentation
  bin/test unit             pure functions
  bin/test workflows        workflows on a server that skips time, and replay of recorded histories
  bin/test integration      on a stack of its own (or on the one whose home PLIMSOLL_TEST_HOME names)
  bin/test mutation         whether the tests of domain/ notice its mutants; hours, or minutes after a run
  bin/test deep             everything with big samples, and mutation
  bin/test unit -t 'name'   options go to vitest; file names go after --, as in: bin/test unit -- periods
  bin/test mutation --mutate domain/program/rates.ts    options go to stryker
`;

export interface Plan {
  parts: Part[];
  deep: boolean;
  /** For vitest; for Stryker, where mutation is the only part. */
  toolOptions: string[];
  /** Whether only some tests were asked for, so that the others are not 'skipped'. */
  filtered: boolean;
}

/** Reads the command line: part names first, then what vitest gets. */
export function parseArguments(args: string[]): Plan | { fault: string } {
  const named = new Set<Part>();
  let deep = false;
  let i = 0;
  for (; i < args.length && !args[i]!.startsWith('-'); i += 1) {
    const name = args[i]!;
    if (name === 'deep') deep = true;
    else if (name !== 'all') {
      const part = PARTS.find((each) => each === name);
      if (!part) return { fault: `There is no part '${name}'.` };
      named.add(part);
    }
  }
  const rest = args.slice(i);
  if (rest.includes('--help') || rest.includes('-h')) return { fault: 'Checks and tests.' };
  const toolOptions = rest[0] === '--' ? rest.slice(1) : rest;
  const filtered = toolOptions.length > 0;
  // Whoever filters tests means none of the mutants.
  const unnamed = PARTS.filter((part) => part !== 'mutation' || (deep && !filtered));
  const parts = PARTS.filter((part) => (named.size === 0 ? unnamed.includes(part) : named.has(part)));
  if (filtered && parts.every((part) => part === 'static')) return { fault: 'The static checks take no options.' };
  if (filtered && parts.length > 1 && parts.includes('mutation')) {
    return { fault: 'Mutation takes options only by itself: they go to stryker.' };
  }
  return { parts, deep, toolOptions, filtered };
}
