import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Folders that hold nothing of ours. */
const FOREIGN = new Set(['node_modules', '.git', 'coverage', '__pycache__', 'dist']);

/** All files of a checkout, as paths relative to its root with forward slashes, sorted. */
export function filesOf(root: string): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (FOREIGN.has(entry.name) || entry.name.startsWith('.plimsoll')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) found.push(relative(root, path).replaceAll('\\', '/'));
    }
  };
  walk(root);
  return found.sort();
}

/** The lines of a text file, or `undefined` for what is no text. */
export function linesOf(root: string, file: string): string[] | undefined {
  const content = readFileSync(join(root, file));
  if (content.includes(0)) return undefined;
  const lines = content.toString('utf8').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
