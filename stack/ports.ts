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
   * A free port: the wanted one, else the one used last time, else the default, else the next free one above.
   * `wanted` 0 is any free port, `index` tells several of one purpose apart, `host` is who listens.
   */
  choose(purpose: Purpose, options?: { wanted?: number | undefined; index?: number; host?: string }): Promise<number>;
  release(): void;
}

interface PortOptions {
  /** Whose `ports.json` remembers them. */
  home: string;
  env: NodeJS.ProcessEnv;
  /** Told in one line when a default is taken. */
  say: (line: string) => void;
  /** Homes that are thrown away take any ports, and leave the defaults to those that last. */
  anywhere: boolean;
}

export function openPorts({ home, env, say, anywhere }: PortOptions): Ports {
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

  async function take(port: number, host: string): Promise<boolean> {
    if (port < 1 || port > 65_535 || held.has(port) || !reserve(port)) return false;
    if (await isFree(port, host)) return true;
    held.get(port)?.release();
    held.delete(port);
    return false;
  }

  return {
    async choose(purpose, { wanted, index = 0, host = '127.0.0.1' } = {}) {
      const key = index === 0 ? purpose : `${purpose}_${index}`;
      const { from, said } = PURPOSES[purpose];
      const isAny = wanted === 0 || (anywhere && wanted === undefined);
      const base = isAny ? somewhere() : from + index;
      const first = wanted || remembered[key] || base;
      const others = Array.from({ length: 500 }, (_, above) => base + above).filter((port) => port !== first);
      for (const port of [first, ...others]) {
        if (!(await take(port, host))) continue;
        if (said && port !== first && !isAny) say(`${said} listens on ${port}, because ${first} is taken.`);
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

/** Below the ports that systems give to outgoing connections, which come and go. */
function somewhere(): number {
  return 20_000 + Math.floor(Math.random() * 10_000);
}

/** Whether nobody listens on a port of an address, nor on it on every interface. */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else if (error.code === 'EADDRNOTAVAIL') reject(new StackFault(`${host} is no address of this machine.`));
      else reject(error);
    });
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
