import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { breakRequest } from './broken-requests.ts';
import { type Conversations, closeAfter, endGently, whenAnswered } from './connections.ts';
import { HttpError, renderError } from './errors.ts';
import { requestIdFor } from './request-id.ts';

/** What was answered without a route. */
export interface RawRefusal {
  failure: HttpError;
  requestId: string;
}

/**
 * Answers in JSON what Node refuses before a request exists (bad syntax, too large headers, time-outs, CONNECT), where its own
 * answer would have no body or none at all. What goes wrong with a body is left to the route that has the request in hands.
 * Whatever was asked before on the same connection is answered before.
 */
export function answerRawErrors(
  server: Server,
  conversations: Conversations,
  refused: (refusal: RawRefusal) => void,
): void {
  const refuse = (socket: Socket, failure: HttpError): void => {
    whenAnswered(conversations.get(socket), () => {
      if (socket.writable) refused({ failure, requestId: answerRaw(socket, failure) });
      endGently(socket);
    });
  };

  server.on('clientError', (error: NodeJS.ErrnoException, stream) => {
    const socket = stream as Socket;
    const conversation = conversations.get(socket);
    // The parser complains about everything that comes after its first complaint, too.
    if (conversation?.isOver) return;
    if (error.code === 'ECONNRESET' || error.code === 'EPIPE' || !socket.writable || !conversation) {
      socket.destroy();
      return;
    }
    conversation.isOver = true;

    const { latest } = conversation;
    if (!latest || latest.request.complete) refuse(socket, parserError(error.code));
    else if (!latest.isOver) {
      closeAfter(latest.response);
      breakRequest(latest.request, parserError(error.code));
    } else {
      // Answered already, without its body; the rest was only being read to its end.
      endGently(socket);
    }
  });

  server.on('connect', (_request, stream) => {
    const socket = stream as Socket;
    // Node hands the connection over, errors included, and an error that nobody listens to ends the process.
    socket.on('error', () => socket.destroy());
    refuse(socket, new HttpError('method_not_allowed', 'This is no proxy.', { headers: { Allow: 'GET, HEAD, POST' } }));
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

function answerRaw(socket: Socket, failure: HttpError): string {
  const requestId = requestIdFor(undefined);
  const { status, contentType, body } = renderError(failure, { path: undefined, requestId });
  const headers = { ...failure.headers, 'Content-Type': contentType, 'X-Request-Id': requestId };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `HTTP/1.1 ${status} ${failure.code}\r\n${lines.join('')}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
  return requestId;
}
