import type { Knex } from 'knex';
import { expect } from 'vitest';
import { createOrganizationToken, createPersonalToken, revokeToken } from '../../../store/access-tokens.ts';
import { acceptInvite, createInvite, lapseInvites, resendInvite, withdrawInvite } from '../../../store/invites.ts';
import { changeMember, leaveEveryOrganization, removeMember } from '../../../store/members.ts';
import { createOwnedOrganization, setOwner } from '../../../store/owners.ts';
import { createPersonOverride } from '../../../store/person-limits.ts';
import { changeRole, createRole, deleteRole } from '../../../store/roles.ts';
import { DAY_MS, type People } from '../people/world.ts';

/** Ids that entries name, by what they are of; each once in a world of its own. */
export interface PeopleSubject {
  organizationId: string;
  ownerId: string;
  memberId: string;
  /** The member's, and one that nobody has. */
  roleId: string;
  otherRoleId: string;
  /** Somebody who is invited, with `otherRoleId`. */
  guestId: string;
  inviteId: string;
  /** Of the organisation, made by the member; and the member's own. */
  tokenId: string;
  ownTokenId: string;
}

export interface PeopleCase {
  /** Action, target, before, after; ids by their names in the subject. */
  entry: unknown[];
  /** Whose chain it stands in. */
  chain: 'organization' | 'platform';
  /** Who acts: somebody in person, else the server. */
  by?: 'memberId' | 'guestId' | 'ownerId';
  act: (trx: Knex.Transaction, subject: PeopleSubject, world: People) => Promise<unknown>;
}

const SCOPES = ['members:view'] as const;
const WANTED = { name: 'CI', scopes: SCOPES, networks: null, expiresAtMs: null };
const TOKEN = {
  name: 'CI',
  prefix: expect.stringMatching(/^plm_.{4}$/),
  scopes: SCOPES,
  networks: null,
  expires_at: null,
};
const NEW_TOKEN = expect.stringMatching(/^access_token /);
const MADE: unknown = { name: 'Fresh', permissions: ['members:view'] };
const chain = 'organization';
const toMember = { role_id: 'roleId', role: 'role' };
const inOther = { role_id: 'otherRoleId', role: 'other role' };

/** Every function of the store by which people, their organisations and tokens change, with the one entry that it makes. */
export const MAKES_OF_PEOPLE: Record<string, PeopleCase[]> = {
  createOwnedOrganization: [
    {
      chain,
      entry: ['organization.owner_set', expect.stringMatching(/^organization /), null, { owner_id: 'ownerId' }],
      act: (trx, { ownerId }) =>
        createOwnedOrganization(trx, { name: 'Second', slug: `t-${ownerId}`, plan: 'pro', ownerId }),
    },
  ],
  setOwner: [
    {
      chain,
      entry: [
        'organization.owner_set',
        'organization organizationId',
        { owner_id: 'ownerId', revoked_tokens: 0 },
        { owner_id: 'memberId' },
      ],
      act: (trx, { organizationId, memberId: ownerId }) => setOwner(trx, { organizationId, ownerId }),
    },
  ],
  createInvite: [
    {
      chain,
      entry: [
        'invite.created',
        expect.stringMatching(/^invite /),
        null,
        { email: 'new@example.com', ...toMember, expires_at: expect.any(String) },
      ],
      act: (trx, { organizationId, roleId }, world) =>
        createInvite(trx, { organizationId, email: 'new@example.com', roleId }, world.terms()),
    },
  ],
  resendInvite: [
    {
      chain,
      entry: [
        'invite.sent_again',
        'invite inviteId',
        { expires_at: expect.any(String) },
        { expires_at: expect.any(String) },
      ],
      act: (trx, { organizationId, inviteId }, world) =>
        resendInvite(trx, { organizationId, inviteId }, world.terms(Date.now() + DAY_MS)),
    },
  ],
  withdrawInvite: [
    {
      chain,
      entry: ['invite.withdrawn', 'invite inviteId', { email: 'guest address', role: 'other role' }, null],
      act: (trx, { organizationId, inviteId }) => withdrawInvite(trx, { organizationId, inviteId, nowMs: Date.now() }),
    },
  ],
  lapseInvites: [
    {
      chain,
      entry: [
        'invite.lapsed',
        'organization organizationId',
        { invites: [{ id: 'inviteId', email: 'guest address' }] },
        null,
      ],
      act: (trx, { organizationId }) => lapseInvites(trx, organizationId, Date.now() + 8 * DAY_MS),
    },
  ],
  acceptInvite: [
    {
      chain,
      by: 'guestId',
      entry: ['member.joined', 'user guestId', null, { invite_id: 'inviteId', ...inOther }],
      act: (trx, { guestId: userId, inviteId }, world) =>
        acceptInvite(trx, { userId, by: { inviteId } }, world.terms()),
    },
  ],
  changeMember: [
    {
      chain,
      entry: ['member.role_changed', 'user memberId', toMember, inOther],
      act: (trx, { organizationId, memberId: userId, otherRoleId: roleId }) =>
        changeMember(trx, { organizationId, userId, roleId }),
    },
  ],
  // Both end the member's tokens of the organisation, which is told in the same entry (revokeTokensMadeBy).
  removeMember: [
    {
      chain,
      entry: ['member.removed', 'user memberId', { ...toMember, revoked_tokens: 1 }, null],
      act: (trx, { organizationId, memberId: userId }) => removeMember(trx, { organizationId, userId }),
    },
  ],
  leaveEveryOrganization: [
    {
      chain,
      by: 'memberId',
      entry: ['member.left', 'user memberId', { ...toMember, revoked_tokens: 1 }, null],
      act: (trx, { memberId }) => leaveEveryOrganization(trx, memberId),
    },
  ],
  createRole: [
    {
      chain,
      entry: ['role.created', expect.stringMatching(/^role /), null, MADE],
      act: (trx, { organizationId }) => createRole(trx, { organizationId, name: 'Fresh', permissions: SCOPES }),
    },
  ],
  changeRole: [
    {
      chain,
      entry: ['role.changed', 'role otherRoleId', { name: 'other role', permissions: [] }, MADE],
      act: (trx, { organizationId, otherRoleId: roleId }) =>
        changeRole(trx, { organizationId, roleId, name: 'Fresh', permissions: SCOPES }),
    },
  ],
  deleteRole: [
    {
      chain,
      entry: ['role.deleted', 'role otherRoleId', { name: 'other role', permissions: [] }, null],
      act: async (trx, { organizationId, otherRoleId: roleId, inviteId }) => {
        await trx('invites')
          .where({ id: inviteId })
          .update({ state: 'withdrawn', settled_at: trx.fn.now(3) });
        await deleteRole(trx, { organizationId, roleId });
      },
    },
  ],
  createPersonalToken: [
    {
      chain: 'platform',
      by: 'memberId',
      entry: ['access_token.created', NEW_TOKEN, null, TOKEN],
      act: (trx, { memberId: userId }) => createPersonalToken(trx, { userId, ...WANTED }),
    },
  ],
  createOrganizationToken: [
    {
      chain,
      by: 'ownerId',
      entry: ['access_token.created', NEW_TOKEN, null, TOKEN],
      act: (trx, { organizationId }) => createOrganizationToken(trx, { organizationId, ...WANTED }),
    },
  ],
  revokeToken: [
    {
      chain,
      entry: ['access_token.revoked', 'access_token tokenId', TOKEN, null],
      act: (trx, { organizationId, tokenId }) => revokeToken(trx, { organizationId }, tokenId),
    },
    {
      chain: 'platform',
      by: 'memberId',
      entry: ['access_token.revoked', 'access_token ownTokenId', TOKEN, null],
      act: (trx, { memberId: userId, ownTokenId }) => revokeToken(trx, { userId }, ownTokenId),
    },
  ],
  createPersonOverride: [
    {
      chain: 'platform',
      entry: [
        'person_override.created',
        'user ownerId',
        null,
        { name: 'organizations', value: 3, reason: 'deal', starts_at: '1970-01-01T00:00:00.000Z', ends_at: null },
      ],
      act: (trx, { ownerId: userId }) =>
        createPersonOverride(trx, {
          userId,
          name: 'organizations',
          value: 3,
          reason: 'deal',
          startsAtMs: 0,
          endsAtMs: null,
        }),
    },
  ],
};
