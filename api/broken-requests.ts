import type { IncomingMessage } from 'node:http';
import type { HttpError } from './errors.ts';

/**
 * What Node finds wrong with a request after it was handed to a route: a body that is cut into no proper chunks, or doesn't
 * arrive in time. The route answers it, so that the answer has its place among the others, its log line and its metrics.
 */

const BROKEN = Symbol('broken');
const failures = new WeakMap<IncomingMessage, HttpError>();

/** Tells whoever has the request in hands, now or later, that its rest won't come. */
export function breakRequest(request: IncomingMessage, failure: HttpError): void {
  failures.set(request, failure);
  request.emit(BROKEN, failure);
}

export function failureOf(request: IncomingMessage): HttpError | undefined {
  return failures.get(request);
}

export function onceBroken(request: IncomingMessage, listener: (failure: HttpError) => void): void {
  request.once(BROKEN, listener);
}

const waiting = new WeakMap<IncomingMessage, () => void>();

/** The caller sent `Expect: 100-continue`: it is told to go on when its body is wanted, and not before. */
export function noteContinue(request: IncomingMessage, goOn: () => void): void {
  waiting.set(request, goOn);
}

/** Whether the caller was not told to go on. Refused so, it may send its body or not: its connection ends after the answer. */
export function awaitsContinue(request: IncomingMessage): boolean {
  return waiting.has(request);
}

/** Tells a caller that waits for it to send its body. */
export function wantBody(request: IncomingMessage): void {
  waiting.get(request)?.();
  waiting.delete(request);
}
