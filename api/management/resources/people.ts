import { Type } from 'typebox';
import type { Person } from '../../../store/people.ts';
import { Email, Id, Instant, instant, View } from '../schemas.ts';

/** Somebody who works in the dashboard, as they and staff see them. */
export const PersonView = View('Person', {
  id: Id,
  name: Type.String(),
  email: Email,
  email_verified: Type.Boolean(),
  is_staff: Type.Boolean(),
  created_at: Instant,
});

export const examplePerson = {
  id: '0199a1b2-3c4d-7e5f-8a6b-7c8d9e0f1a2b',
  name: 'Ann Cooper',
  email: 'ann@example.com',
  email_verified: true,
  is_staff: false,
  created_at: '2026-11-21T09:30:00.000Z',
};

export function personView({ id, name, email, emailVerified, isStaff, createdAtMs }: Person) {
  return { id, name, email, email_verified: emailVerified, is_staff: isStaff, created_at: instant(createdAtMs) };
}
