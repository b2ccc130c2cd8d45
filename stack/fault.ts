import { ConfigError } from '../runtime/config.ts';

/**
 * Something that a person has to mend, in one sentence that says how. `bin/up` prints the message and nothing else; causes
 * and stack traces go to the log.
 */
export class StackFault extends Error {
  override readonly name = 'StackFault';
}

/** The sentence for whatever was thrown: a fault's own, or one for the failures of the operating system that we know. */
export function sentenceFor(error: unknown): string {
  if (error instanceof StackFault || error instanceof ConfigError) return error.message;
  const { code, path, message } = error as NodeJS.ErrnoException;
  const where = path ? ` (${path})` : '';
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return `The disk is full${where}: free some space and start again.`;
    case 'EACCES':
    case 'EPERM':
      return `This user may not do that${where}: give it the rights, or name another folder by PLIMSOLL_HOME.`;
    case 'EROFS':
      return `The file system is read-only${where}: name a folder elsewhere by PLIMSOLL_HOME.`;
    case 'EMFILE':
    case 'ENFILE':
      return 'Too many files are open: raise the limit (ulimit -n) and start again.';
    case 'ENOMEM':
      return 'There is not enough memory: end something else and start again.';
    default:
      return `Something unforeseen went wrong: ${message.split('\n')[0]?.replace(/\.$/, '')}. The details are in logs/up.log of the home; start again, and report it with them if it comes again.`;
  }
}
