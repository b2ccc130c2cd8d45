import { type Command, InvalidArgumentError } from 'commander';
import type { Knex } from 'knex';
import { type BlacklistScope, blockNetwork, listBlocked, unblockNetwork } from '../store/blacklists.ts';
import { onServer, withDatabase } from './environment.ts';
import { print } from './output.ts';
import { licenseOf, organizationOf } from './references.ts';

interface ScopeOptions {
  platform?: true;
  org?: string;
  customerOf?: string;
  license?: string;
}

export function addBlacklistCommands(program: Command): void {
  const group = program.command('blacklist').description('addresses and networks that are refused');

  withScope(group.command('add <network>'))
    .description('refuse an address or a network; name one list')
    .option('--reason <reason>')
    .action((network: string, options) =>
      withDatabase(async (db) => {
        const scope = await scopeOf(db, options);
        const blocked = await onServer(db, (trx) => blockNetwork(trx, scope, network, options.reason ?? null));
        print({ list: scope.list, blocked });
      }),
    );

  withScope(group.command('remove <network>'))
    .description('no longer refuse it; name one list')
    .action((network: string, options) =>
      withDatabase(async (db) => {
        const scope = await scopeOf(db, options);
        await onServer(db, (trx) => unblockNetwork(trx, scope, network));
        print({ list: scope.list, unblocked: network });
      }),
    );

  withScope(group.command('list'))
    .description('what one list refuses, with the reasons')
    .action((options) =>
      withDatabase(async (db) => {
        const scope = await scopeOf(db, options);
        print({ list: scope.list, entries: await listBlocked(db, scope) });
      }),
    );
}

function withScope(command: Command): Command {
  return command
    .option('--platform', "the platform's list")
    .option('--org <org>', "an organisation's list")
    .option('--customer-of <license>', "the list of that licence's customer, in its organisation")
    .option('--license <license>', "a licence's list");
}

async function scopeOf(db: Knex, options: ScopeOptions): Promise<BlacklistScope> {
  const given = [options.platform, options.org, options.customerOf, options.license].filter(
    (each) => each !== undefined,
  );
  if (given.length !== 1)
    throw new InvalidArgumentError('Name one list: --platform, --org, --customer-of or --license.');
  if (options.org !== undefined)
    return { list: 'organization', organizationId: (await organizationOf(db, options.org)).id };
  if (options.license !== undefined) {
    const { organizationId, id } = await licenseOf(db, options.license);
    return { list: 'license', organizationId, licenseId: id };
  }
  if (options.customerOf !== undefined) {
    const { organizationId, customerId } = await licenseOf(db, options.customerOf);
    return { list: 'customer', organizationId, customerId };
  }
  return { list: 'platform' };
}
