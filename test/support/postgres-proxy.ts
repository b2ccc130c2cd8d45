import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to Postgres that knows its connections by the name that each gave itself. */
export interface PostgresProxy {
  /** The database by this way. */
  url: string;
  /** All that connections of this name have sent so far, piece by piece. */
  sentBy(application: string): string[];
  /** The ports that Postgres sees connections of this name come from. */
  portsOf(application: string): number[];
  /**
   * No byte passes any more on what is connected under this name, in either direction, and no end of it is told: as when a
   * machine between the two has forgotten the connection. New connections work. Gives how many there were.
   */
  silence(application: string): number;
  /** New connections are taken, and nothing passes on any; or it passes again on new ones. */
  swallow(isSilent: boolean): void;
  /** Cuts what is connected, and refuses what comes. */
  close(): Promise<void>;
  open(): Promise<void>;
}

interface Way {
  near: Socket;
  far: Socket;
  application: string | undefined;
  isSilent: boolean;
}

/** @param databaseUrl where the way leads */
export async function startPostgresProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const ways = new Set<Way>();
  let server: Server | undefined;
  let ownPort = 0;
  let swallows = false;
  const sent = new Map<string, string[]>();

  const begin = (near: Socket): void => {
    const far = connect({ port: Number(target.port || 5432), host: target.hostname, allowHalfOpen: true });
    const way: Way = { near, far, application: undefined, isSilent: swallows };
    ways.add(way);
    near.on('data', (chunk: Buffer) => {
      // The first message of a connection names the application: pairs of words, each ended by a zero.
      const text = chunk.toString('latin1');
      way.application ??= /application_name\0([^\0]+)\0/.exec(text)?.[1];
      const name = way.application ?? '';
      sent.set(name, [...(sent.get(name) ?? []), text]);
      if (!way.isSilent) far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => {
      if (!way.isSilent) near.write(chunk);
    });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      // A silent way swallows goodbyes too: who waits for an answer to theirs waits for ever.
      socket.on('end', () => {
        if (!way.isSilent) other.end();
      });
      socket.on('close', () => {
        // Who gave up on a silent way is not heard of at its other end either; the proxy only cleans up behind it.
        if (way.isSilent && socket === far) return;
        other.destroy();
        ways.delete(way);
      });
      // A way that is cut is what it is for; `close` follows.
      socket.on('error', () => socket.destroy());
    }
  };

  const open = async (): Promise<void> => {
    server = createServer({ allowHalfOpen: true }, begin).listen(ownPort, '127.0.0.1');
    await once(server, 'listening');
    ownPort = (server.address() as AddressInfo).port;
  };
  await open();
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${ownPort}`;

  const named = (application: string): Way[] => [...ways].filter((way) => way.application === application);
  return {
    url: url.href,
    sentBy: (application) => sent.get(application) ?? [],
    portsOf: (application) => named(application).map(({ far }) => far.localPort ?? 0),
    silence(application) {
      const found = named(application).filter((way) => !way.isSilent);
      for (const way of found) way.isSilent = true;
      return found.length;
    },
    swallow(isSilent) {
      swallows = isSilent;
      if (isSilent) for (const way of ways) way.isSilent = true;
    },
    open,
    async close() {
      for (const { near, far } of ways) {
        near.destroy();
        far.destroy();
      }
      const closing = server;
      server = undefined;
      if (!closing) return;
      const closed = once(closing, 'close');
      closing.close();
      await closed;
    },
  };
}
