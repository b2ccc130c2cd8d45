/** The parts of the suite, in the order in which they are begun. */
export const PARTS = ['static', 'unit', 'workflows', 'integration'] as const;
export type Part = (typeof PARTS)[number];

export const USAGE = `bin/test [part…] [options for vitest]

  bin/test                  everything
  bin/test static           types, lint, format, boundaries of the rooms, house rules, documentation
  bin/test unit             pure functions
  bin/test workflows        workflows on a server that skips time, and replay of recorded histories
  bin/test integration      on a stack of its own (or on the one whose home PLIMSOLL_TEST_HOME names)
  bin/test deep             everything with big samples
  bin/test unit -t 'name'   options go to vitest; file names go after --, as in: bin/test unit -- periods
`;

export interface Plan {
  parts: Part[];
  deep: boolean;
  vitestOptions: string[];
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
  const vitestOptions = rest[0] === '--' ? rest.slice(1) : rest;
  const parts = PARTS.filter((part) => named.size === 0 || named.has(part));
  if (vitestOptions.length > 0 && parts.every((part) => part === 'static')) {
    return { fault: 'The static checks take no options.' };
  }
  return { parts, deep, vitestOptions, filtered: vitestOptions.length > 0 };
}
