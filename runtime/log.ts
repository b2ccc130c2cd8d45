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

const UUID = '[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}';
const HYPHEN = '(?:-|%2D)';
const LOW_LINE = '(?:_|%5F)';

/**
 * Shapes of secrets, wherever they stand: in a message, a stack trace, a path, also percent-encoded. None asks for a word's
 * boundary before it: whoever writes a key into another text (`mine_kp_live_…`) mustn't get it past us.
 */
const SHAPES: [RegExp, (found: string, first?: string) => string][] = [
  // Our keys: product keys, access tokens, webhook and signing secrets (docs/spec/keyport.md §1.3).
  [
    new RegExp(`((?:kp${LOW_LINE}(?:live|test)|plm|whsec|sgn)${LOW_LINE})[A-Z0-9_+/=%-]+`, 'gi'),
    (_found, prefix) => `${prefix}[redacted]`,
  ],
  // Licence keys (docs/spec/keyport.md §1.4). A UUID has groups of four, too: it is found first, and stays.
  [new RegExp(`(${UUID})|[A-Z0-9]{4}(?:${HYPHEN}[A-Z0-9]{4}){3}`, 'gi'), (_found, uuid) => uuid ?? '[redacted]'],
  [/(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}/gi, (_found, scheme) => `${scheme} [redacted]`],
  // The password in a connection's address.
  [/(?<![a-z0-9+.-])([a-z0-9+.-]+:\/\/[^\s:@/"]*):[^\s@/"]+@/gi, (_found, user) => `${user}:[redacted]@`],
];

/**
 * A logger that writes JSON lines to stdout, from `config.logLevel` up; `name` says which process speaks.
 *
 * No licence key, product key, password or authorization header is ever written: the finished line is cleaned as the last
 * step before it leaves, so it doesn't matter where in it a secret stands or who put it there. Only lines that can hold none
 * (`infoInOurWords`) are spared it.
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
      hooks: { streamWrite: (line) => (isPlain ? line : withoutSecrets(line)) },
    },
    options.destination ?? bufferedStdout(),
  );
}

let isPlain = false;

/**
 * Writes a line at level `info` whose fields hold nothing but our own words, numbers and ids: nothing in it can be a secret, so
 * it is not searched for any. That search takes several times as long as the rest of the line.
 */
export function infoInOurWords(
  log: Logger,
  fields: Record<string, string | number | undefined>,
  message: string,
): void {
  isPlain = true;
  try {
    log.info(fields, message);
  } finally {
    isPlain = false;
  }
}

/** For how long lines may be gathered before they are written, milliseconds. */
const GATHERED_MS = 50;
/** Just below the most that one write takes. */
const BLOCK_BYTES = 16_000;
/** While nobody reads stdout, so much is kept; lines beyond are lost rather than the process. */
const MOST_KEPT_BYTES = 64 * 1_048_576;

/**
 * Lines are written many at once, and what is left when the process exits. The write itself is waited for: handing a block to
 * another thread and hearing of it again costs a fifth of a validation (bench/README.md), writing it costs next to nothing. So
 * whoever reads stdout through a pipe has to read it.
 */
function bufferedStdout(): DestinationStream {
  const stdout = pino.destination({ dest: 1, sync: true, minLength: BLOCK_BYTES, maxLength: MOST_KEPT_BYTES });
  let timer: NodeJS.Timeout | undefined;
  let isUsed = false;
  const flush = (): void => {
    timer = undefined;
    stdout.flush();
  };
  return {
    write(line) {
      if (!isUsed) process.once('exit', () => stdout.flushSync());
      isUsed = true;
      stdout.write(line);
      timer ??= setTimeout(flush, GATHERED_MS).unref();
    },
  };
}

/** The same text with every secret in it replaced by `[redacted]`. JSON stays JSON. */
export function withoutSecrets(text: string): string {
  let clean = text.replace(NAMED, '"$1":"[redacted]"').replace(NAMED_IN_TEXT, '\\"$1\\":\\"[redacted]\\"');
  for (const [shape, replacement] of SHAPES) clean = clean.replace(shape, replacement);
  return clean;
}
