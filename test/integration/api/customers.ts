import { anAddress } from '../../support/account-people.ts';
import type { TestPlatform } from '../../support/platform.ts';
import { mailsTo, Visitor } from '../../support/visitor.ts';

/** The browser of a customer who has signed in to the portal by a code from a mail, and has a licence. */
export async function aSignedInCustomer(platform: TestPlatform): Promise<Visitor> {
  const email = anAddress();
  const { product } = await platform.aProduct();
  await platform.aLicense(product.id, { customer: { email, discordId: null, name: 'Zoë' } });
  const browser = new Visitor(platform.url);
  await browser.post('/v1/portal/auth/email-otp/send-verification-otp', { email, type: 'sign-in' });
  const mails = await mailsTo(platform.db, email, { template: 'sign_in_code' });
  const otp = /\b\d{6}\b/.exec(mails.at(-1)!.text)![0];
  const { status, text } = await browser.post('/v1/portal/auth/sign-in/email-otp', { email, otp });
  if (status !== 200) throw new Error(`Sign-in to the portal: ${status} ${text}`);
  return browser;
}
