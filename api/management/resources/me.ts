import { Type } from 'typebox';
import { findPerson } from '../../../store/people.ts';
import { HttpError } from '../../errors.ts';
import { manage, reply } from '../route.ts';
import { Email, Id, Instant, instant, View } from '../schemas.ts';

const PersonView = View('Person', {
  id: Id,
  name: Type.String(),
  email: Email,
  email_verified: Type.Boolean(),
  is_staff: Type.Boolean(),
  created_at: Instant,
});

export const meRoutes = [
  manage({
    method: 'get',
    path: '/v1/users/me',
    operationId: 'getMe',
    summary: 'Who is signed in',
    description: 'The person of the session, or whose personal token it is.',
    tag: 'Me',
    caller: { kind: 'user' },
    answers: { 200: PersonView },
    example: {
      answer: {
        id: '0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b',
        name: 'Ann Cooper',
        email: 'ann@example.com',
        email_verified: true,
        is_staff: false,
        created_at: '2026-11-21T09:30:00.000Z',
      },
    },
    async handle({ db, caller }) {
      const person = await findPerson(db, caller.userId);
      // Gone since the session was looked at.
      if (!person) throw new HttpError('unauthenticated', 'This account is no longer there.');
      return reply(200, {
        id: person.id,
        name: person.name,
        email: person.email,
        email_verified: person.emailVerified,
        is_staff: person.isStaff,
        created_at: instant(person.createdAtMs),
      });
    },
  }),
];
