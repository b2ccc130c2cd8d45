import { nearestName } from './nearest-name.ts';

/** What follows a fault in a name: the one that was likely meant, else those there are; nothing where there are none. */
export function hint(name: string, known: Iterable<string>): string {
  const names = [...known];
  const nearest = nearestName(name, names);
  if (nearest !== undefined) return `; did you mean ${nearest}?`;
  return names.length === 0 ? '' : `; there is ${someOf(names)}`;
}

/** What may stand there, and which of it was likely meant. */
export function hintOrList(value: unknown, allowed: readonly string[]): string {
  const nearest = typeof value === 'string' ? nearestName(value, allowed) : undefined;
  const list = allowed.length === 1 ? String(allowed[0]) : `one of ${someOf(allowed)}`;
  return nearest === undefined ? list : `${list}; did you mean ${nearest}?`;
}

const MOST = 20;

function someOf(names: readonly string[]): string {
  const rest = names.length - MOST;
  return rest > 0 ? `${names.slice(0, MOST).join(', ')} and ${rest} more` : names.join(', ');
}
