import type { Knex } from 'knex';
import { Refusal } from '../domain/refusal.ts';
import { isId } from '../runtime/ids.ts';
import { findLicenseByKey, getLicense, type License } from '../store/licenses.ts';
import { findOrganizationBySlug, getOrganization, type Organization } from '../store/organizations.ts';
import { findPersonByEmail, type Person } from '../store/people.ts';
import { findProductByName, getProduct, type Product } from '../store/products.ts';

/** An organisation by its id or its slug. @throws {Refusal} `not_found` */
export async function organizationOf(db: Knex, reference: string): Promise<Organization> {
  if (isId(reference)) return getOrganization(db, reference);
  const found = await findOrganizationBySlug(db, reference);
  if (!found) throw new Refusal('not_found', { what: `organization as '${reference}'` });
  return found;
}

/** A product by its id, or as `organization/name`. @throws {Refusal} `not_found` */
export async function productOf(db: Knex, reference: string): Promise<Product> {
  if (isId(reference)) return getProduct(db, reference);
  const slash = reference.indexOf('/');
  const organization = slash > 0 ? await organizationOf(db, reference.slice(0, slash)) : undefined;
  const found = organization && (await findProductByName(db, organization.id, reference.slice(slash + 1)));
  if (!found) throw new Refusal('not_found', { what: `product as '${reference}' (an id, or organization/name)` });
  return found;
}

/** A licence by its id or its key. @throws {Refusal} `not_found` */
export async function licenseOf(db: Knex, reference: string): Promise<License> {
  if (isId(reference)) return getLicense(db, reference);
  const found = await findLicenseByKey(db, reference);
  if (!found) throw new Refusal('not_found', { what: 'license' });
  return found;
}

/** Somebody who works in the dashboard, by their e-mail. @throws {Refusal} `not_found` */
export async function personOf(db: Knex, email: string): Promise<Person> {
  const person = await findPersonByEmail(db, email);
  if (!person) throw new Refusal('not_found', { what: `person with the e-mail '${email}'` });
  return person;
}
