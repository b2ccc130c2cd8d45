import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Config } from '../runtime/config.ts';
import { breakRequest, noteContinue } from './broken-requests.ts';
import { Conversations, closeAfter } from './connections.ts';
import { HttpError } from './errors.ts';
import { answerRawErrors, type RawRefusal } from './raw-errors.ts';

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
  refused: (refusal: RawRefusal) => void,
): HttpServer {
  let isClosing = false;
  const conversations = new Conversations();

  const answered = (): void => {
    if (isClosing) server.closeIdleConnections();
  };
  const take: RequestListener = (request, response) => {
    const begin = (): void => {
      if (isClosing) closeAfter(response);
      listener(request, response);
    };
    conversations.inTurn({ request, response, begin, answered });
  };
  const server: Server & { httpAllowHalfOpen?: boolean } = createServer(
    {
      maxHeaderSize: config.headerLimitBytes,
      headersTimeout: config.headersTimeoutMs,
      requestTimeout: Math.max(config.requestTimeoutMs, config.headersTimeoutMs),
      keepAliveTimeout: config.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, config.headersTimeoutMs),
      // Node's own refusal of a request without Host has no body; ours is in `request-head.ts`.
      requireHostHeader: false,
      noDelay: true,
    },
    take,
  );
  // All headers or none: by default Node drops those beyond 2,000 without a word. Their bytes are limited above.
  server.maxHeadersCount = 0;
  // A caller that has said all and closed its half still reads: without this its call would be counted and not answered.
  server.httpAllowHalfOpen = true;

  server.on('connection', (socket) => {
    // Looked at once, it is remembered: it is asked for again when the connection may be gone.
    void socket.remoteAddress;
    conversations.begin(socket);
  });
  server.on('checkContinue', (request, response) => {
    noteContinue(request, () => response.writeContinue());
    take(request, response);
  });
  server.on('checkExpectation', (request, response) => {
    breakRequest(
      request,
      new HttpError('expectation_failed', 'The only expectation that is met here is 100-continue.'),
    );
    take(request, response);
  });
  answerRawErrors(server, conversations, refused);

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
        conversations.makeLast();
        server.closeIdleConnections();
      }),
  };
}
