/** One thing that is wrong with a catalogue, and where. */
export interface CatalogueFault {
  /** JSON Pointer (RFC 6901) of the value; for something absent, of the place where it belongs. */
  path: string;
  /** Counted from 1, in the file; `null` when the catalogue didn't come from a text. */
  line: number | null;
  column: number | null;
  /** What stands there, shortened; `nothing` for something absent. */
  found: string;
  /** What would be right. */
  message: string;
}

/** A fault before its place in the file is known. */
export interface Finding {
  steps: Steps;
  /** Whether the fault is in the name of the field or in its value. Of something absent, its surroundings are shown. */
  at: 'name' | 'value';
  found: string;
  message: string;
}

/** A catalogue that can't be used. It carries every fault at once, in the order of the file. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError';
  /** Which file or record was read, as the caller called it. */
  readonly source: string;
  readonly faults: readonly CatalogueFault[];
  constructor(source: string, faults: readonly CatalogueFault[], options?: ErrorOptions) {
    super(told(source, faults), options);
    this.source = source;
    this.faults = faults;
  }
}

/** The steps from the root to a value: names of fields, and indexes of lists. */
export type Steps = readonly string[];

/** The same as a JSON Pointer. */
export function pointerOf(steps: Steps): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** How a value is told to a person: short, in one line, whatever it is. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return shortened(JSON.stringify(value));
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return `${value}`;
  return typeof value === 'object' ? 'a map' : typeof value;
}

/** At most so many characters of a text. */
export function shortened(text: string, most = 60): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** As many faults as somebody reads. */
const MOST_TOLD = 100;

function told(source: string, faults: readonly CatalogueFault[]): string {
  const lines = faults.slice(0, MOST_TOLD).map((fault) => sentence(source, fault));
  const rest = faults.length - MOST_TOLD;
  return [...lines, ...(rest > 0 ? [`${source}: and ${rest} more`] : [])].join('\n');
}

function sentence(source: string, { path, line, column, found, message }: CatalogueFault): string {
  const where = line === null ? source : `${source}:${line}:${column}`;
  return `${where} ${path === '' ? '/' : shortened(path, 200)}: found ${found}; ${message}`;
}
