import { randomUUID } from 'node:crypto';
import type { ManagedRoute } from '../../../api/management/route.ts';
import { type AccountHolder, aSignedInPerson } from '../../support/account-people.ts';
import { aPerson, aToken, memberWith, ownedBy } from '../../support/people.ts';
import type { TestPlatform } from '../../support/platform.ts';
import type { Visitor } from '../../support/visitor.ts';

/** How a browser's cookies are sent, from a page of the platform. */
export function cookieOf({ cookies, url }: Visitor): Record<string, string> {
  return { origin: url, cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };
}

/** What somebody sends who may call a route: staff where it is for staff, else the owner of the world. */
export async function rightCaller(
  platform: TestPlatform,
  world: World,
  { caller }: ManagedRoute,
): Promise<Record<string, string>> {
  if (caller.kind !== 'staff') return cookieOf(world.owner.browser);
  const staff = await aSignedInPerson(platform);
  await platform.db('users').where({ id: staff.id }).update({ is_staff: true });
  return cookieOf(staff.browser);
}

/** An organisation with one of each thing that a path can name. */
export interface World {
  owner: AccountHolder;
  /** By their names in paths; a name that isn't here fails the walks, so that a new kind of thing gets its row. */
  ids: Record<string, string> & { organization_id: string };
  /** What must be in no answer to anybody else. */
  secrets: string[];
}

export async function aWorld(platform: TestPlatform): Promise<World> {
  const { db } = platform;
  const owner = await aSignedInPerson(platform, { name: `Owner ${randomUUID()}` });
  const { id: organizationId, slug } = await platform.anOrganization({ plan: 'enterprise' });
  await ownedBy(db, organizationId, owner.id);
  const member = await aPerson(db);
  await memberWith(db, organizationId, { userId: member.id, permissions: ['members:view'] });
  const role = await db('members')
    .where({ organization_id: organizationId, user_id: member.id })
    .first<{ role_id: string }>('role_id');
  await aToken(db, { organization_id: organizationId });
  const token = await db('access_tokens').where({ organization_id: organizationId }).first<{ id: string }>('id');
  const inviteId = randomUUID();
  const email = `${randomUUID()}@example.com`;
  await db('invites').insert({
    id: inviteId,
    organization_id: organizationId,
    email,
    role_id: role.role_id,
    token_hash: Buffer.from(randomUUID().replaceAll('-', ''), 'utf8'),
    invited_by: owner.id,
    sent_at: new Date(),
    expires_at: new Date(Date.now() + 86_400_000),
  });
  const { product } = await platform.aProduct({ organizationId });
  const license = await platform.aLicense(product.id);
  return {
    owner,
    ids: {
      organization_id: organizationId,
      user_id: member.id,
      role_id: role.role_id,
      access_token_id: token.id,
      invite_id: inviteId,
      product_id: product.id,
      license_id: license.id,
    },
    secrets: [owner.email, owner.name, member.email, slug, email, license.licenseKey],
  };
}

/** A route's path with a world's ids in it. */
export function pathOf(
  { path, operationId }: Pick<ManagedRoute, 'path' | 'operationId'>,
  ids: Record<string, string>,
): string {
  return path.replaceAll(/:([a-z_]+)/g, (_all, name: string) => {
    const id = ids[name];
    if (id === undefined) throw new Error(`${operationId}: a world has no ${name}; give it one in world.ts`);
    return id;
  });
}
