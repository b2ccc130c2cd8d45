import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import type { Finding } from './check.ts';
import { type CatalogueFault, describe, pointerOf, type Steps, shortened } from './faults.ts';

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
/** Levels of maps and lists; a catalogue has five. The walks below may then be recursive without a thought. */
const MAX_DEPTH = 32;

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
    prettyErrors: false,
    logLevel: 'error',
    lineCounter: lines,
  });
  const problems = [...document.errors, ...document.warnings];
  const { aliases, depth } = survey(document);
  if (depth > MAX_DEPTH || problems.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) {
    const message = `nest at most ${MAX_DEPTH} levels`;
    return { faults: [faultAt(0, [], 'a nesting too deep', message)], content: undefined, place: unplaced };
  }

  const faults = problems.map(({ code, message, pos: [start, end] }) => {
    const steps = stepsAt(document, start);
    const found = code === 'DUPLICATE_KEY' ? describe(steps.at(-1)) : excerpt(text, start, end);
    return faultAt(start, steps, found, YAML_MESSAGES[code] ?? message);
  });
  for (const { source, range } of aliases) {
    const offset = range?.[0] ?? 0;
    const message = 'write the value itself: a catalogue has no aliases';
    faults.push(faultAt(offset, stepsAt(document, offset), shortened(`*${source}`), message));
  }

  // With a key given twice the rest can still be judged; with anything else the tree is a guess.
  const isReadable = aliases.length === 0 && problems.every(({ code }) => code === 'DUPLICATE_KEY');
  return {
    faults,
    content: isReadable ? { value: document.toJS({ maxAliasCount: 0 }) } : undefined,
    place: ({ steps, at, found, message }) => {
      const { offset, literal } = locate(document, steps, at);
      return faultAt(offset, steps, literal ?? found, message);
    },
  };
}

/** A finding about a catalogue that came without a text. */
export function unplaced({ steps, found, message }: Finding): CatalogueFault {
  return { path: pointerOf(steps), line: null, column: null, found, message };
}

const YAML_MESSAGES: Record<string, string> = {
  DUPLICATE_KEY: 'give each field once',
  NON_STRING_KEY: 'give a name',
  TAG_RESOLVE_FAILED: 'give plain values: a catalogue has no tags',
  MULTIPLE_DOCS: 'give one document: a file holds one catalogue',
};

/** Where a part stands: itself, or what is nearest around it when it is absent. `literal` is a number as it was written. */
function locate(document: Document.Parsed, steps: Steps, at: Finding['at']): { offset: number; literal?: string } {
  let node: unknown = document.contents;
  let nameOffset = offsetOf(node) ?? 0;
  for (const [index, step] of steps.entries()) {
    const isLast = index === steps.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === step);
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

/** The aliases in a document and how deep it is nested. Level by level, since the depth is what must be found out first. */
function survey(document: Document.Parsed): { aliases: Alias[]; depth: number } {
  const aliases: Alias[] = [];
  let depth = 0;
  let level: unknown[] = [document.contents];
  while (level.length > 0 && depth <= MAX_DEPTH) {
    const below: unknown[] = [];
    for (const node of level) {
      if (isAlias(node)) aliases.push(node);
      for (const item of isMap(node) || isSeq(node) ? node.items : []) {
        below.push(...(isPair(item) ? [item.key, item.value] : [item]));
      }
    }
    level = below;
    depth += 1;
  }
  return { aliases, depth };
}
