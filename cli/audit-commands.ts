import { createReadStream } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import type { AuditEntry } from '../domain/audit/entry.ts';
import { type ChainBreak, isBreak, NOTHING_VERIFIED, type Verified, verifyNext } from '../domain/audit/verify.ts';
import { sha256Hex } from '../store/audit-chain.ts';
import { unparkEntries } from '../store/outbox.ts';
import { withDatabase } from './environment.ts';
import { print } from './output.ts';

export function addAuditCommands(program: Command): void {
  program
    .command('audit')
    .description('the audit log')
    .command('verify <file>')
    .description(
      'verify the chain in an export of the audit log (NDJSON), without asking any server; names the first broken entry',
    )
    .action(async (file: string) => {
      const { verified, broken } = await verifyFile(file);
      print({
        entries: verified.entries,
        first_seq: verified.firstSeq,
        last_seq: verified.entries === 0 ? null : verified.seq,
        last_hash: verified.entries === 0 ? null : verified.hash,
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

async function verifyFile(file: string): Promise<{ verified: Verified; broken: ChainBreak | undefined }> {
  let verified = NOTHING_VERIFIED;
  let line = 0;
  for await (const text of linesOf(file)) {
    line += 1;
    if (text.trim() === '') continue;
    const next = verifyNext(verified, parseLine(text, line), sha256Hex);
    if (isBreak(next)) return { verified, broken: next };
    verified = next;
  }
  return { verified, broken: undefined };
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

function parseLine(text: string, line: number): AuditEntry {
  try {
    const entry = JSON.parse(text) as Partial<AuditEntry> | null;
    if (typeof entry?.seq === 'number' && typeof entry.hash === 'string') return entry as AuditEntry;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new InvalidArgumentError(`Line ${line} is no entry of an audit log: each is a JSON object with seq and hash.`);
}
