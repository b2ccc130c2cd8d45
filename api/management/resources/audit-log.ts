import { Readable } from 'node:stream';
import { type Static, Type } from 'typebox';
import type { AuditEntry } from '../../../domain/audit/entry.ts';
import type { AuditSignature } from '../../../domain/audit/signature.ts';
import {
  type AuditFilters,
  findBreak,
  listEntries,
  readEntries,
  readSigned,
  readVisibleSince,
} from '../../../store/audit-log.ts';
import { EXAMPLE } from '../examples.ts';
import { PAGE, PageOf, pageAsked, pageOf } from '../lists.ts';
import { manage, reply } from '../route.ts';
import { Id, Instant, Nullable, OneOf, View } from '../schemas.ts';

const Hash = Type.String({ description: 'SHA-256, in hexadecimal' });
const Fields = Nullable(Type.Record(Type.String(), Type.Unknown()));

const AuditEntryView = View('AuditEntry', {
  version: Type.Literal(1),
  organization_id: Nullable(Id),
  seq: Type.Integer({ description: 'from 1, without gaps' }),
  previous_hash: Hash,
  at: Instant,
  actor: View('AuditActor', {
    kind: OneOf('user', 'token', 'customer', 'server', 'system'),
    id: Type.Optional(Type.String({ description: 'of a person, a token or a customer' })),
    user_id: Type.Optional(Nullable(Type.String({ description: 'whose token it is' }))),
    by: Type.Optional(Type.String({ description: 'who used the command line on the server' })),
    process: Type.Optional(Type.String({ description: 'what part of the platform acted by itself' })),
  }),
  action: Type.String(),
  target: View('AuditTarget', { type: Type.String(), id: Type.String() }),
  before: Fields,
  after: Fields,
  origin: View('AuditOrigin', {
    ip: Nullable(Type.String()),
    user_agent: Nullable(Type.String()),
    request_id: Nullable(Type.String()),
  }),
  hash: Hash,
});

const AuditKeyView = View('AuditKey', {
  id: Type.String({ description: 'what signatures name as `key_id`' }),
  public_key: Type.String({ description: '32 bytes in base64 (RFC 8032)' }),
  signs: Type.Boolean({ description: 'whether new heads are signed with it' }),
});

const example: Static<typeof AuditEntryView> = {
  version: 1,
  organization_id: EXAMPLE.organizationId,
  seq: 2,
  previous_hash: 'a'.repeat(64),
  at: EXAMPLE.createdAt,
  actor: { kind: 'user', id: EXAMPLE.ownerId },
  action: 'role.created',
  target: { type: 'role', id: EXAMPLE.roleId },
  before: null,
  after: { name: 'Support' },
  origin: { ip: '192.0.2.1', user_agent: 'curl/8', request_id: null },
  hash: 'b'.repeat(64),
};

const text = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000]*$', description }));
const FILTERS = {
  actor: text('the id of a person (what their tokens did included), a token or a customer'),
  action: text('an action, such as product.created'),
  target: text('the id of what was changed'),
  from: Type.Optional(Type.String({ format: 'date-time', description: 'an instant: entries from then on' })),
  until: Type.Optional(Type.String({ format: 'date-time', description: 'an instant: entries before it' })),
};

function filtersOf(query: {
  actor?: string;
  action?: string;
  target?: string;
  from?: string;
  until?: string;
}): AuditFilters {
  const { actor, action, target, from, until } = query;
  return {
    actor,
    action,
    target,
    fromMs: from === undefined ? undefined : Date.parse(from),
    untilMs: until === undefined ? undefined : Date.parse(until),
  };
}

const PATH = '/v1/organizations/:organization_id/audit-log';
const CALLER = { kind: 'member', permission: 'audit_log:view', organization: 'path' } as const;

export const auditLogRoutes = [
  manage({
    method: 'get',
    path: PATH,
    operationId: 'listAuditLog',
    summary: 'Who changed what',
    description:
      'The newest first, as far back as the plan shows. Each entry’s hash covers all its other fields (docs/audit.md).',
    tag: 'Audit log',
    caller: CALLER,
    query: Type.Object({ ...PAGE, ...FILTERS }, { additionalProperties: false }),
    answers: { 200: PageOf(AuditEntryView) },
    example: { answer: { data: [example], next_cursor: null } },
    async handle({ db, organization, query }, { now }) {
      const page = pageAsked(query, ['ms']);
      const sinceMs = await readVisibleSince(db, organization.id, now());
      const rows = await listEntries(db, organization.id, {
        filters: filtersOf(query),
        sinceMs,
        limit: page.limit + 1,
        beforeSeq: page.after?.[0],
      });
      return reply(200, pageOf(rows, page, { view: viewOf, placeOf: ({ seq }) => [seq] }));
    },
  }),

  manage({
    method: 'get',
    path: `${PATH}/export`,
    operationId: 'exportAuditLog',
    summary: 'Export the audit log',
    description:
      'One entry a line (NDJSON), the oldest first. Without filters signatures of heads stand between the entries, as lines with ' +
      '`"type": "signature"`, and `plimsoll audit verify FILE --keys KEYS` verifies what was saved, on any machine.',
    tag: 'Audit log',
    caller: CALLER,
    query: Type.Object({ ...FILTERS }, { additionalProperties: false }),
    answers: {
      200: { media: 'application/x-ndjson', description: 'the entries', example: `${JSON.stringify(example)}\n` },
    },
    example: {},
    async handle({ db, organization, query }, { now }) {
      const sinceMs = await readVisibleSince(db, organization.id, now());
      const isFiltered = Object.keys(query).length > 0;
      const pages = isFiltered
        ? readEntries(db, organization.id, { filters: filtersOf(query), sinceMs })
        : readSigned(db, organization.id, { sinceMs });
      return reply(200, Readable.from(linesOf(pages)));
    },
  }),

  manage({
    method: 'get',
    path: `${PATH}/verify`,
    operationId: 'verifyAuditLog',
    summary: 'Verify the audit log',
    description:
      'Computes the whole chain anew, hidden entries included, holds it against the signatures of its heads, and names the first entry ' +
      'at fault. Entries behind the last signature were not signed yet.',
    tag: 'Audit log',
    caller: CALLER,
    answers: {
      200: View('AuditVerification', {
        valid: Type.Boolean(),
        entries: Type.Integer({ description: 'how many were verified' }),
        last_hash: Hash,
        signatures: Type.Integer({ description: 'how many of its signatures agreed' }),
        signed: Nullable(
          View('AuditSigned', {
            seq: Type.Integer({ description: 'the last entry that a signature covers, and with it all before' }),
            at: Instant,
          }),
        ),
        broken: Nullable(
          View('AuditBreak', {
            seq: Type.Integer(),
            reason: OneOf(
              'changed',
              'out_of_order',
              'not_linked',
              'of_another_chain',
              'not_the_head',
              'not_as_signed',
              'signature_changed',
              'unknown_key',
            ),
          }),
        ),
      }),
    },
    example: {
      answer: {
        valid: true,
        entries: 2,
        last_hash: 'b'.repeat(64),
        signatures: 1,
        signed: { seq: 2, at: EXAMPLE.createdAt },
        broken: null,
      },
    },
    async handle({ db, organization }, { auditKeys }) {
      const { verified, broken } = await findBreak(db, organization.id, auditKeys.verify);
      return reply(200, {
        valid: broken === undefined,
        entries: verified.entries,
        last_hash: verified.hash,
        signatures: verified.signatures,
        signed: verified.signed,
        broken: broken ? { seq: broken.seq, reason: broken.reason } : null,
      });
    },
  }),

  manage({
    method: 'get',
    path: '/v1/audit-keys',
    operationId: 'listAuditKeys',
    summary: 'What the audit log is signed with',
    description:
      'Public keys (ed25519), those of earlier signatures included. Keep a copy elsewhere: whoever owns the server can change this answer.',
    tag: 'Audit log',
    caller: { kind: 'anyone' },
    answers: { 200: View('AuditKeyList', { data: Type.Array(AuditKeyView) }) },
    example: { answer: { data: [{ id: 'a1', public_key: `${'A'.repeat(43)}=`, signs: true }] } },
    handle: async (_call, { auditKeys }) =>
      reply(200, {
        data: auditKeys.publicKeys.map(({ id, publicKey, signs }) => ({ id, public_key: publicKey, signs })),
      }),
  }),
];

/** Field by field is what an entry is: what is shown is what is hashed. */
function viewOf(entry: AuditEntry): Static<typeof AuditEntryView> {
  return entry;
}

async function* linesOf(pages: AsyncIterable<(AuditEntry | AuditSignature)[]>): AsyncGenerator<string> {
  for await (const page of pages) yield page.map((line) => `${JSON.stringify(line)}\n`).join('');
}
