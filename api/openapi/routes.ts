import { ERRORS, type ErrorCode, HttpError } from '../errors.ts';
import { managementRoutes } from '../management/routes.ts';
import { page } from '../page.ts';
import { route } from '../route.ts';
import { createDocument } from './document.ts';
import { problemPage, referencePage } from './pages.ts';

/** Made when first asked for, once a process: the routes don't change while it runs. */
function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

const document = once(() => createDocument(managementRoutes));
const documentText = once(() => JSON.stringify(document()));
const pageText = once(() => referencePage(document()));

/** What the API tells of itself. */
export const openapiRoutes = [
  route({
    method: 'get',
    path: '/v1/openapi.json',
    summary: 'This API as OpenAPI 3.1',
    caller: 'anyone',
    async handle() {
      const headers = { 'Cache-Control': 'no-cache' };
      return { status: 200, headers, contentType: 'application/json; charset=utf-8', body: documentText() };
    },
  }),
  route({
    method: 'get',
    path: '/docs',
    summary: 'This API as a page to read',
    caller: 'anyone',
    handle: async () => page(pageText(), { cache: 'no-cache' }),
  }),
  route({
    method: 'get',
    path: '/problems/:code',
    summary: 'What an error code means',
    caller: 'anyone',
    async handle({ params: { code = '' } }) {
      if (!Object.hasOwn(ERRORS, code)) throw new HttpError('not_found', 'There is no such error code.');
      return page(problemPage(code as ErrorCode), { cache: 'no-cache' });
    },
  }),
];
