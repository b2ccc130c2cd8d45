import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/**
 * A folder of this user's that all clones and homes share: `$XDG_CACHE_HOME/plimsoll`, else `~/.cache/plimsoll`. What is in
 * it can be made again at any time. Made if need be.
 */
export function cacheFolder(env: NodeJS.ProcessEnv, ...names: string[]): string {
  const named = env['XDG_CACHE_HOME'];
  const base = named && isAbsolute(named) ? named : join(env['HOME'] || homedir(), '.cache');
  const folder = join(base, 'plimsoll', ...names);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}
