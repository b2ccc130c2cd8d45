import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { failureOf, onceBroken, wantBody } from './broken-requests.ts';
import { HttpError } from './errors.ts';

/** A body beyond the limit is read to its end all the same, up to this: who is still sending doesn't read our answer. */
const DISCARDED_BYTES = 64 * 1_048_576;

/**
 * Reads a body of at most `limitBytes`. The media type doesn't matter: the public API's bodies are JSON whatever is written
 * there (docs/spec/keyport.md §3.1). @throws {HttpError} `payload_too_large`, `unsupported_media_type`
 * @throws {ConnectionLost} when the caller goes away in the middle
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  const transfer = request.headers['transfer-encoding']?.trim().toLowerCase() ?? 'chunked';
  // What is announced to be far beyond the limit is not waited for.
  if (Number(request.headers['content-length'] ?? 0) > DISCARDED_BYTES)
    throw tooLarge(limitBytes, { Connection: 'close' });
  wantBody(request);
  const { first, rest, sizeBytes } = await collect(request, limitBytes);
  if (sizeBytes > limitBytes) throw tooLarge(limitBytes);
  if ((encoding !== 'identity' && encoding !== '') || transfer !== 'chunked') {
    throw new HttpError('unsupported_media_type', 'Send the body as it is, without a Content-Encoding.');
  }
  return rest.length === 0 ? first : Buffer.concat([first, ...rest]);
}

/** Parses JSON in UTF-8. @throws {HttpError} `invalid_request` saying what is wrong, never quoting the body */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) throw notJson('The body is empty.');
  if (!isUtf8(body)) throw notJson('The body is not UTF-8.');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw notJson('The body is not JSON.', error);
  }
}

function tooLarge(limitBytes: number, headers: Record<string, string> = {}): HttpError {
  const message = `The body is larger than ${limitBytes} bytes, which is the most that is read here.`;
  const faults = [{ pointer: '', code: 'too_large', message, accepts: `a body of at most ${limitBytes} bytes` }];
  return new HttpError('payload_too_large', message, { faults, headers });
}

/** The caller went away before its request was complete: nobody is there to be answered. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

function notJson(message: string, cause?: unknown): HttpError {
  const faults = [{ pointer: '', code: 'not_json', message, accepts: 'a JSON object in UTF-8' }];
  return new HttpError('invalid_request', message, { faults, cause });
}

const EMPTY = Buffer.alloc(0);

// Events rather than `for await`, and the first chunk kept as it is: most bodies are one chunk.
function collect(
  request: IncomingMessage,
  limitBytes: number,
): Promise<{ first: Buffer; rest: Buffer[]; sizeBytes: number }> {
  return new Promise((resolve, reject) => {
    let first: Buffer = EMPTY;
    let rest: Buffer[] = [];
    let sizeBytes = 0;
    const failure = failureOf(request);
    if (failure) reject(failure);
    onceBroken(request, reject);
    request.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) {
        rest = [];
        if (sizeBytes > DISCARDED_BYTES) resolve({ first, rest, sizeBytes });
      } else if (sizeBytes === chunk.length) first = chunk;
      else rest.push(chunk);
    });
    let isComplete = false;
    request.on('end', () => {
      isComplete = true;
      resolve({ first, rest, sizeBytes });
    });
    request.on('error', (error) => reject(new ConnectionLost('The request broke off', { cause: error })));
    request.on('close', () => {
      // It closes after its end, too, and an error that nobody gets costs more than reading the body did.
      if (!isComplete) reject(new ConnectionLost('The request broke off'));
    });
  });
}
