/**
 * What a member of an organisation may be allowed, one code for each: `noun:verb`. The owner holds all of them, a role names some,
 * and nothing is implied by membership alone or by another code (docs/spec/keyport.md §7.2). Access tokens name the same codes as
 * their scopes. Codes are added, never renamed and never given another meaning: roles that stand would change what they grant.
 */
export const PERMISSIONS = {
  'organization:edit': 'Rename the organisation and change its settings',

  'members:view': 'See members and pending invites',
  'members:invite': 'Invite people, send an invite again, withdraw it',
  'members:edit': "Change a member's role",
  'members:remove': 'Remove members',
  'roles:view': 'See roles and what they grant',
  'roles:edit': 'Create, change and delete roles',
  'tokens:manage': "See, create and revoke the organisation's access tokens",

  'products:view': 'See products and their settings',
  'products:create': 'Create products',
  'products:edit': "Change a product's name and settings",
  'products:archive': 'Archive and disable products, and take that back',
  'products:rotate_key': "Replace a product's API key, which ends the old one at once",
  'versions:manage': "Change a product's versions",

  'licenses:view': 'See licences and whom they belong to',
  'licenses:create': 'Create licences',
  'licenses:edit': 'Change licences: their holder, expiry, cap and notes',
  'licenses:revoke': 'Revoke licences',
  'licenses:manage_ips': "Register and remove a licence's addresses, and block some for it",
  'licenses:reset_ips': "Reset a licence's IP history",
  'transfers:review': 'Approve and reject what customers ask to transfer',
  'ip_blacklist:manage': "See and change the organisation's blacklist of addresses",

  'webhooks:manage': 'Configure webhook endpoints',
  'analytics:view': 'See analytics',
  'audit_log:view': 'See the audit log',
  'billing:view': 'See plan and billing',
  'billing:manage': 'Change the plan and pay',
} as const satisfies Record<`${string}:${string}`, string>;

export type Permission = keyof typeof PERMISSIONS;

/** All codes, in the order in which they are shown. */
export const ALL_PERMISSIONS = Object.keys(PERMISSIONS) as Permission[];

/** What somebody holds. */
export type Permissions = ReadonlySet<Permission>;

/** What the owner of an organisation holds there: everything (docs/spec/keyport.md §7.2). */
export const EVERYTHING: Permissions = new Set(ALL_PERMISSIONS);
export const NOTHING: Permissions = new Set();

export function isPermission(code: string): code is Permission {
  return Object.hasOwn(PERMISSIONS, code);
}

/**
 * What stored codes grant. One that this release doesn't know, because a newer one wrote it, grants nothing here and is left
 * where it stands.
 */
export function permissionsOf(codes: Iterable<string>): Permissions {
  return new Set([...codes].filter(isPermission));
}

/** What is in both: what a token may do for a person is what it was made for *and* what the person holds now. */
export function meetOf(a: Permissions, b: Permissions): Permissions {
  return new Set([...a].filter((code) => b.has(code)));
}

/**
 * What of `granted` whoever grants it doesn't hold, in the order of all codes. Nobody grants what they don't hold
 * (docs/spec/keyport.md §7.2): with an answer that isn't empty the grant is refused as a whole.
 */
export function notHeld(held: Permissions, granted: Iterable<Permission>): Permission[] {
  const wanted = new Set(granted);
  return ALL_PERMISSIONS.filter((code) => wanted.has(code) && !held.has(code));
}

/** Codes as one would list them: in the order of all codes, each once. */
export function inOrder(codes: Iterable<Permission>): Permission[] {
  const wanted = new Set(codes);
  return ALL_PERMISSIONS.filter((code) => wanted.has(code));
}
