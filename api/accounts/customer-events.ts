import type { SecretBox } from '../../runtime/secrets.ts';
import type { Carrying } from '../../store/carried.ts';
import { enqueueMail } from '../../store/mails.ts';
import { tieToCustomer } from '../../store/portal-users.ts';
import { dueIn } from './exchange.ts';
import { LIFETIME } from './options.ts';

export type CustomerEvents = ReturnType<typeof createCustomerEvents>;

/** What we do when the library has proven who somebody in the portal is: they are tied to the customer that their licences belong to. */
export function createCustomerEvents({ carrying, secrets }: { carrying: Carrying; secrets: SecretBox }) {
  return {
    async linkAsked(email: string, link: string): Promise<void> {
      const data = { link, expiresAtMs: dueIn(LIFETIME.signInLink) };
      await enqueueMail(await carrying.transaction(), { template: 'sign_in_link', to: email, data }, secrets);
    },

    async codeAsked(email: string, code: string): Promise<void> {
      const data = { code, expiresAtMs: dueIn(LIFETIME.signInCode) };
      await enqueueMail(await carrying.transaction(), { template: 'sign_in_code', to: email, data }, secrets);
    },

    async signingIn({ userId }: { userId: string }): Promise<void> {
      carrying.putDownTo(await tieToCustomer(await carrying.transaction(), userId));
    },

    /** Somebody who is signed in proved to be somebody on Discord, too. */
    async accountAdded({ userId, providerId }: { userId: string; providerId: string }): Promise<void> {
      if (providerId === 'discord') carrying.putDownTo(await tieToCustomer(await carrying.transaction(), userId));
    },
  };
}
