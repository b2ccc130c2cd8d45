import { type Command, Option } from 'commander';
import { listVersions, removeVersion, setVersion } from '../store/product-versions.ts';
import {
  changeProduct,
  createProduct,
  deleteProduct,
  listProducts,
  type Product,
  type ProductSettings,
  rotateApiKey,
  rotateSigningSecret,
} from '../store/products.ts';
import { commandSecrets, onServer, withDatabase } from './environment.ts';
import { withLimit } from './lists.ts';
import { parseCap, parseJsonObject, parseOneOf, parseSwitch, parseText, print } from './output.ts';
import { organizationOf, productOf } from './references.ts';

/** Each setting of a product as an option of `product set`, under the field that it changes. */
const SETTINGS: [field: keyof ProductSettings, flag: string, parse: (text: string) => unknown][] = [
  ['name', '--name <name>', parseText(1, 80)],
  ['state', '--state <active|archived|disabled>', parseOneOf('active', 'archived', 'disabled')],
  ['ipSystemEnabled', '--ip-system <on|off>', parseSwitch],
  ['autoRegisterIp', '--auto-register-ip <on|off>', parseSwitch],
  ['trackIp', '--track-ip <on|off>', parseSwitch],
  ['ipRegistration', '--ip-registration <first|up_to_max>', parseOneOf('first', 'up_to_max')],
  ['defaultMaxIps', '--default-max-ips <number|none>', parseCap],
  ['expiryEnforced', '--expiry-enforcement <on|off>', parseSwitch],
  ['versionsEnabled', '--versions <on|off>', parseSwitch],
  ['customResponseEnabled', '--custom-response <on|off>', parseSwitch],
  ['customResponseTemplate', '--custom-template <json>', parseJsonObject],
  ['webhooksEnabled', '--webhooks <on|off>', parseSwitch],
  ['transfersAllowed', '--transfers <on|off>', parseSwitch],
  ['signingEnabled', '--signing <on|off>', parseSwitch],
  ['signatureHeaderEnabled', '--signature-header <on|off>', parseSwitch],
];

export function addProductCommands(program: Command): void {
  const group = program.command('product').description('products; PRODUCT is an id or organization/name');

  group
    .command('create <org>')
    .description('create a product; its API key is shown once')
    .requiredOption('--name <name>', 'up to 80 characters', parseText(1, 80))
    .action((org: string, options) =>
      withDatabase(async (db) => {
        const { id } = await organizationOf(db, org);
        const made = await onServer(db, (trx) => createProduct(trx, { organizationId: id, name: options.name }));
        print({ product_id: made.product.id, name: made.product.name, api_key: made.apiKey });
      }),
    );

  withLimit(group.command('list <org>'))
    .description("an organisation's newest products")
    .action((org: string, options) =>
      withDatabase(async (db) => {
        const { id: organizationId } = await organizationOf(db, org);
        const found = await listProducts(db, organizationId, options.limit);
        print({
          organization_id: organizationId,
          products: found.map(({ id, name, state, apiKeyPrefix }) => ({
            product_id: id,
            name,
            state,
            api_key_prefix: apiKeyPrefix,
          })),
        });
      }),
    );

  group
    .command('show <product>')
    .description('state and settings of a product, as they are stored')
    .action((reference: string) => withDatabase(async (db) => print(productView(await productOf(db, reference)))));

  const set = group.command('set <product>').description('change settings; what is not named stays');
  const options = SETTINGS.map(([field, flag, parse]) => ({ field, option: new Option(flag).argParser(parse) }));
  for (const { option } of options) set.addOption(option);
  set.action((reference: string, given: Record<string, unknown>) => {
    const named = options.filter(({ option }) => given[option.attributeName()] !== undefined);
    const change: Partial<ProductSettings> = Object.fromEntries(
      named.map(({ field, option }) => [field, given[option.attributeName()]]),
    );
    if (change.defaultMaxIps === 0) change.defaultMaxIps = null;
    return withDatabase(async (db) => {
      const { id } = await productOf(db, reference);
      print(productView(await onServer(db, (trx) => changeProduct(trx, id, change))));
    });
  });

  group
    .command('rotate-key <product>')
    .description('replace the API key at once; the new one is shown once')
    .action((reference: string) =>
      withDatabase(async (db) => {
        const { id } = await productOf(db, reference);
        const { apiKey } = await onServer(db, (trx) => rotateApiKey(trx, id));
        print({ product_id: id, api_key: apiKey });
      }),
    );

  group
    .command('signing-secret <product>')
    .description('make or replace the secret that signs answers; it is shown once')
    .action((reference: string) =>
      withDatabase(async (db) => {
        const { id } = await productOf(db, reference);
        const { signingSecret } = await onServer(db, (trx) => rotateSigningSecret(trx, id, commandSecrets()));
        print({ product_id: id, signing_secret: signingSecret });
      }),
    );

  group
    .command('delete <product>')
    .description('delete a product with its versions and licences')
    .action((reference: string) =>
      withDatabase(async (db) => {
        const { id } = await productOf(db, reference);
        const { licenses } = await onServer(db, (trx) => deleteProduct(trx, id));
        print({ product_id: id, deleted_licenses: licenses });
      }),
    );

  addVersionCommands(program);
}

/** Settings under the names of the options that change them: `autoRegisterIp` is `auto_register_ip`. */
function productView({ id, organizationId, name, state, apiKeyPrefix, ...product }: Product): Record<string, unknown> {
  const settings = SETTINGS.filter(([field]) => field !== 'name' && field !== 'state').map(([field, flag]) => [
    /^--([a-z-]+)/.exec(flag)![1]!.replaceAll('-', '_'),
    (product as Partial<ProductSettings>)[field],
  ]);
  return {
    product_id: id,
    organization_id: organizationId,
    name,
    state,
    api_key_prefix: apiKeyPrefix,
    ...Object.fromEntries(settings),
  };
}

function addVersionCommands(program: Command): void {
  const group = program.command('version').description("a product's versions");

  group
    .command('set <product> <version> <state>')
    .description('allow, deprecate, block, or make latest a version or a family such as 2.0.x')
    .action((reference: string, text: string, wanted: string) => {
      const version = parseText(1, 100)(text);
      const state = parseOneOf('allowed', 'deprecated', 'latest', 'blocked')(wanted);
      return withDatabase(async (db) => {
        const { id } = await productOf(db, reference);
        await onServer(db, (trx) => setVersion(trx, { productId: id, version, state }));
        print({ product_id: id, version, state });
      });
    });

  group
    .command('remove <product> <version>')
    .description('take a version or a family from the list')
    .action((reference: string, version: string) =>
      withDatabase(async (db) => {
        const { id } = await productOf(db, reference);
        await onServer(db, (trx) => removeVersion(trx, { productId: id, version }));
        print({ product_id: id, removed: version });
      }),
    );

  group
    .command('list <product>')
    .description('all versions and families with their state')
    .action((reference: string) =>
      withDatabase(async (db) => {
        const { id } = await productOf(db, reference);
        print({ product_id: id, versions: await listVersions(db, id) });
      }),
    );
}
