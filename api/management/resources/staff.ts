import { Type } from 'typebox';
import { Refusal } from '../../../domain/refusal.ts';
import { changeStaff, findPerson, lockPerson } from '../../../store/people.ts';
import { manage, reply } from '../route.ts';
import { Body } from '../schemas.ts';
import { examplePerson, PersonView, personView } from './people.ts';

const PATH = '/v1/staff/people/:user_id';

/** What staff of the platform may do about people. */
export const staffRoutes = [
  manage({
    method: 'get',
    path: PATH,
    operationId: 'getPerson',
    summary: 'Get a person',
    tag: 'Staff',
    caller: { kind: 'staff' },
    answers: { 200: PersonView },
    example: { answer: examplePerson },
    async handle({ db, params }) {
      const person = await findPerson(db, params.user_id);
      if (!person) throw new Refusal('not_found', { what: 'person' });
      return reply(200, personView(person));
    },
  }),

  manage({
    method: 'patch',
    path: PATH,
    operationId: 'changePerson',
    summary: 'Make somebody staff, or take it away',
    description:
      'By staff in person; the first of them is made on the server (`plimsoll people staff`). Only of somebody whose e-mail address is verified.',
    tag: 'Staff',
    caller: { kind: 'staff' },
    body: Body({ is_staff: Type.Boolean({ description: 'true or false' }) }),
    answers: { 200: PersonView },
    refusals: ['conflict'],
    example: { body: { is_staff: true }, answer: { ...examplePerson, is_staff: true } },
    handle: ({ body, params, write, mustMatch }) =>
      write(async (trx) => {
        mustMatch(personView(await lockPerson(trx, params.user_id)));
        return reply(200, personView(await changeStaff(trx, { id: params.user_id, isStaff: body.is_staff })));
      }),
  }),
];
