import { type Command, InvalidArgumentError } from 'commander';

/** A list shows the newest; more than a hundred belong into a query of the database. */
export function withLimit(command: Command): Command {
  return command.option('--limit <number>', 'how many at most, the newest first, up to 100', parseLimit, 25);
}

function parseLimit(text: string): number {
  if (/^\d{1,3}$/.test(text) && Number(text) >= 1 && Number(text) <= 100) return Number(text);
  throw new InvalidArgumentError('It takes a whole number from 1 to 100.');
}
