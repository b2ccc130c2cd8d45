import { Command, CommanderError } from 'commander';
import { CatalogueError } from '../domain/plans/load.ts';
import { Refusal } from '../domain/refusal.ts';
import { ConfigError } from '../runtime/config.ts';
import { StackFault } from '../stack/fault.ts';
import { CatalogueChanged } from '../store/catalogues.ts';
import { isDatabaseOutage } from '../store/database.ts';
import { addAuditCommands } from './audit-commands.ts';
import { addBlacklistCommands } from './blacklist-commands.ts';
import { addLicenseCommands } from './license-commands.ts';
import { addLimitCommands } from './limit-commands.ts';
import { addOrganizationCommands } from './organization-commands.ts';
import { printAsJson, refusalSentence } from './output.ts';
import { addPeopleCommands } from './people-commands.ts';
import { InputFault } from './plans/input.ts';
import { addPlansCommands } from './plans-commands.ts';
import { addProductCommands } from './product-commands.ts';
import { addSecretCommands } from './secret-commands.ts';
import { addServerCommands } from './server-commands.ts';

/** The commands of `bin/plimsoll`: administration on the server, over the same functions of the store that the API uses. */

/** BSD's sysexits: 64 is a wrong command line, 69 a part that is away, 78 a wrong configuration. */
const EXIT = { refused: 1, usage: 64, unavailable: 69, configuration: 78 };

/** Runs one command: what it prints goes to stdout, faults to stderr, how it ended into this process' exit code. Never rejects. */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = fail(error);
  }
}

function createProgram(): Command {
  const program = new Command('plimsoll')
    .description('Plimsoll on the server: migrations, the doctor, and administration.')
    .configureHelp({ sortSubcommands: true })
    .showHelpAfterError('(add --help to see what is accepted)');

  addServerCommands(program);
  addOrganizationCommands(program);
  addProductCommands(program);
  addLicenseCommands(program);
  addBlacklistCommands(program);
  addLimitCommands(program);
  addAuditCommands(program);
  addPeopleCommands(program);
  addPlansCommands(program);
  addSecretCommands(program);

  // Subcommands inherit it only from a parent that has it when they are made, so it is set on all of them here.
  const all = [program, ...program.commands.flatMap((command) => [command, ...command.commands])];
  for (const command of all) {
    command.exitOverride();
    if (command.commands.length === 0) command.option('--json', 'print JSON');
  }
  program.hook('preAction', (_program, command) => printAsJson(command.opts<{ json?: true }>().json === true));
  return program;
}

function fail(error: unknown): number {
  // Commander has printed its own already; help and version are no faults.
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    if (error.code === 'commander.invalidArgument' && !error.message.startsWith('error:')) say(error.message);
    return EXIT.usage;
  }
  if (error instanceof InputFault) return say(error.message, error.exitCode);
  if (error instanceof Refusal) return say(refusalSentence(error), EXIT.refused);
  if (error instanceof ConfigError) {
    return say(
      `${error.message}\nWhere a home of bin/up is running, PLIMSOLL_HOME says which; elsewhere set these variables.`,
      EXIT.configuration,
    );
  }
  if (error instanceof CatalogueError || error instanceof CatalogueChanged || error instanceof StackFault) {
    return say(error.message, EXIT.configuration);
  }
  if (isDatabaseOutage(error))
    return say('Postgres does not answer. Is the platform running (bin/up)?', EXIT.unavailable);
  const { code = '' } = error as { code?: string };
  if (code === '42P01') return say("The database has no schema yet: run 'plimsoll migrate'.", EXIT.configuration);
  // Wrong password or user, no such database, no right to its tables: what Postgres says of it names no secret.
  if (/^(28|3D000|42501)/.test(code)) return say(`Postgres: ${(error as Error).message}.`, EXIT.configuration);
  return say(unforeseen(error as Error), EXIT.refused);
}

/** Where a fault of ours is in the code helps nobody who only runs a command; whoever reports it can ask for it. */
function unforeseen({ message, stack = message }: Error): string {
  if (/^(debug|trace)$/.test(process.env['PLIMSOLL_LOG_LEVEL'] ?? '')) return stack;
  const first = message.split('\n')[0]?.replace(/\.$/, '');
  return `Something unforeseen went wrong: ${first}. PLIMSOLL_LOG_LEVEL=debug shows where; 'plimsoll doctor' looks at each part.`;
}

function say(text: string, exitCode = EXIT.usage): number {
  process.stderr.write(`${text}\n`);
  return exitCode;
}
