import { type Finding, pointerOf } from './faults.ts';
import { isMap } from './resolve.ts';
import { ruleFindings } from './rules.ts';
import { CATALOGUE_SCHEMA } from './schema.ts';
import { shapeFindings } from './shape.ts';

/** Levels of maps and lists; a catalogue has nine at most, and what its constraints hold. */
export const MAX_DEPTH = 32;

export const TOO_DEEP: Finding = {
  steps: [],
  at: 'value',
  found: 'a nesting too deep',
  message: `nest at most ${MAX_DEPTH} levels`,
};

/** Everything that is wrong with a catalogue's content: its shape, and the rules that a schema can't say. One finding a place. */
export function check(content: unknown): Finding[] {
  // What is too large or too deep is told alone: looking at the rest of it would cost, and everything below is recursive.
  if (depthOf(content) > MAX_DEPTH) return [TOO_DEEP];
  const tooMany = oversize(content);
  if (tooMany.length > 0) return tooMany;

  // Rules first: where both complain of a name, they know which name was meant.
  const findings = [...ruleFindings(content), ...shapeFindings(content)];
  const byPlace = new Map<string, Finding>();
  for (const finding of findings) {
    const place = `${pointerOf(finding.steps)} ${finding.at}`;
    if (!byPlace.has(place)) byPlace.set(place, finding);
  }
  return [...byPlace.values()];
}

/** How many entries a catalogue may have of each sort: beyond that nothing else is worth telling, or looking for. */
function oversize(content: unknown): Finding[] {
  if (!isMap(content)) return [];
  return Object.entries(CATALOGUE_SCHEMA.properties).flatMap(([field, { maxProperties: most }]: [string, Bounded]) => {
    const size = isMap(content[field]) ? Object.keys(content[field]).length : 0;
    if (most === undefined || size <= most) return [];
    return [{ steps: [field], at: 'value', found: `${size} of them`, message: `give at most ${most}` } as const];
  });
}

interface Bounded {
  maxProperties?: number;
}

function depthOf(content: unknown): number {
  let depth = 0;
  for (let level = [content]; level.length > 0 && depth <= MAX_DEPTH; depth += 1) {
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return depth;
}
