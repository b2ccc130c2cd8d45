import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../runtime/config.ts';
import type { ErrorCode } from './errors.ts';
import { answerRawErrors } from './raw-errors.ts';

export interface HttpServer {
  /** Listens, and gives the address as a URL. */
  listen(at: { host: string; port: number; reusePort: boolean }): Promise<string>;
  /** Takes no new connection, answers what is in flight, and is done when the last connection is closed. */
  close(): Promise<void>;
}

/** An HTTP server with our limits and time-outs, whose every answer is JSON. */
export function createHttpServer(
  listener: RequestListener,
  config: Pick<Config, 'headerLimitBytes' | 'headersTimeoutMs' | 'requestTimeoutMs' | 'keepAliveTimeoutMs'>,
  refused: (code: ErrorCode) => void,
): HttpServer {
  let isClosing = false;
  const server: Server = createServer(
    {
      maxHeaderSize: config.headerLimitBytes,
      headersTimeout: config.headersTimeoutMs,
      requestTimeout: Math.max(config.requestTimeoutMs, config.headersTimeoutMs),
      keepAliveTimeout: config.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, config.headersTimeoutMs),
      // Node's own refusal of a request without Host has no body; no route of ours reads it.
      requireHostHeader: false,
      noDelay: true,
    },
    (request, response) => {
      // Who keeps its connection alive would otherwise hold up the end.
      if (isClosing) response.setHeader('Connection', 'close');
      listener(request, response);
    },
  );
  answerRawErrors(server, refused);

  return {
    listen: ({ host, port, reusePort }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port, reusePort, backlog: 4096 }, () => {
          server.off('error', reject);
          const { address, family, port: actual } = server.address() as AddressInfo;
          resolve(`http://${family === 'IPv6' ? `[${address}]` : address}:${actual}`);
        });
      }),
    close: () =>
      new Promise((resolve, reject) => {
        isClosing = true;
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeIdleConnections();
      }),
  };
}
