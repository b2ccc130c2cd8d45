import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Whatever stands under one of these names is never written, at any depth, in an object or in JSON inside a text. */
const SECRET_NAMES = [
  '(?:proxy-)?authorization',
  '(?:set-)?cookie',
  'x-api-key',
  'password',
  'secret',
  'secrets',
  'token',
  'args', // of a failed Redis command: ioredis hangs them on the error, and AUTH has the password there
  '[a-z_]*(?:license|product|api|secret|private|session)_?keys?',
  '[a-z_]*(?:access|refresh|bearer|session|id)_?token',
  '[a-z_]*(?:signing|client|webhook)_?secret',
].join('|');

const STRING = '"(?:[^"\\\\]|\\\\.)*"';
const NAMED = new RegExp(`"(${SECRET_NAMES})":\\s*(?:${STRING}|\\[(?:[^\\]"]|${STRING})*\\])`, 'gi');
const NAMED_IN_TEXT = new RegExp(`\\\\"(${SECRET_NAMES})\\\\":\\s*\\\\".*?(?<!\\\\\\\\)\\\\"`, 'gi');

/** Shapes of secrets, wherever they stand: in a message, a stack trace, a path. */
const SHAPES: [RegExp, string][] = [
  // Our keys: product keys, access tokens, webhook and signing secrets (docs/spec/keyport.md §1.3).
  [/\b(kp_(?:live|test)_|plm_|whsec_|sgn_)[A-Za-z0-9_+/=-]+/g, '$1[redacted]'],
  // Licence keys (docs/spec/keyport.md §1.4). A UUID never matches: its first group has eight digits, its last twelve.
  [/\b[A-Z0-9]{4}(?:-[A-Z0-9]{4}){3}\b/gi, '[redacted]'],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}/gi, '$1 [redacted]'],
  // The password in a connection's address.
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s:@/"]*):[^\s@/"]+@/gi, '$1:[redacted]@'],
];

/**
 * A logger that writes JSON lines to stdout, from `config.logLevel` up; `name` says which process speaks.
 *
 * No licence key, product key, password or authorization header is ever written: the finished line is cleaned as the last
 * step before it leaves, so it doesn't matter where in it a secret stands or who put it there.
 */
export function createLogger(
  config: { logLevel: string },
  options: { name: string; destination?: DestinationStream },
): Logger {
  return pino(
    {
      name: options.name,
      level: config.logLevel,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
      hooks: { streamWrite: withoutSecrets },
    },
    options.destination ?? pino.destination({ dest: 1, sync: true }),
  );
}

/** The same text with every secret in it replaced by `[redacted]`. JSON stays JSON. */
export function withoutSecrets(text: string): string {
  let clean = text.replace(NAMED, '"$1":"[redacted]"').replace(NAMED_IN_TEXT, '\\"$1\\":\\"[redacted]\\"');
  for (const [shape, replacement] of SHAPES) clean = clean.replace(shape, replacement);
  return clean;
}
