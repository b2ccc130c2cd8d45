import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../stack/cache.ts';
import { findGo } from '../stack/go.ts';
import { CommandFailed, run, type Setting } from '../stack/run.ts';

const MODULE = fileURLToPath(new URL('go', import.meta.url));

/** The Go reference, built once for this user; or the reason why there is none. */
export async function buildGoReference(
  setting: Setting,
): Promise<{ path: string; because?: never } | { path?: never; because: string }> {
  const sources = ['main.go', 'go.mod', 'go.sum'].map((name) => readFileSync(join(MODULE, name)));
  const hash = createHash('sha256').update(Buffer.concat(sources)).digest('hex').slice(0, 16);
  const path = join(cacheFolder(setting.env, `bench-${hash}`), 'go-reference');
  if (existsSync(path)) return { path };

  const go = await findGo(setting);
  if (!go) return { because: 'there is no Go here.' };
  setting.say('Building the Go reference, once for this machine …');
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await run(setting, go.path, ['build', '-trimpath', '-o', temporary, '.'], {
      cwd: MODULE,
      env: { ...go.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return { because: `it can't be built (${error.output.trim().split('\n').at(-1) ?? error.message}).` };
  }
  renameSync(temporary, path);
  return { path };
}
