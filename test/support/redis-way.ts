import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to Redis on which answers get lost and connections are cut. */
export async function aWay(redisUrl: string) {
  const { port, hostname, password } = new URL(redisUrl);
  const pairs = new Set<{ near: Socket; far: Socket }>();
  let next: 'cut' | 'swallow' | undefined;
  let losesAll = false;
  let lost = 0;
  const way = createServer((near) => {
    const far = connect(Number(port), hostname);
    const pair = { near, far };
    let isSilent = false;
    pairs.add(pair);
    near.pipe(far);
    far.on('data', (data: Buffer) => {
      // Only answers of the script begin so; what a new connection asks for first is let through.
      if ((losesAll || next !== undefined) && /^\*[12]\r\n\$\d+\r\n[0-4] /.test(data.toString('latin1'))) {
        lost += 1;
        if (losesAll || next === 'cut') destroy(pair);
        else isSilent = true;
        next = undefined;
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
  const open = async (): Promise<void> => {
    await new Promise<void>((resolve) => void way.listen(ownPort, '127.0.0.1', resolve));
    ownPort = (way.address() as AddressInfo).port;
  };
  await open();
  onTestFinished(() => {
    cut();
    way.close();
  });
  return {
    url: `redis://:${password}@127.0.0.1:${ownPort}`,
    cut,
    /** Cuts what is connected and refuses what comes, until it is opened again. */
    close(): void {
      cut();
      way.close();
    },
    open,
    loseNextAnswer: (how: 'cut' | 'swallow') => void (next = how),
    /** Cuts the connection at each answer of the script, until told otherwise. */
    loseAllAnswers: (on: boolean) => void (losesAll = on),
    lost: () => lost,
  };
}
