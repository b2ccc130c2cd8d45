import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** How long a connection that we end stays open for what is still on its way to us. */
const LINGER_MS = 1_000;

/** One connection: what was asked on it and is not answered yet. */
export interface Conversation {
  latest: { request: IncomingMessage; response: ServerResponse } | undefined;
  unanswered: Set<ServerResponse>;
  /** Nothing that comes from now on is answered. */
  isOver: boolean;
  whenAnswered: (() => void) | undefined;
}

/** The conversations of a server, by their sockets. */
export class Conversations {
  readonly #open = new Map<Duplex, Conversation>();

  begin(socket: Socket): void {
    this.#open.set(socket, { latest: undefined, unanswered: new Set(), isOver: false, whenAnswered: undefined });
    socket.once('close', () => this.#open.delete(socket));
    // Node ends a connection by this after the last answer. Ended while bytes are on their way to us, TCP answers those with
    // a reset, and a reset throws away what the caller has not read yet: our answer.
    socket.destroySoon = () => endGently(socket);
  }

  get(socket: Duplex): Conversation | undefined {
    return this.#open.get(socket);
  }

  /** Notes a request; `answered` is called when its answer was sent, or can't be any more. */
  note(request: IncomingMessage, response: ServerResponse, answered: () => void): void {
    const conversation = this.#open.get(request.socket);
    if (!conversation) return;
    conversation.latest = { request, response };
    conversation.unanswered.add(response);
    response.once('close', () => {
      conversation.unanswered.delete(response);
      if (conversation.unanswered.size === 0) conversation.whenAnswered?.();
      answered();
    });
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
