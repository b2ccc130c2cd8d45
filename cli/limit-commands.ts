import type { Command } from 'commander';
import type { Knex } from 'knex';
import { isPatienceOver, recountPage, repairCount, type UsageKey } from '../store/recounts.ts';
import { onServer, withDatabase } from './environment.ts';
import { print } from './output.ts';

const ROWS_AT_A_TIME = 200;
/** How long one statement may take, and creates under one limit may have to wait for it: somebody waits here as well. */
const PATIENCE_MS = 30_000;

export function addLimitCommands(program: Command): void {
  const group = program.command('limits').description('limits on things that exist');

  group
    .command('recount')
    .description('compare what limits say is in use with what there is; exit code 1 while something differs')
    .option('--repair', 'set what differs to what there is')
    .action((options: { repair?: true }) =>
      withDatabase((db) => recount(db, options.repair === true), { statementMs: PATIENCE_MS }),
    );
}

async function recount(db: Knex, repair: boolean): Promise<void> {
  const recountedForMs = Date.now();
  let [compared, passedOver] = [0, 0];
  const differing: object[] = [];
  const unconfirmed: object[] = [];
  for (let after: UsageKey | null | undefined; after !== null; ) {
    const page = await recountPage(db, { after: after ?? null, limit: ROWS_AT_A_TIME });
    compared += page.compared;
    passedOver += page.passedOver;
    unconfirmed.push(...page.tooSlow.map(asWire));
    for (const { scopeId, limitName } of page.differing) {
      const key = { scopeId, limitName };
      try {
        const found = await onServer(db, (trx) =>
          repairCount(trx, { ...key, recountedForMs, repair, patienceMs: PATIENCE_MS }),
        );
        if (found) differing.push({ ...asWire(key), used: found.used, counted: found.counted });
      } catch (error) {
        if (!isPatienceOver(error)) throw error;
        unconfirmed.push(asWire(key));
      }
    }
    after = page.next;
  }
  print({ compared, passed_over: passedOver, differing, unconfirmed, repaired: repair ? differing.length : 0 });
  if ((!repair && differing.length > 0) || unconfirmed.length > 0) process.exitCode = 1;
}

function asWire({ scopeId, limitName }: UsageKey): object {
  return { limit: limitName, scope_id: scopeId };
}
