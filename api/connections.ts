import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { awaitsContinue } from './broken-requests.ts';

/** How long a connection that we end stays open for what is still on its way to us. */
const LINGER_MS = 1_000;

/** One connection: what was asked on it and is not answered yet. */
export interface Conversation {
  latest: Turn | undefined;
  /** How many requests are not answered yet. */
  unanswered: number;
  /** Nothing that comes from now on is answered. */
  isOver: boolean;
  whenAnswered: (() => void) | undefined;
  /** Requests behind an answer that may be the last one of the connection: they are begun when it was not. */
  waiting: Turn[];
}

/** One request and its answer. */
export interface Turn {
  request: IncomingMessage;
  response: ServerResponse;
  /** Whether the answer was sent, or can't be any more. */
  isOver: boolean;
}

/** The conversations of a server, by their sockets. */
export class Conversations {
  readonly #open = new Map<Duplex, Conversation>();
  readonly #begin: (turn: Turn) => void;
  readonly #answered: () => void;

  /**
   * @param begin begins a request
   * @param answered is called when an answer was sent, or can't be any more
   */
  constructor(begin: (turn: Turn) => void, answered: () => void) {
    this.#begin = begin;
    this.#answered = answered;
  }

  begin(socket: Socket): void {
    this.#open.set(socket, {
      latest: undefined,
      unanswered: 0,
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
   * and the connection goes on.
   */
  inTurn(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const conversation = this.#open.get(socket);
    // Gone, or ended by the last answer: nobody would be answered.
    if (!conversation || !socket.writable) return;
    const { latest, waiting } = conversation;
    const mayEnd =
      latest !== undefined && !latest.isOver && (!latest.response.shouldKeepAlive || awaitsContinue(latest.request));

    const turn: Turn = { request, response, isOver: false };
    conversation.latest = turn;
    conversation.unanswered += 1;
    // It closes once; `once` would cost each call a function more.
    response.on('close', () => {
      turn.isOver = true;
      conversation.unanswered -= 1;
      // Behind a last answer nothing would be answered, so nothing is begun, and nothing counted.
      if (waiting.length > 0 && socket.writable) this.#begin(waiting.shift()!);
      if (conversation.unanswered === 0) conversation.whenAnswered?.();
      this.#answered();
    });
    if (mayEnd || waiting.length > 0) waiting.push(turn);
    else this.#begin(turn);
  }

  /** Makes the answers that are due now the last ones of their connections, and says so to the callers. */
  makeLast(): void {
    for (const { latest } of this.#open.values()) {
      // Only the latest: the end of an earlier one would cut off those that were sent behind it.
      if (latest && !latest.isOver) closeAfter(latest.response);
    }
  }
}

/** The connection ends after this answer, which says so if it can still be said. */
export function closeAfter(response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

/** Calls when everything that was asked before is answered. */
export function whenAnswered(conversation: Conversation | undefined, then: () => void): void {
  if (!conversation || conversation.unanswered === 0) then();
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
