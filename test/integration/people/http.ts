import type { Visitor } from '../../support/visitor.ts';

export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
  text: string;
}

/** Who calls: a browser with its cookies, an access token, or nobody. */
export type HttpCaller = { browser: Visitor } | { token: string } | 'nobody';

/** Calls of the management API as whoever is named. */
export function httpCalls(url: string) {
  return async function call(
    who: HttpCaller,
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<HttpAnswer> {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...identity(who, url),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    };
  };
}

function identity(who: HttpCaller, url: string): Record<string, string> {
  if (who === 'nobody') return {};
  if ('token' in who) return { authorization: `Bearer ${who.token}` };
  const cookie = [...who.browser.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  return { cookie, origin: url };
}
