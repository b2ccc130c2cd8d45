import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect } from 'vitest';
import { changePlan } from '../../../store/organizations.ts';
import { type AccountHolder, aSignedInPerson } from '../../support/account-people.ts';
import { startPlatform, type TestPlatform } from '../../support/platform.ts';
import { linkIn, mailsTo, type ReadMail } from '../../support/visitor.ts';

export interface HttpAnswer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
  text: string;
}

/** Who calls: a browser with its cookies, an access token, or nobody. */
export type HttpCaller = Pick<AccountHolder, 'browser'> | { token: string } | 'nobody';

/** Calls of the management API as whoever is named. */
function httpCalls(url: string) {
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

export type HttpCall = ReturnType<typeof httpCalls>;

/** Three people who have signed up and in, and an API: begun before the tests of a file. */
export interface HttpPeople {
  platform: TestPlatform;
  call: HttpCall;
  owner: AccountHolder;
  colleague: AccountHolder;
  stranger: AccountHolder;
  /** An organisation of the owner, with nobody else in it; everybody begins with no other. */
  anOrganization(plan?: string): Promise<string>;
  aRole(organizationId: string, ...permissions: string[]): Promise<string>;
  /** Makes the colleague a member, invited by mail, by the link in it; gives their role. */
  join(organizationId: string, ...permissions: string[]): Promise<string>;
}

/** The path of something in an organisation. */
export const at = (organizationId: string, rest = ''): string => `/v1/organizations/${organizationId}${rest}`;

export function tokenIn(mail: ReadMail): string {
  return new URL(linkIn(mail)).searchParams.get('token')!;
}

/** Fills what it gives before the first test, and closes it after the last. */
export function httpPeople(): HttpPeople {
  const world = {} as HttpPeople;
  beforeAll(async () => {
    Object.assign(world, await begin());
  }, 60_000);
  afterAll(() => world.platform?.close());
  return world;
}

async function begin(): Promise<HttpPeople> {
  const platform = await startPlatform();
  const call = httpCalls(platform.url);
  const [owner, colleague, stranger] = await Promise.all([
    aSignedInPerson(platform, { name: 'Ann Cooper' }),
    aSignedInPerson(platform, { name: 'Bob Miller' }),
    aSignedInPerson(platform, { name: 'Eve Stone' }),
  ]);
  const everybody = [owner.id, colleague.id, stranger.id];

  const aRole: HttpPeople['aRole'] = async (organizationId, ...permissions) => {
    const made = await call(owner, 'POST', at(organizationId, '/roles'), { name: `r ${randomUUID()}`, permissions });
    expect(made.status).toBe(201);
    return made.body.id as string;
  };

  return {
    platform,
    call,
    owner,
    colleague,
    stranger,
    aRole,

    async anOrganization(plan = 'pro') {
      await forgetOrganizations(platform, everybody);
      const made = await call(owner, 'POST', '/v1/organizations', { name: 'Acme', slug: `t-${randomUUID()}` });
      expect(made).toMatchObject({ status: 201, body: { name: 'Acme', plan: 'free', owner_id: owner.id } });
      const id = made.body.id as string;
      if (plan !== 'free') await platform.write((trx) => changePlan(trx, id, plan));
      return id;
    },

    async join(organizationId, ...permissions) {
      const role_id = await aRole(organizationId, ...permissions);
      const before = (await platform.db('sent_mails').where({ recipient: colleague.email, template: 'invite' })).length;
      const invited = await call(owner, 'POST', at(organizationId, '/invites'), { email: colleague.email, role_id });
      expect(invited.status).toBe(201);
      const mails = await mailsTo(platform.db, colleague.email, { template: 'invite', count: before + 1 });
      const accepted = await call(colleague, 'POST', '/v1/invites/accept', { token: tokenIn(mails.at(-1)!) });
      expect(accepted).toMatchObject({ status: 200, body: { organization_id: organizationId } });
      return role_id;
    },
  };
}

async function forgetOrganizations({ db }: TestPlatform, userIds: string[]): Promise<void> {
  const ids = (await db('organizations').whereIn('owner_id', userIds).select('id')).map(({ id }) => id as string);
  await db.transaction(async (trx) => {
    await trx('organizations').whereIn('id', ids).update({ owner_id: null });
    await trx('invites').whereIn('organization_id', ids).delete();
    await trx('access_tokens').whereIn('organization_id', ids).delete();
    await trx('members').whereIn('organization_id', ids).delete();
    await trx('limit_usage').whereIn('scope_id', userIds).delete();
  });
}
