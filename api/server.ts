import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import type { Config } from '../runtime/config.ts';
import { breakRequest, noteContinue } from './broken-requests.ts';
import { Conversations, closeAfter } from './connections.ts';
import { HttpError } from './errors.ts';
import { answerRawErrors, type RawRefusal } from './raw-errors.ts';

/**
 * For how long a connection that is kept open may still ask once when the server ends: who has just sent a request on it would
 * otherwise find it closed, and can't know whether the call was taken.
 */
const LAST_WORD_MS = 1_000;

export interface HttpServer {
  /** Listens, and gives the address as a URL. */
  listen(at: { host: string; port: number; reusePort: boolean }): Promise<string>;
  /**
   * Takes no new connection, answers what is in flight and whatever comes within a second on connections that are kept, each with
   * `Connection: close`; then closes those that are silent, and is done when the last connection is closed.
   */
  close(): Promise<void>;
}

/** An HTTP server with our limits and time-outs, whose every answer is JSON. */
export function createHttpServer(
  listener: RequestListener,
  config: Pick<Config, 'headerLimitBytes' | 'headersTimeoutMs' | 'requestTimeoutMs' | 'keepAliveTimeoutMs'>,
  refused: (refusal: RawRefusal) => void,
): HttpServer {
  let isClosing = false;
  let isLastWordOver = false;
  const conversations = new Conversations(
    ({ request, response }) => {
      if (isClosing) closeAfter(response);
      listener(request, response);
    },
    () => {
      if (isLastWordOver) server.closeIdleConnections();
    },
  );
  const take: RequestListener = (request, response) => conversations.inTurn(request, response);
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
        const timer = setTimeout(() => {
          isLastWordOver = true;
          // Of a server that listens no more: it closes the connections that are idle.
          server.close();
        }, LAST_WORD_MS);
        // Not the HTTP server's own: that closes idle connections at once.
        NetServer.prototype.close.call(server, (error) => {
          clearTimeout(timer);
          // Once more for its timers.
          server.close();
          if (error) reject(error);
          else resolve();
        });
        conversations.makeLast();
      }),
  };
}
