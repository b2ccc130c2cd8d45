import { type Command, InvalidArgumentError } from 'commander';
import { changeStaff, endSessions, listStaff, type Person } from '../store/people.ts';
import { createPersonOverride } from '../store/person-limits.ts';
import { onServer, withDatabase } from './environment.ts';
import { parseInstant, parseLimit, parseSwitch, print } from './output.ts';
import { personOf } from './references.ts';

export function addPeopleCommands(program: Command): void {
  const group = program.command('people').description('people who work in the dashboard, by their e-mail');

  group
    .command('show <email>')
    .description('who has this e-mail')
    .action((email: string) => withDatabase(async (db) => print(asWire(await personOf(db, email)))));

  group
    .command('staff <email> <on|off>')
    .description('make somebody staff of this platform, or take it away; nothing but this and staff themselves can')
    .action((email: string, text: string) => {
      const isStaff = parseSwitch(text);
      return withDatabase(async (db) => {
        const { id } = await personOf(db, email);
        print(asWire(await onServer(db, (trx) => changeStaff(trx, { id, isStaff }))));
      });
    });

  group
    .command('list-staff')
    .description('everybody who is staff')
    .action(() => withDatabase(async (db) => print({ staff: (await listStaff(db)).map(asWire) })));

  group
    .command('override <email> <value>')
    .description(
      'let somebody be in another number of organisations (or unlimited); it rests while they own none on a plan with overrides',
    )
    .requiredOption('--reason <reason>')
    .option('--starts <instant>', 'when it begins', parseInstant)
    .option('--ends <instant>', 'when it ends', parseInstant)
    .action((email: string, text: string, options) => {
      const value = parseLimit(text);
      const startsAtMs: number = options.starts ?? Date.now();
      const endsAtMs: number | null = options.ends ?? null;
      if (endsAtMs !== null && endsAtMs <= startsAtMs) throw new InvalidArgumentError('It must end after it begins.');
      return withDatabase(async (db) => {
        const { id: userId } = await personOf(db, email);
        const wanted = { userId, name: 'organizations', value, reason: options.reason, startsAtMs, endsAtMs };
        const { id } = await onServer(db, (trx) => createPersonOverride(trx, wanted));
        print({ override_id: id, user_id: userId, limit: wanted.name, value });
      });
    });

  group
    .command('sign-out <email>')
    .description('end every session of somebody, at once')
    .action((email: string) =>
      withDatabase(async (db) => {
        const { id } = await personOf(db, email);
        print({ user_id: id, sessions_ended: await onServer(db, (trx) => endSessions(trx, id)) });
      }),
    );
}

function asWire({ id, email, name, emailVerified, isStaff, createdAtMs }: Person): Record<string, unknown> {
  return {
    user_id: id,
    email,
    name,
    email_verified: emailVerified,
    is_staff: isStaff,
    created_at: new Date(createdAtMs).toISOString(),
  };
}
