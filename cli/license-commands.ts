import { type Command, InvalidArgumentError, Option } from 'commander';
import type { VersionPin } from '../domain/validation/versions.ts';
import {
  addIp,
  changeLicense,
  createLicense,
  deleteLicense,
  type License,
  type LicenseChange,
  listIps,
  listLicenses,
  type RegisteredIp,
  removeIp,
  resetIps,
  revokeLicense,
} from '../store/licenses.ts';
import { onServer, withDatabase } from './environment.ts';
import { withLimit } from './lists.ts';
import { parseCap, parseInstant, parseJsonObject, parseText, print } from './output.ts';
import { licenseOf, productOf } from './references.ts';

/** How many addresses `license show` shows; `ip list` shows more. */
const SHOWN_IPS = 25;

export function addLicenseCommands(program: Command): void {
  const group = program.command('license').description('licences; LICENSE is an id or a licence key');

  withTerms(group.command('create <product>'))
    .description('create a licence; give an e-mail or a Discord id, and --lifetime or --expires')
    .option('--email <address>', "the customer's e-mail", parseEmail)
    .option('--discord-id <id>', "the customer's Discord id")
    .option('--name <name>', "the customer's name")
    .action((reference: string, options) => {
      if (!options.email && !options.discordId)
        throw new InvalidArgumentError('A licence needs --email or --discord-id.');
      const change = termsOf(options);
      if (change.expiresAtMs === undefined) throw new InvalidArgumentError('A licence needs --lifetime or --expires.');
      const { expiresAtMs } = change;
      return withDatabase(async (db) => {
        const { id: productId } = await productOf(db, reference);
        const customer = {
          email: options.email ?? null,
          discordId: options.discordId ?? null,
          name: options.name ?? null,
        };
        const made = await onServer(db, (trx) => createLicense(trx, { ...change, productId, customer, expiresAtMs }));
        print({
          license_id: made.id,
          license_key: made.licenseKey,
          customer_id: made.customerId,
          max_ips: made.maxIps,
        });
      });
    });

  withLimit(group.command('list <product>'))
    .description("a product's newest licences")
    .action((reference: string, options) =>
      withDatabase(async (db) => {
        const { id: productId } = await productOf(db, reference);
        const found = await listLicenses(db, productId, { order: 'newest', limit: options.limit });
        print({
          product_id: productId,
          licenses: found.map((license) => ({
            license_id: license.id,
            license_key: license.licenseKey,
            customer_id: license.customerId,
            status: license.status,
            expires_at: instant(license.expiresAtMs),
            max_ips: license.maxIps,
          })),
        });
      }),
    );

  group
    .command('show <license>')
    .description('terms and state of a licence, and the addresses that were used last')
    .action((reference: string) =>
      withDatabase(async (db) => {
        const found = await licenseOf(db, reference);
        print({ ...licenseView(found), ips: (await listIps(db, found.id, SHOWN_IPS)).map(ipView) });
      }),
    );

  withTerms(group.command('set <license>'))
    .description('change a licence; what is not named stays')
    .action((reference: string, options) => {
      const change = termsOf(options);
      return withDatabase(async (db) => {
        const { id } = await licenseOf(db, reference);
        print(licenseView(await onServer(db, (trx) => changeLicense(trx, id, change))));
      });
    });

  group
    .command('revoke <license>')
    .description('revoke a licence, for good')
    .action((reference: string) =>
      withDatabase(async (db) => {
        const { id } = await licenseOf(db, reference);
        const { status } = await onServer(db, (trx) => revokeLicense(trx, id));
        print({ license_id: id, status });
      }),
    );

  group
    .command('delete <license>')
    .description('delete a licence and give its place back')
    .action((reference: string) =>
      withDatabase(async (db) => {
        const { id } = await licenseOf(db, reference);
        await onServer(db, (trx) => deleteLicense(trx, id));
        print({ license_id: id, deleted: true });
      }),
    );

  addIpCommands(program);
}

function addIpCommands(program: Command): void {
  const group = program.command('ip').description("a licence's registered addresses");

  withLimit(group.command('list <license>'))
    .description('registered addresses, those that were used last first')
    .action((reference: string, options) =>
      withDatabase(async (db) => {
        const { id } = await licenseOf(db, reference);
        print({ license_id: id, ips: (await listIps(db, id, options.limit)).map(ipView) });
      }),
    );

  group
    .command('add <license> <address>')
    .description("register an address, within the licence's cap")
    .action((reference: string, address: string) =>
      withDatabase(async (db) => {
        const { id } = await licenseOf(db, reference);
        await onServer(db, (trx) => addIp(trx, id, address));
        print({ license_id: id, registered: address });
      }),
    );

  group
    .command('remove <license> <address>')
    .description('remove one registered address')
    .action((reference: string, address: string) =>
      withDatabase(async (db) => {
        const { id } = await licenseOf(db, reference);
        await onServer(db, (trx) => removeIp(trx, id, address));
        print({ license_id: id, removed: address });
      }),
    );

  group
    .command('reset <license>')
    .description('clear all registered addresses')
    .action((reference: string) =>
      withDatabase(async (db) => {
        const { id } = await licenseOf(db, reference);
        print({ license_id: id, ...(await onServer(db, (trx) => resetIps(trx, id))) });
      }),
    );
}

function licenseView(license: License): Record<string, unknown> {
  return {
    license_id: license.id,
    organization_id: license.organizationId,
    product_id: license.productId,
    customer_id: license.customerId,
    license_key: license.licenseKey,
    status: license.status,
    expires_at: instant(license.expiresAtMs),
    max_ips: license.maxIps,
    notes: license.notes,
    pin: license.pin,
    custom: license.customOverride,
  };
}

function ipView({ address, origin, firstSeenAtMs, lastSeenAtMs }: RegisteredIp): Record<string, unknown> {
  return { address, origin, first_seen_at: instant(firstSeenAtMs), last_seen_at: instant(lastSeenAtMs) };
}

function instant(ms: number): string;
function instant(ms: number | null): string | null;
function instant(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

function withTerms(command: Command): Command {
  return command
    .addOption(new Option('--lifetime', 'it never expires').conflicts('expires'))
    .option('--expires <instant>', 'when it ends, such as 2027-01-01T00:00:00Z', parseInstant)
    .option(
      '--max-ips <number|none>',
      "how many addresses; none is no cap, not given is the product's default",
      parseCap,
    )
    .option('--notes <text>', 'seen by whoever holds the product key', parseText(0, 10_000))
    .option('--pin <version>', 'exactly this version; none takes a pin away', parseText(1, 100))
    .option('--range <range>', 'versions from an inclusive start to an exclusive end, such as ">=2.1 <2.4"', parseRange)
    .option('--custom <json>', "goes on top of the product's custom response", parseJsonObject);
}

interface Terms {
  lifetime?: true;
  expires?: number;
  maxIps?: number;
  notes?: string;
  pin?: string;
  range?: VersionPin;
  custom?: Record<string, unknown>;
}

function termsOf(options: Terms): LicenseChange {
  if (options.pin !== undefined && options.range !== undefined)
    throw new InvalidArgumentError('Give --pin or --range, not both.');
  const pin =
    options.pin === 'none'
      ? null
      : options.pin === undefined
        ? options.range
        : ({ mode: 'exact', version: options.pin } as const);
  const expiresAtMs = options.lifetime ? null : options.expires;
  return {
    ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
    ...(options.maxIps === undefined ? {} : { maxIps: options.maxIps }),
    ...(options.notes === undefined ? {} : { notes: options.notes }),
    ...(pin === undefined ? {} : { pin }),
    ...(options.custom === undefined ? {} : { customOverride: options.custom }),
  };
}

function parseRange(text: string): VersionPin {
  const match = /^\s*(?:>=\s*(\S+))?\s*(?:<\s*([^\s=]\S*))?\s*$/.exec(text);
  if (match && (match[1] || match[2])) return { mode: 'range', min: match[1] ?? null, max: match[2] ?? null };
  throw new InvalidArgumentError('It takes ">=MIN <MAX", or one of the two.');
}

/** E-mail addresses are compared in lower case; what exactly is deliverable only a mail tells. */
function parseEmail(text: string): string {
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) && text.length <= 254) return text.toLowerCase();
  throw new InvalidArgumentError('It takes an e-mail address.');
}
