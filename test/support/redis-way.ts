import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { Cluster, type NatMap } from 'ioredis';
import { onTestFinished } from 'vitest';
import type { RedisClient } from '../../counters/redis.ts';

/** What a client needs to go by a way: an address, and of a cluster what stands for each node that it names. */
export interface Reached {
  url: string;
  natMap?: NatMap;
}

/** Only answers of the script begin so; what a new connection asks for first is let through. */
const ANSWER = /^\*[12]\r\n\$\d+\r\n[0-4] /;

/** A way to Redis, or to each node of a cluster, on which answers get lost and connections are cut. */
export async function aWay(redisUrl: string) {
  const targets = redisUrl.split(',').map((url) => new URL(url));
  const state = { next: undefined as 'cut' | 'swallow' | undefined, losesAll: false, lost: 0 };
  const ways = targets.map((target) => ({ target, ...aWayTo(target, state) }));
  const open = async (): Promise<void> => void (await Promise.all(ways.map((way) => way.open())));
  await open();
  const close = (): void => ways.forEach((way) => way.close());
  onTestFinished(close);
  const reached: Reached = {
    url: ways.map(({ target, port }) => `redis://:${target.password}@127.0.0.1:${port()}`).join(','),
    ...(ways.length > 1 && {
      natMap: Object.fromEntries(ways.map(({ target, port }) => [target.host, { host: '127.0.0.1', port: port() }])),
    }),
  };
  return {
    ...reached,
    cut: (): void => ways.forEach((way) => way.cut()),
    /** Cuts what is connected and refuses what comes, until it is opened again. */
    close,
    open,
    loseNextAnswer: (how: 'cut' | 'swallow') => void (state.next = how),
    /** Cuts the connection at each answer of the script, until told otherwise. */
    loseAllAnswers: (on: boolean) => void (state.losesAll = on),
    lost: () => state.lost,
  };
}

/** Lets a client that isn't connected yet go by a way. */
export function goBy(redis: RedisClient, { natMap }: Reached): void {
  if (redis instanceof Cluster && natMap) redis.options.natMap = natMap;
}

function aWayTo(
  { hostname, port }: URL,
  state: { next: 'cut' | 'swallow' | undefined; losesAll: boolean; lost: number },
) {
  const pairs = new Set<{ near: Socket; far: Socket }>();
  const server: Server = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = { near, far };
    let isSilent = false;
    pairs.add(pair);
    near.pipe(far);
    far.on('data', (data: Buffer) => {
      if ((state.losesAll || state.next !== undefined) && ANSWER.test(data.toString('latin1'))) {
        state.lost += 1;
        if (state.losesAll || state.next === 'cut') destroy(pair);
        else isSilent = true;
        state.next = undefined;
      }
      if (!isSilent && !near.destroyed) near.write(data);
    });
    for (const socket of [near, far]) {
      socket.on('error', () => destroy(pair));
      socket.on('close', () => destroy(pair));
    }
  });
  const destroy = (pair: { near: Socket; far: Socket }): void => {
    pairs.delete(pair);
    pair.near.destroy();
    pair.far.destroy();
  };
  const cut = (): void => pairs.forEach(destroy);
  let ownPort = 0;
  return {
    cut,
    port: () => ownPort,
    async open(): Promise<void> {
      server.listen(ownPort, '127.0.0.1');
      await once(server, 'listening');
      ownPort = (server.address() as AddressInfo).port;
    },
    close(): void {
      cut();
      server.close();
    },
  };
}
