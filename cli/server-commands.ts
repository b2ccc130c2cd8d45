import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Knex } from 'knex';
import { loadCatalogue } from '../domain/plans/load.ts';
import { publishCatalogue } from '../store/catalogues.ts';
import { migrate } from '../store/migrate.ts';
import { onServer, withDatabase } from './environment.ts';
import { print } from './output.ts';

/** An index over a large table may take long; nobody waits for an answer. */
const MIGRATION_MS = 3_600_000;

/** EX_UNAVAILABLE of sysexits(3): what it needs doesn't run. */
const EXIT_UNAVAILABLE = 69;

const CATALOGUE = new URL('../plans/platform.yaml', import.meta.url);

export function addServerCommands(program: Command): void {
  program
    .command('migrate')
    .description("bring the database's schema up to date and publish plans/platform.yaml")
    .action(async () => {
      // Read first: a bad catalogue leaves the database as it is.
      const catalogue = loadCatalogue(readFileSync(CATALOGUE, 'utf8'), 'plans/platform.yaml');
      const work = async (db: Knex): Promise<void> => {
        const migrations = await migrate(db);
        const { isNew } = await onServer(db, (trx) => publishCatalogue(trx, catalogue));
        print({ migrations, catalogue: `${catalogue.name} ${catalogue.version}`, published: isNew });
      };
      await withDatabase(work, { statementMs: MIGRATION_MS });
    });

  program
    .command('demo')
    .description(
      'make the demo where it is missing: an organisation on Free with an owner, one product and one lifetime licence; prints its keys, ' +
        "and the owner's password, new ones each time",
    )
    .option('--kept <file>', 'what an earlier run printed: where its keys still hold, none is replaced')
    .action((options) =>
      withDatabase(async (db) => {
        // Hashes a password, which no other command needs.
        const { demo, readKept } = await import('./demo.ts');
        const kept = options.kept === undefined ? undefined : readKept(options.kept);
        print({ ...(await onServer(db, (trx) => demo(trx, kept))) });
      }),
    );

  program
    .command('restart')
    .description('restart the API processes of a home that bin/up runs, one after the other, without an interruption')
    .action(async () => {
      const { restart } = await import('./restart.ts');
      const { isDone, restarted } = await restart(process.env, (line) => process.stderr.write(`${line}\n`));
      if (isDone) print({ restarted });
      else process.exitCode = EXIT_UNAVAILABLE;
    });

  program
    .command('doctor')
    .description('look at each part of a running platform and say what to do where it is not well')
    .action(async (options) => {
      // Only here: the doctor asks Temporal, whose client takes longer to load than most commands take to run.
      const { doctor } = await import('./doctor.ts');
      process.exitCode = await doctor({
        json: options.json ?? false,
        env: process.env,
        out: (text) => process.stdout.write(text),
      });
    });
}
