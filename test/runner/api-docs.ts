import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { managementRoutes } from '../../api/management/routes.ts';
import { createDocument } from '../../api/openapi/document.ts';
import { errorsReference } from '../../api/openapi/errors-reference.ts';
import { ROOT } from './process.ts';

/** What is generated from the API's routes, by path. */
export async function apiDocs(): Promise<Record<string, string>> {
  const document = createDocument(managementRoutes);
  const types = astToString(await openapiTS(JSON.parse(JSON.stringify(document)), { alphabetize: true }));
  return {
    'docs/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
    'docs/errors.md': errorsReference(),
    'client/generated/schema.d.ts': `// Made of docs/openapi.json by \`npm run docs:api\`: not to be edited.\n${types}`,
  };
}

/** Files that differ from what the routes say. */
export async function apiDocsFaults(root: string): Promise<string[]> {
  return Object.entries(await apiDocs())
    .filter(([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text)
    .map(([path]) => `${path}: differs from the API's routes; run \`npm run docs:api\``);
}

if (process.argv[1] === import.meta.filename) {
  for (const [path, text] of Object.entries(await apiDocs())) writeFileSync(join(ROOT, path), text);
}
