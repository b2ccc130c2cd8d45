import createFetchClient, { type Client } from 'openapi-fetch';
import type { components, paths } from './generated/schema.d.ts';

export type { components, paths };
export type Schemas = components['schemas'];
export type Problem = Schemas['Problem'];
export type PlimsollClient = Client<paths>;

export interface ClientOptions {
  /** Where the platform is, such as `https://plimsoll.example.com`. */
  baseUrl: string;
  /** An access token; without one the browser's cookies are sent. */
  token?: string;
  /** Sent with every request. */
  headers?: Record<string, string>;
  fetch?: (request: Request) => Promise<Response>;
}

/** A client whose paths, bodies and answers are those of the API's document. */
export function createClient({ baseUrl, token, headers = {}, fetch }: ClientOptions): PlimsollClient {
  return createFetchClient<paths>({
    baseUrl,
    headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(token === undefined && { credentials: 'include' as const }),
    ...(fetch && { fetch }),
  });
}
