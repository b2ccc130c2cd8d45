import { findPerson } from '../../../store/people.ts';
import { HttpError } from '../../errors.ts';
import { manage, reply } from '../route.ts';
import { examplePerson, PersonView, personView } from './people.ts';

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
    example: { answer: examplePerson },
    async handle({ db, caller }) {
      const person = await findPerson(db, caller.userId);
      // Gone since the session was looked at.
      if (!person) throw new HttpError('unauthenticated', 'This account is no longer there.');
      return reply(200, personView(person));
    },
  }),
];
