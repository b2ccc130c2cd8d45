import { type Command, InvalidArgumentError, Option } from 'commander';
import { diff } from '../domain/plans/diff.ts';
import { CatalogueError } from '../domain/plans/load.ts';
import { diffInWords } from '../domain/plans/words.ts';
import { parseInstant } from './output.ts';
import { asWire, snakeCase } from './plans/columns.ts';
import { explain } from './plans/explain.ts';
import { readCatalogue, readJson, type Told } from './plans/input.ts';
import { readQuestion } from './plans/question.ts';
import { readSubject, subjectOn } from './plans/subject.ts';
import { planTable } from './plans/table.ts';
import { tableAsHtml } from './plans/table-html.ts';
import { tableAsText } from './plans/table-text.ts';

const FORMATS = ['text', 'html', 'json'] as const;

interface ExplainOptions {
  json?: true;
  subject?: string;
  plan?: string[];
  question: string;
  now?: number;
}

/** Where results go, and the exit code: of this process, unless somebody else asks. */
export interface Outlet {
  out: (text: string) => void;
  exit: (code: number) => void;
}

const THIS_PROCESS: Outlet = {
  out: (text) => process.stdout.write(text),
  exit: (code) => {
    process.exitCode = code;
  },
};

/** Trying a catalogue from its file alone: no server, no configuration, nothing written. */
export function addPlansCommands(program: Command, { out, exit }: Outlet = THIS_PROCESS): void {
  const group = program.command('plans').description('check, show, compare and try a catalogue of plans from its file');
  const tell = ({ result, text }: Told, isJson = false): void => out(isJson ? `${JSON.stringify(result)}\n` : text);

  group
    .command('check <file>')
    .description('every fault of a catalogue, with its line and column; exit code 1 when there is one')
    .action((file: string, options: { json?: true }) => {
      const { isValid, ...told } = checked(file);
      tell(told, options.json);
      if (!isValid) exit(1);
    });

  group
    .command('show <file>')
    .description('the plan table: a column for each plan, a row for each limit and feature')
    .addOption(
      new Option('--format <format>', 'as a table for the terminal, a page, or data').choices(FORMATS).default('text'),
    )
    .action((file: string, options: { json?: true; format: (typeof FORMATS)[number] }) => {
      const table = planTable(readCatalogue(file));
      if (options.format === 'html' && !options.json) return out(tableAsHtml(table));
      return tell({ result: { ...table }, text: tableAsText(table) }, options.json ?? options.format === 'json');
    });

  group
    .command('diff <older> <later>')
    .description('what the later of two catalogues changes, and for whom')
    .action((older: string, later: string, options: { json?: true }) => {
      const changes = diff(readCatalogue(older), readCatalogue(later));
      const sentences = diffInWords(changes);
      const onWire = changes.map((change) => ({ ...change, field: snakeCase(change.field) }));
      const text = sentences.length > 0 ? sentences.join('\n') : 'Nothing changes.';
      tell({ result: { changes: onWire, sentences }, text: `${text}\n` }, options.json);
    });

  group
    .command('explain <file>')
    .description('ask a catalogue anything, and see what decides (docs/catalogues.md has all questions)')
    .option('--subject <state>', 'the state of a subject, a JSON file')
    .option('--plan <plans>', 'instead of a file: the plans it holds, parted by commas', (text) => text.split(','))
    .requiredOption('--question <question>', "in words, such as 'add seats amount=2', or as JSON")
    .option('--now <instant>', 'when it is asked; now unless told', parseInstant)
    .addHelpText('after', QUESTIONS)
    .action((file: string, options: ExplainOptions) => tell(explained(file, options), options.json));
}

function checked(file: string): Told & { isValid: boolean } {
  try {
    const { name, version, plans, limits, features } = readCatalogue(file);
    const count = {
      plans: Object.keys(plans).length,
      limits: Object.keys(limits).length,
      features: Object.keys(features).length,
    };
    const held = Object.entries(count).map(([what, many]) => `${many} ${many === 1 ? what.slice(0, -1) : what}`);
    const text = `${file}: ${name} ${version} has no fault: ${held.join(', ')}.\n`;
    return { isValid: true, result: { valid: true, catalogue: name, version, ...count, faults: [] }, text };
  } catch (error) {
    if (!(error instanceof CatalogueError)) throw error;
    const faults = asWire(error.faults);
    return { isValid: false, result: { valid: false, file, faults }, text: `${error.message}\n` };
  }
}

function explained(file: string, { subject: path, plan, question, now }: ExplainOptions): Told {
  if (path !== undefined && plan !== undefined) {
    throw new InvalidArgumentError('Give --subject or --plan: the file names the plans too.');
  }
  const catalogue = readCatalogue(file);
  const of = path === undefined ? subjectOn(catalogue, plan ?? []) : readSubject(catalogue, readJson(path), path);
  return explain(
    { ...of, catalogue, nowMs: now ?? Date.now() },
    readQuestion(question, { catalogue, usage: of.usage }),
  );
}

const QUESTIONS = `
Questions:
  entitlements                                    everything it has, with the source of each value
  use FEATURE [verb=VERB] [level=LEVEL]           may it use this
  add LIMIT [amount=N] [used=N] [scope=ID scope.ATTRIBUTE=VALUE]
  change LIMIT after=N [before=N] [scope=ID]      by one act
  send LIMIT size=N                               one request
  consume LIMIT [cost=N] [used=N] ... + LIMIT ... the compiled program, and what it does
  see RECORDS created_at=INSTANT                  one record
  visible RECORDS                                 since when records are seen
  writable                                        which resources of the subject's file
  shape FEATURE, clamp FEATURE level=LEVEL        what a level shows, or runs on
  admitting QUESTION                              the lowest plan that would say yes
  transitions [PLAN]                              which plans one may move to, and how
  preview to=PLAN | billing_cancelled=true | catalogue=FILE`;
