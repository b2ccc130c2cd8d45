import { readFileSync } from 'node:fs';
import type { Catalogue } from '../../domain/plans/catalogue.ts';
import { loadCatalogue } from '../../domain/plans/load.ts';

/** BSD's sysexits, as everywhere in the CLI: 64 is a wrong command line, 78 a file that holds something wrong. */
export const EXIT_USAGE = 64;
export const EXIT_CONFIGURATION = 78;

/** Something told that can't be used; the message says which field, and what is accepted. */
export class InputFault extends Error {
  override readonly name = 'InputFault';
  readonly exitCode: number;
  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** What a command found out: as data for `--json`, and as text for people. */
export interface Told {
  result: Record<string, unknown>;
  text: string;
}

/** @throws {InputFault} for a path that can't be read */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    const why = WHY[code] ?? `cannot be read: ${message}`;
    throw new InputFault(`${path}: ${why}. Give the path of a file.`, EXIT_USAGE, { cause: error });
  }
}

const WHY: Record<string, string> = {
  ENOENT: 'there is no such file',
  EISDIR: 'that is a directory',
  EACCES: 'this user may not read it',
};

/** @throws {InputFault} for a path that can't be read; {CatalogueError} with every fault of its content */
export function readCatalogue(path: string): Catalogue {
  return loadCatalogue(readText(path), path);
}

/** @throws {InputFault} for a path that can't be read, or that holds no JSON */
export function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new InputFault(`${path}: is no JSON: ${(error as Error).message}`, EXIT_CONFIGURATION, { cause: error });
  }
}
