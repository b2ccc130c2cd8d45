/** The ids and instants that examples of the reference use, so that they tell one story. */
export const EXAMPLE = {
  organizationId: '0199a1b2-0001-7000-8000-5d0f3c6b9a11',
  ownerId: '0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b',
  memberId: '0199a1c3-0002-7000-8000-1b2c3d4e5f60',
  roleId: '0199a1c4-0003-7000-8000-2c3d4e5f6071',
  inviteId: '0199a1c5-0004-7000-8000-3d4e5f607182',
  accessTokenId: '0199a1c6-0005-7000-8000-4e5f60718293',
  createdAt: '2026-11-21T09:30:00.000Z',
  expiresAt: '2026-11-28T09:30:00.000Z',
} as const;
