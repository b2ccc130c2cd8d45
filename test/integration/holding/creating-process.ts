import { connectDatabase } from '../../../store/database.ts';
import { changePlaces, type Things } from '../../../store/holding.ts';
import { write } from '../../support/acting.ts';
import { raceHere } from '../../support/racing.ts';
import { holderOf, make, type Thing } from './world.ts';

// Makes things, or replaces them, many at once: one of the processes that tests let race. Begins when it is told to.
const { databaseUrl, thing, replaceBy, times } = JSON.parse(process.argv[2]!) as {
  databaseUrl: string;
  thing: Omit<Thing, 'id'>;
  replaceBy?: { from: Things[]; to: Things[] };
  times: number;
};
const db = connectDatabase({ databaseUrl, databasePoolSize: 10, databaseTimeoutMs: 60_000 }, 'plimsoll-test');
await db('limit_usage').first();
const attempt = (): Promise<unknown> =>
  replaceBy ? write(db, (trx) => changePlaces(trx, holderOf(thing.account_id), replaceBy)) : make(db, thing);
await raceHere(Array.from({ length: times }, () => attempt));
await db.destroy();
process.exit(0);
