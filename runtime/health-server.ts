import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from './log.ts';

/** What readiness answers: 200 or 503 by `ready`; the rest is for people. */
export interface Readiness {
  ready: boolean;
  [detail: string]: unknown;
}

export interface HealthServer {
  url: string;
  port: number;
  close(): Promise<void>;
}

/**
 * The small server beside a process that serves no API: `/health/live` (200 while the process runs), `/health/ready`
 * (200 or 503) and `/metrics`. On loopback, for probes on the same machine or in the same pod. Anything else gets 404,
 * other methods 405, in JSON. `port` 0 takes a free one. Rejects when the port can't be had.
 */
export async function startHealthServer(options: {
  port: number;
  host?: string;
  log: Logger;
  ready: () => Readiness | Promise<Readiness>;
  metrics: () => Promise<{ contentType: string; text: string }>;
}): Promise<HealthServer> {
  const { log } = options;
  const routes: Record<string, () => Promise<Reply>> = {
    '/health/live': async () => json(200, { live: true }),
    '/health/ready': async () => {
      const readiness = await options.ready();
      return json(readiness.ready ? 200 : 503, readiness);
    },
    '/metrics': async () => {
      const { contentType, text } = await options.metrics();
      return { status: 200, contentType, body: text };
    },
  };

  const server = createServer((request, response) => {
    // Nothing here reads a body; one that was sent is thrown away, so that the connection can be used again.
    request.resume();
    answer(routes, request.method ?? '', request.url ?? '').then(
      (reply) => send(response, reply),
      (error: unknown) => {
        log.error({ err: error }, 'health could not be answered');
        send(response, json(500, { message: 'Internal error' }));
      },
    );
  });

  const host = options.host ?? '127.0.0.1';
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

interface Reply {
  status: number;
  contentType: string;
  body: string;
  headers?: Record<string, string>;
}

async function answer(routes: Record<string, () => Promise<Reply>>, method: string, url: string): Promise<Reply> {
  const path = url.split('?', 1)[0] ?? '';
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (!route) return json(404, { message: 'Not found' });
  if (method !== 'GET' && method !== 'HEAD') {
    return { ...json(405, { message: 'Method not allowed' }), headers: { allow: 'GET, HEAD' } };
  }
  return route();
}

function json(status: number, body: unknown): Reply {
  return { status, contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

function send(response: ServerResponse, { status, contentType, body, headers }: Reply): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    ...headers,
  });
  response.end(body);
}
