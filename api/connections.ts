import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { awaitsContinue } from './broken-requests.ts';

/** How long a connection that we end stays open for what is still on its way to us. */
const LINGER_MS = 1_000;

/** One connection: what was asked on it and is not answered yet. */
export interface Conversation {
  latest: { request: IncomingMessage; response: ServerResponse } | undefined;
  unanswered: Set<ServerResponse>;
  /** Nothing that comes from now on is answered. */
  isOver: boolean;
  whenAnswered: (() => void) | undefined;
  /** Requests behind an answer that may be the last one of the connection: they are begun when it was not. */
  waiting: (() => void)[];
}

interface Turn {
  request: IncomingMessage;
  response: ServerResponse;
  begin: () => void;
  answered: () => void;
}

/** The conversations of a server, by their sockets. */
export class Conversations {
  readonly #open = new Map<Duplex, Conversation>();

  begin(socket: Socket): void {
    this.#open.set(socket, {
      latest: undefined,
      unanswered: new Set(),
      isOver: false,
      whenAnswered: undefined,
      waiting: [],
    });
    socket.once('close', () => this.#open.delete(socket));
    // Node ends a connection by this after the last answer. Ended while bytes are on their way to us, TCP answers those with
    // a reset, and a reset throws away what the caller has not read yet: our answer.
    socket.destroySoon = () => endGently(socket);
  }

  get(socket: Duplex): Conversation | undefined {
    return this.#open.get(socket);
  }

  /**
   * Notes a request and begins it: at once, or, behind an answer that ends the connection or may yet do so, when that was sent
   * and the connection goes on. `answered` is called when its answer was sent, or can't be any more.
   */
  inTurn({ request, response, begin, answered }: Turn): void {
    const conversation = this.#open.get(request.socket);
    // Gone, or ended by the last answer: nobody would be answered.
    if (!conversation || !request.socket.writable) return;
    const { latest, unanswered, waiting } = conversation;
    const isBehind = latest !== undefined && unanswered.has(latest.response);
    const mayEnd = isBehind && (!latest.response.shouldKeepAlive || awaitsContinue(latest.request));

    conversation.latest = { request, response };
    unanswered.add(response);
    response.once('close', () => {
      unanswered.delete(response);
      // Behind a last answer nothing would be answered, so nothing is begun, and nothing counted.
      if (request.socket.writable) waiting.shift()?.();
      if (unanswered.size === 0) conversation.whenAnswered?.();
      answered();
    });
    if (mayEnd || waiting.length > 0) waiting.push(begin);
    else begin();
  }

  /** Makes the answers that are due now the last ones of their connections, and says so to the callers. */
  makeLast(): void {
    for (const { latest, unanswered } of this.#open.values()) {
      // Only the latest: the end of an earlier one would cut off those that were sent behind it.
      if (latest && unanswered.has(latest.response)) closeAfter(latest.response);
    }
  }
}

/** The connection ends after this answer, which says so if it can still be said. */
export function closeAfter(response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

/** Calls when everything that was asked before is answered. */
export function whenAnswered(conversation: Conversation | undefined, then: () => void): void {
  if (!conversation || conversation.unanswered.size === 0) then();
  else conversation.whenAnswered = then;
}

/** Sends what is left and our end; closes when the caller has ended too, or after a moment. */
export function endGently(socket: Socket): void {
  if (socket.destroyed) return;
  socket.end();
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
