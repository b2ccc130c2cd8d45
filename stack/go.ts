import { createHash } from 'node:crypto';
import { createWriteStream, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { cacheFolder } from './cache.ts';
import { StackFault } from './fault.ts';
import { answerOf, CommandFailed, findExecutables, run, type Setting, seconds } from './run.ts';
import { extractZip, zipEntries } from './zip.ts';

/** What `stack/temporal/go.mod` asks for. */
export const GO_NEEDED = '1.26.4';

export interface Go {
  path: string;
  env: Record<string, string>;
}

/**
 * The toolchain module's hashes, in the form of a go.sum (`h1:`), as `go` itself records them. Without one for a machine's
 * kind its toolchain is not fetched: we run nothing unverified.
 */
const TOOLCHAINS: Record<string, string> = {
  'linux-amd64': 'h1:wAoHYF9gHXZdyCyZT4yuWhbjdIC/Iv5dpQsE+H3FgGU=',
  'linux-arm64': 'h1:jN5t8dCFiH2UQGMwT5Vm2S11spA4Aaed7jd/eaS9ouk=',
};

/**
 * A Go that builds Temporal: an installed one that is new enough, one that is new enough to fetch a newer toolchain itself,
 * or the toolchain that the environment's module proxy serves. Nothing when there is none.
 */
export async function findGo(setting: Setting): Promise<Go | undefined> {
  let older: string | undefined;
  for (const path of findExecutables(setting.env, 'go', ['/usr/local/go/bin', '/usr/lib/go/bin'])) {
    const version = /go(\d+(?:\.\d+)+)/.exec((await answerOf(setting, path, ['version'])) ?? '')?.[1];
    if (!version) continue;
    if (isAtLeast(version, GO_NEEDED)) return { path, env: { GOTOOLCHAIN: 'local' } };
    // From 1.21 on, Go fetches the toolchain that a go.mod asks for, unless its environment forbids it.
    if (isAtLeast(version, '1.21')) older ??= path;
  }
  if (older) {
    const env = { GOTOOLCHAIN: `go${GO_NEEDED}` };
    if ((await answerOf({ ...setting, env: { ...setting.env, ...env } }, older, ['version'])) !== undefined) {
      return { path: older, env };
    }
  }
  return fetchToolchain(setting);
}

export function isAtLeast(version: string, needed: string): boolean {
  const [have, want] = [version, needed].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (have?.[i] ?? 0) - (want?.[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** Fetches Go itself from the module proxies that GOPROXY names, verified, into the user's cache. */
async function fetchToolchain(setting: Setting): Promise<Go | undefined> {
  const kind = `${process.platform}-${{ x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch}`;
  const hash = TOOLCHAINS[kind];
  const proxies = (setting.env['GOPROXY'] ?? '').split(/[,|]/).filter((each) => /^https?:\/\//.test(each));
  if (!hash || proxies.length === 0) return undefined;

  const folder = cacheFolder(setting.env, 'go');
  const root = join(folder, `go${GO_NEEDED}.${kind}`);
  const found = { path: join(root, 'bin', 'go'), env: { GOTOOLCHAIN: 'local', GOROOT: root } };
  if (existsSync(found.path)) return found;

  const module = `v0.0.1-go${GO_NEEDED}.${kind}`;
  const zip = join(folder, `${module}.${process.pid}.zip`);
  const unpacked = join(folder, `${module}.${process.pid}`);
  const began = Date.now();
  setting.say(`Fetching Go ${GO_NEEDED} from the module proxy …`);
  try {
    for (const proxy of proxies) {
      const address = `${proxy.replace(/\/$/, '')}/golang.org/toolchain/@v/${module}.zip`;
      if (!(await download(address, zip, setting.abort))) continue;
      if (moduleHash(readFileSync(zip)) !== hash) {
        throw new StackFault(
          `The Go that the module proxy serves is not the one that was published: look at GOPROXY, or install Go ${GO_NEEDED}.`,
        );
      }
      extractZip(readFileSync(zip), `golang.org/toolchain@${module}/`, unpacked);
      renameSync(unpacked, root);
      // The proxy's archives carry no permissions.
      await run(setting, 'chmod', ['-R', 'u+x', join(root, 'bin'), join(root, 'pkg', 'tool')]);
      setting.say(`Fetched Go ${GO_NEEDED} in ${seconds(Date.now() - began)}.`);
      return found;
    }
    return undefined;
  } catch (error) {
    if (error instanceof CommandFailed) return undefined;
    throw error;
  } finally {
    for (const path of [zip, unpacked]) rmSync(path, { recursive: true, force: true });
  }
}

/** Whether an address gave a file. */
async function download(address: string, file: string, abort: AbortSignal): Promise<boolean> {
  try {
    const { url, headers } = withoutCredentials(address);
    const response = await fetch(url, { headers, signal: AbortSignal.any([abort, AbortSignal.timeout(600_000)]) });
    if (!response.ok || !response.body) return false;
    await pipeline(Readable.fromWeb(response.body), createWriteStream(file, { mode: 0o600 }));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
    // Not to be reached: the next proxy, or none.
    return false;
  }
}

/** A proxy may be named with a user and password, which `fetch` takes only as a header. */
function withoutCredentials(address: string): { url: URL; headers: Record<string, string> } {
  const url = new URL(address);
  const { username, password } = url;
  if (!username) return { url, headers: {} };
  [url.username, url.password] = ['', ''];
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

/** A module archive's `h1:` hash: over the sorted list of its files, each with its own hash (golang.org/x/mod, dirhash). */
export function moduleHash(zip: Buffer): string {
  const lines = zipEntries(zip)
    .map(({ name, content }) => ({ name, hash: createHash('sha256').update(content()).digest('hex') }))
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
    .map(({ name, hash }) => `${hash}  ${name}\n`);
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
}
