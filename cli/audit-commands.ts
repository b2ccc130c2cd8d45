import { once } from 'node:events';
import { createReadStream, readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { AuditEntry } from '../domain/audit/entry.ts';
import { type AuditSignature, isSignature } from '../domain/audit/signature.ts';
import {
  type ChainBreak,
  isBreak,
  NOTHING_VERIFIED,
  type Verified,
  verifyNext,
  verifySigned,
} from '../domain/audit/verify.ts';
import { AuditKeys } from '../runtime/audit-keys.ts';
import { sha256Hex } from '../store/audit-chain.ts';
import { readSigned } from '../store/audit-log.ts';
import { unparkEntries } from '../store/outbox.ts';
import { withDatabase } from './environment.ts';
import { print } from './output.ts';
import { organizationOf } from './references.ts';

export function addAuditCommands(program: Command): void {
  const log = program.command('audit').description('the audit log');
  log
    .command('export')
    .description("write a chain to standard output, whole (NDJSON): the platform's own, or an organisation's")
    .option('--organization <organization>', 'id or slug')
    .action(({ organization }: { organization?: string }) =>
      withDatabase(async (db) => {
        const id = organization === undefined ? null : (await organizationOf(db, organization)).id;
        for await (const page of readSigned(db, id, { sinceMs: null })) {
          const text = page.map((each) => `${JSON.stringify(each)}\n`).join('');
          if (!process.stdout.write(text)) await once(process.stdout, 'drain');
        }
      }),
    );
  log
    .command('verify <file>')
    .description(
      'verify the chain in an export of the audit log (NDJSON), without asking any server; names the first broken entry',
    )
    .option(
      '--keys <keys>',
      'public keys to verify signatures with: id:pub:key, separated by commas, or a file with those or with what GET /v1/audit-keys answers',
      parseKeys,
    )
    .action(async (file: string, { keys }: { keys?: AuditKeys }) => {
      const { verified, found, broken } = await verifyFile(file, keys);
      print({
        entries: verified.entries,
        first_seq: verified.firstSeq,
        last_seq: verified.entries === 0 ? null : verified.seq,
        last_hash: verified.entries === 0 ? null : verified.hash,
        signatures: found,
        signatures_verified: keys ? 'yes' : 'no: name the public keys with --keys',
        signed_seq: verified.signed?.seq ?? null,
        signed_at: verified.signed?.at ?? null,
        broken: broken ? `entry ${broken.seq}: ${broken.reason}` : 'no',
      });
      if (broken) process.exitCode = 1;
    });

  program
    .command('outbox')
    .description('what is to be done and waits: mails')
    .command('retry [id]')
    .description('have parked entries tried again: one, or all of them')
    .action((id?: string) =>
      withDatabase(async (db) => {
        print({ retried: await unparkEntries(db, id) });
      }),
    );
}

/** `found`: how many signatures the file has as far as it was read. Without keys they are counted and passed over. */
async function verifyFile(
  file: string,
  keys: AuditKeys | undefined,
): Promise<{ verified: Verified; found: number; broken: ChainBreak | undefined }> {
  let verified = NOTHING_VERIFIED;
  let line = 0;
  let found = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    if (text.trim() === '') continue;
    const each = parseLine(text, line);
    if (isSignature(each)) {
      found += 1;
      if (!keys) continue;
    }
    const next = isSignature(each) ? verifySigned(verified, each, keys!.verify) : verifyNext(verified, each, sha256Hex);
    if (isBreak(next)) return { verified, found, broken: next };
    verified = next;
  }
  return { verified, found, broken: undefined };
}

/** Lines as NDJSON means them: `node:readline` also breaks at U+2028, which may stand within a JSON string. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop()!;
    yield* lines;
  }
  yield rest;
}

function parseLine(text: string, line: number): AuditEntry | AuditSignature {
  try {
    const each = JSON.parse(text) as Partial<AuditEntry & AuditSignature> | null;
    const isLine = typeof each?.seq === 'number' && typeof each.hash === 'string';
    if (isLine && !isSignature(each)) return each as AuditEntry;
    if (isLine && typeof each.key_id === 'string' && typeof each.signature === 'string') return each as AuditSignature;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new InvalidArgumentError(
    `Line ${line} is no entry of an audit log: each is a JSON object with seq and hash, signatures with key_id and signature too.`,
  );
}

const PUBLIC_KEY = /^[A-Za-z0-9]{1,32}:pub:[A-Za-z0-9+/]{43}=$/;

function parseKeys(text: string): AuditKeys {
  const keys = PUBLIC_KEY.test(text.split(',')[0]!) ? wordsOf(text) : keysOfFile(text);
  const ids = new Set(keys.map((key) => key.split(':')[0]));
  if (keys.length > 0 && keys.every((key) => PUBLIC_KEY.test(key)) && ids.size === keys.length)
    return new AuditKeys(keys);
  throw new InvalidArgumentError(
    'It takes public keys as id:pub:key, no two ids alike, or a file with them or with what GET /v1/audit-keys answers.',
  );
}

function keysOfFile(file: string): string[] {
  const text = readKeys(file);
  if (!text.trimStart().startsWith('{')) return wordsOf(text);
  let answer: { data?: unknown } | null;
  try {
    answer = JSON.parse(text) as { data?: unknown } | null;
  } catch (error) {
    throw new InvalidArgumentError(`The file is no JSON: ${(error as Error).message}`);
  }
  const data = Array.isArray(answer?.data) ? (answer.data as Partial<Record<string, unknown>>[]) : [];
  return data.map((each) => `${String(each?.['id'])}:pub:${String(each?.['public_key'])}`);
}

function readKeys(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new InvalidArgumentError(
      `It is no key (id:pub:key), and no file that can be read: ${(error as Error).message}`,
    );
  }
}

function wordsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
