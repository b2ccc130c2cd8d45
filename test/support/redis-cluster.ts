import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { isFree } from '../../stack/ports.ts';
import { waitUntil } from './wait.ts';

/** A Redis Cluster of a test's own: three masters with a replica each, to break. */
export interface TestCluster {
  /** What `REDIS_URL` takes. */
  url: string;
  /** Of all nodes. */
  ports: readonly number[];
  /** The ports that are masters now, with the slots that they hold. */
  masters(): Promise<{ port: number; slots: [from: number, to: number][] }[]>;
  /** The port of the replica that follows a master. */
  replicaOf(port: number): Promise<number>;
  /** The nodes' own, for each other and for everybody. */
  password: string;
  /** Ends a node at once, as a crash would. */
  kill(port: number): Promise<void>;
  /** Stops a node from answering, or lets it go on, without closing a connection. */
  signal(port: number, name: 'SIGSTOP' | 'SIGCONT'): void;
  /** Starts a killed node where it was, with what it has written, or `empty`; where another has taken over it comes back as a replica. */
  restart(port: number, options?: { empty: boolean }): Promise<void>;
  /** A connection of its own to one node. */
  node(port: number): Redis;
  stop(): Promise<void>;
}

const PASSWORD = 'hunter2-own';
/** After how long a silent node counts as failed, milliseconds. */
const NODE_TIMEOUT_MS = 1_000;

/** Starts six Redis servers in a folder that is thrown away, and joins them. */
export async function startRedisCluster(): Promise<TestCluster> {
  const home = mkdtempSync(join(tmpdir(), 'plimsoll-cluster-'));
  const children = new Map<number, ChildProcess>();
  const connections = new Map<number, Redis>();
  const ports = await freePorts(6);
  await Promise.all(ports.map(start));
  const nodes = ports.map((port) => `127.0.0.1:${port}`);
  await promisify(execFile)(
    'redis-cli',
    ['--cluster', 'create', ...nodes, '--cluster-replicas', '1', '--cluster-yes'],
    {
      env: { ...process.env, REDISCLI_AUTH: PASSWORD },
    },
  );
  await waitUntil('every node finds the cluster well, and every replica follows', async () => {
    const well = await Promise.all(ports.map(isWell));
    return well.every(Boolean);
  });

  return {
    ports,
    url: ports.map((port) => `redis://:${PASSWORD}@127.0.0.1:${port}`).join(','),
    async masters() {
      const alive = ports.find((port) => isAlive(port));
      const ranges = await node(alive ?? 0).cluster('SLOTS');
      const byPort = Map.groupBy(ranges, ([, , master]) => master?.[1] ?? 0);
      return [...byPort].map(([port, held]) => ({ port, slots: held.map(([from, to]) => [from, to]) }));
    },
    password: PASSWORD,
    async replicaOf(port) {
      const followers = await node(port).info('replication');
      return Number(/^slave0:.*port=(\d+)/m.exec(followers)?.[1]);
    },
    async kill(port) {
      const child = children.get(port)!;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    signal: (port, name) => void children.get(port)!.kill(name),
    async restart(port, { empty } = { empty: false }) {
      // What it knows of the cluster is no data: a node that forgets that is another node.
      if (empty) rmSync(join(home, String(port), 'appendonlydir'), { recursive: true, force: true });
      await start(port);
    },
    node,
    async stop() {
      for (const connection of connections.values()) connection.disconnect();
      const running = [...children.values()].filter((child) => child.exitCode === null && child.signalCode === null);
      await Promise.all(
        running.map(async (child) => {
          const ended = once(child, 'exit');
          child.kill('SIGKILL');
          await ended;
        }),
      );
      rmSync(home, { recursive: true, force: true });
    },
  };

  function isAlive(port: number): boolean {
    const child = children.get(port)!;
    return child.exitCode === null && child.signalCode === null;
  }

  function node(port: number): Redis {
    const known = connections.get(port) ?? new Redis({ port, host: '127.0.0.1', password: PASSWORD });
    // It is away when a test wants it so.
    if (!connections.has(port)) known.on('error', () => undefined);
    connections.set(port, known);
    return known;
  }

  async function isWell(port: number): Promise<boolean> {
    const [cluster, replication] = [await node(port).cluster('INFO'), await node(port).info('replication')];
    const isJoined = /cluster_state:ok/.test(cluster) && /cluster_known_nodes:6/.test(cluster);
    return (
      isJoined && (/role:master/.test(replication) ? /connected_slaves:1/ : /master_link_status:up/).test(replication)
    );
  }

  async function start(port: number): Promise<void> {
    const folder = join(home, String(port));
    mkdirSync(folder, { recursive: true });
    const settings = {
      port: String(port),
      bind: '127.0.0.1',
      dir: folder,
      requirepass: PASSWORD,
      masterauth: PASSWORD,
      appendonly: 'yes',
      appendfsync: 'always',
      save: '',
      'maxmemory-policy': 'noeviction',
      'cluster-enabled': 'yes',
      'cluster-node-timeout': String(NODE_TIMEOUT_MS),
      'cluster-require-full-coverage': 'no',
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    const child = spawn('redis-server', flags, { stdio: 'ignore' });
    await once(child, 'spawn');
    children.set(port, child);
    await waitUntil('the node answers', async () => {
      if (child.exitCode !== null) throw new Error(`redis-server on ${port} ended with ${child.exitCode}`);
      try {
        return (await node(port).ping()) === 'PONG';
      } catch {
        // It is starting.
        return false;
      }
    });
  }
}

/** Ports that are free together with their cluster bus, which is 10000 above; below those that systems give away. */
async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  while (found.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 12_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) found.add(port);
  }
  return [...found];
}
