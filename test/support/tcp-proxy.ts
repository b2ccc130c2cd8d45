import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a server that a test can close and open again, so that the server itself needn't be stopped. */
export interface TcpProxy {
  /** `127.0.0.1:port`; stays the same when the way is closed and opened again. */
  address: string;
  /** Cuts what is connected and refuses what comes. */
  close(): Promise<void>;
  open(): Promise<void>;
}

/** @param target `host:port` */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const [host = '', port = ''] = target.split(':');
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  let ownPort = 0;

  const open = async (): Promise<void> => {
    server = createServer((near) => {
      const far = connect(Number(port), host);
      for (const [socket, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(socket);
        socket.on('close', () => {
          sockets.delete(socket);
          other.destroy();
        });
        // A way that is cut is what it is for; `close` follows.
        socket.on('error', () => socket.destroy());
        socket.pipe(other);
      }
    });
    await new Promise<void>((resolve, reject) => {
      server?.once('error', reject).listen(ownPort, '127.0.0.1', resolve);
    });
    ownPort = (server.address() as AddressInfo).port;
  };

  await open();
  return {
    address: `127.0.0.1:${ownPort}`,
    open,
    async close() {
      const closed = new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
