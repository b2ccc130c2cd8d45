import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
} from 'yaml';
import { MAX_DEPTH, TOO_DEEP } from './check.ts';
import { type CatalogueFault, describe, type Finding, pointerOf, type Steps, shortened } from './faults.ts';

/** A catalogue's text, read: its content, and where each part of it stands. */
export interface Source {
  /** What is wrong with the text as YAML, in its order. */
  faults: CatalogueFault[];
  /** `undefined` when the text can't be understood, so that looking at its content would only mislead. */
  content: { value: unknown } | undefined;
  /** Gives a finding its line and column. */
  place: (finding: Finding) => CatalogueFault;
}

/** A catalogue is a few kilobytes; what is larger is something else, and reading it would cost. */
const MAX_CHARACTERS = 262_144;

/** A text that YAML can't make sense of is told the first of its problems. */
const MOST_PROBLEMS = 100;

/** Reads YAML 1.2 (core schema), of which JSON is a part. Never throws for what stands in the text. */
export function readSource(text: string): Source {
  const lines = new LineCounter();
  const faultAt = (offset: number, steps: Steps, found: string, message: string): CatalogueFault => {
    const { line, col } = lines.linePos(offset);
    return { path: pointerOf(steps), line: Math.max(1, line), column: Math.max(1, col), found, message };
  };
  if (text.length > MAX_CHARACTERS) {
    const message = `give a text of at most ${MAX_CHARACTERS} characters`;
    return { faults: [faultAt(0, [], `${text.length} characters`, message)], content: undefined, place: unplaced };
  }

  // The schema is named so that a `%YAML 1.1` line can't turn `on` into true; merging and aliases are refused below.
  const document = parseDocument(text, {
    schema: 'core',
    merge: false,
    stringKeys: true,
    // Found below: its own way takes time with the square of a map's size.
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  const problems = [...document.errors, ...document.warnings];
  if (depthOf(document) > MAX_DEPTH || problems.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) {
    const { steps, found, message } = TOO_DEEP;
    return { faults: [faultAt(0, steps, found, message)], content: undefined, place: unplaced };
  }

  const faults = problems.slice(0, MOST_PROBLEMS).map(({ code, message, pos: [start, end] }) => {
    return faultAt(start, stepsAt(document, start), excerpt(text, start, end), YAML_MESSAGES[code] ?? message);
  });
  const { index, duplicates, aliases } = survey(document);
  for (const { offset, steps } of duplicates) {
    faults.push(faultAt(offset, steps, describe(steps.at(-1)), 'give each field once'));
  }
  for (const { offset, steps, source } of aliases) {
    const message = 'write the value itself: a catalogue has no aliases';
    faults.push(faultAt(offset, steps, shortened(`*${source}`), message));
  }

  // With a key given twice the rest can still be judged; with anything else the tree is a guess.
  const isReadable = problems.length === 0 && aliases.length === 0;
  return {
    faults,
    content: isReadable ? { value: document.toJS({ maxAliasCount: 0 }) } : undefined,
    place: ({ steps, at, found, message }) => {
      const { offset, literal } = locate(document, index, steps, at);
      return faultAt(offset, steps, literal ?? found, message);
    },
  };
}

/** A finding about a catalogue that came without a text. */
export function unplaced({ steps, found, message }: Finding): CatalogueFault {
  return { path: pointerOf(steps), line: null, column: null, found, message };
}

const YAML_MESSAGES: Record<string, string> = {
  NON_STRING_KEY: 'give a name',
  TAG_RESOLVE_FAILED: 'give plain values: a catalogue has no tags',
  MULTIPLE_DOCS: 'give one document: a file holds one catalogue',
};

/** Where a part stands: itself, or what is nearest around it when it is absent. `literal` is a number as it was written. */
function locate(
  document: Document.Parsed,
  index: Index,
  steps: Steps,
  at: Finding['at'],
): { offset: number; literal?: string } {
  let node: unknown = document.contents;
  let nameOffset = offsetOf(node) ?? 0;
  for (const [position, step] of steps.entries()) {
    const isLast = position === steps.length - 1;
    if (isMap(node)) {
      const pair = index.get(node)?.get(step);
      if (pair === undefined) return { offset: nameOffset };
      nameOffset = offsetOf(pair.key) ?? nameOffset;
      if (isLast && at === 'name') return { offset: nameOffset };
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      nameOffset = offsetOf(node) ?? nameOffset;
    } else {
      return { offset: nameOffset };
    }
  }
  const offset = offsetOf(node) ?? nameOffset;
  // A number beyond 2^53 has been rounded: what was written says more than what was read.
  if (isScalar(node) && typeof node.value === 'number' && node.source !== undefined) {
    return { offset, literal: shortened(node.source) };
  }
  return { offset };
}

/** The way to what stands at an offset: as deep as the tree knows. */
function stepsAt(document: Document.Parsed, offset: number): string[] {
  const steps: string[] = [];
  let node: unknown = document.contents;
  for (;;) {
    if (isMap(node)) {
      const pair = node.items.findLast(({ key }) => (offsetOf(key) ?? Number.POSITIVE_INFINITY) <= offset);
      if (!pair || !isScalar(pair.key) || !reaches(node, offset)) return steps;
      steps.push(String(pair.key.value));
      node = pair.value;
    } else if (isSeq(node)) {
      const index = node.items.findLastIndex((item) => (offsetOf(item) ?? Number.POSITIVE_INFINITY) <= offset);
      if (index < 0 || !reaches(node, offset)) return steps;
      steps.push(String(index));
      node = node.items[index];
    } else {
      return steps;
    }
  }
}

function offsetOf(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
}

function reaches(node: Node, offset: number): boolean {
  return node.range !== null && node.range !== undefined && offset >= node.range[0] && offset <= node.range[2];
}

function excerpt(text: string, start: number, end: number): string {
  const piece = text.slice(start, Math.max(end, start + 1)).split(/\r?\n/, 1)[0] ?? '';
  if (start >= text.length) return 'the end of the text';
  return piece.trim() === '' ? 'the end of a line' : describe(piece);
}

/** How deep a document is nested; counted level by level, since that is what must be known before anything recursive. */
function depthOf(document: Document.Parsed): number {
  let depth = 0;
  let level: unknown[] = [document.contents];
  while (level.length > 0 && depth <= MAX_DEPTH) {
    const below: unknown[] = [];
    for (const node of level) {
      for (const item of isMap(node) || isSeq(node) ? node.items : []) {
        if (isPair(item)) below.push(item.key, item.value);
        else below.push(item);
      }
    }
    level = below;
    depth += 1;
  }
  return depth;
}

/** The pairs of every map by name, so that finding a place takes no longer in a large file. Of equal names the first. */
type Index = ReadonlyMap<unknown, ReadonlyMap<string, Pair>>;
interface Found {
  offset: number;
  steps: Steps;
}

/** Names that a map has twice, and aliases. Only for a document whose depth is known. */
function survey(document: Document.Parsed): {
  index: Index;
  duplicates: Found[];
  aliases: (Found & { source: string })[];
} {
  const index = new Map<unknown, Map<string, Pair>>();
  const duplicates: Found[] = [];
  const aliases: (Found & { source: string })[] = [];
  const visit = (node: unknown, steps: Steps): void => {
    if (isAlias(node)) aliases.push({ offset: offsetOf(node) ?? 0, steps, source: node.source });
    if (isSeq(node)) for (const [position, item] of node.items.entries()) visit(item, [...steps, String(position)]);
    if (!isMap(node)) return;
    const pairs = new Map<string, Pair>();
    index.set(node, pairs);
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      if (pairs.has(name)) duplicates.push({ offset: offsetOf(pair.key) ?? 0, steps: [...steps, name] });
      else pairs.set(name, pair);
      visit(pair.key, steps);
      visit(pair.value, [...steps, name]);
    }
  };
  visit(document.contents, []);
  return { index, duplicates, aliases };
}
