import { createServer } from 'node:net';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { StackFault } from './fault.ts';
import { readJson, writePrivate } from './home.ts';
import { type Lock, takeLock } from './lock.ts';

/** What a port is for. Those with `said` are known to people by their default, so taking another one is worth a line. */
const PURPOSES = {
  api: { from: 8080, said: 'The API' },
  temporal: { from: 7233, said: 'Temporal' },
  temporal_ui: { from: 8233, said: "Temporal's Web UI" },
  postgres: { from: 15432, said: 'Postgres' },
  redis: { from: 16379, said: 'Redis' },
  worker: { from: 9465, said: undefined },
  node: { from: 9480, said: undefined },
} as const;
export type Purpose = keyof typeof PURPOSES;

/** The ports of one home: each remembered for the next start, and while this process lives no other home takes them. */
export interface Ports {
  /**
   * A free loopback port: the wanted one, else the one used last time, else the default, else the next free one above.
   * `index` tells several of one purpose apart.
   */
  choose(purpose: Purpose, options?: { wanted?: number | undefined; index?: number }): Promise<number>;
  release(): void;
}

/**
 * @param home whose `ports.json` remembers them
 * @param say told in one line when a default is taken
 */
export function openPorts(home: string, env: NodeJS.ProcessEnv, say: (line: string) => void): Ports {
  const file = join(home, 'ports.json');
  const remembered = (readJson(file) ?? {}) as Record<string, number>;
  const held = new Map<number, Lock>();

  /** Two homes that start at once both see a port free before either listens: the lock decides between them. */
  function reserve(port: number): boolean {
    const lock = takeLock(join(cacheFolder(env, 'ports'), `${port}.lock`));
    if (!('release' in lock)) return false;
    held.set(port, lock);
    return true;
  }

  async function take(port: number): Promise<boolean> {
    if (port < 1 || port > 65_535 || held.has(port) || !reserve(port)) return false;
    if (await isFree(port)) return true;
    held.get(port)?.release();
    held.delete(port);
    return false;
  }

  return {
    async choose(purpose, { wanted, index = 0 } = {}) {
      const key = index === 0 ? purpose : `${purpose}_${index}`;
      const { from, said } = PURPOSES[purpose];
      const first = wanted || remembered[key] || from + index;
      for (let port = first, tried = 0; tried < 500; tried += 1, port = port === first ? from + index : port + 1) {
        if (!(await take(port))) continue;
        if (said && port !== first) say(`${said} listens on ${port}, because ${first} is taken.`);
        // A port that the environment names is the environment's to remember.
        if (!wanted) {
          remembered[key] = port;
          writePrivate(file, `${JSON.stringify(remembered, null, 2)}\n`);
        }
        return port;
      }
      throw new StackFault(`No free port was found from ${first} on: end what listens there and start again.`);
    },
    release() {
      for (const lock of held.values()) lock.release();
      held.clear();
    },
  };
}

/** Whether nobody listens on a loopback port, nor on it on every interface. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    });
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
