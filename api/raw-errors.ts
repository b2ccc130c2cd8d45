import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ErrorCode, HttpError, renderError } from './errors.ts';
import { requestIdFor } from './request-id.ts';

/**
 * Answers in JSON what Node refuses before a request exists (bad syntax, too large headers, time-outs, CONNECT, an expectation),
 * where its own answer would have no body or none at all.
 */
export function answerRawErrors(server: Server, seen: (code: ErrorCode) => void): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // The caller is gone, or an answer is on its way already: another one would corrupt it.
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || !socket.writable || hasAnswerBegun(socket)) {
      socket.destroy();
      return;
    }
    const failure = parserError(error.code);
    seen(failure.code);
    endWith(socket, failure);
  });

  server.on('connect', (_request, socket) => {
    seen('method_not_allowed');
    endWith(socket, new HttpError('method_not_allowed', 'This is no proxy.', { headers: { Allow: 'GET, POST' } }));
  });

  server.on('checkExpectation', (request, response: ServerResponse) => {
    seen('expectation_failed');
    const requestId = requestIdFor(request.headers['x-request-id']);
    const failure = new HttpError('expectation_failed', 'The only expectation that is met here is 100-continue.');
    const { status, contentType, body } = renderError(failure, { path: request.url, requestId });
    response
      .writeHead(status, { 'Content-Type': contentType, 'X-Request-Id': requestId, Connection: 'close' })
      .end(body);
  });
}

function parserError(code: string | undefined): HttpError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new HttpError('headers_too_large', 'The request line and headers are too large.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new HttpError('request_timeout', 'The request did not arrive in time.');
  if (code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW')
    return new HttpError('payload_too_large', 'The chunk extensions are too large.');
  return new HttpError('invalid_request', 'This is not a well-formed HTTP/1.1 request.');
}

function hasAnswerBegun(socket: Duplex): boolean {
  const response = (socket as Socket & { _httpMessage?: ServerResponse | null })._httpMessage;
  return response?.headersSent ?? false;
}

function endWith(socket: Duplex, failure: HttpError): void {
  const requestId = requestIdFor(undefined);
  const { status, contentType, body } = renderError(failure, { path: undefined, requestId });
  const headers = { ...failure.headers, 'Content-Type': contentType, 'X-Request-Id': requestId };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(
    `HTTP/1.1 ${status} ${failure.code}\r\n${lines.join('')}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
