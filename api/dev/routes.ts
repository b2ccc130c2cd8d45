import { findMail, listMails } from '../../store/mails.ts';
import { HttpError } from '../errors.ts';
import { page } from '../page.ts';
import { type Dependencies, route } from '../route.ts';
import { isDevInboxOpen } from './access.ts';
import { MAIL_POLICY, mailPage, mailsPage } from './pages.ts';

const SHOWN = 100;

/**
 * The mails that reach nobody, for whoever develops on this machine. Their links open accounts, so they are shown to this machine
 * alone; to everybody else there is nothing here.
 */
export const devRoutes = [
  route({
    method: 'get',
    path: '/dev/inbox',
    summary: 'The mails that were kept, as there is no SMTP server',
    caller: 'anyone',
    async handle({ request }, deps) {
      refuseOthers(request.headers, deps);
      return page(mailsPage(await listMails(deps.db, SHOWN)), { cache: 'no-store' });
    },
  }),
  route({
    method: 'get',
    path: '/dev/inbox/:mail_id',
    summary: 'A mail that was kept',
    caller: 'anyone',
    async handle({ request, params: { mail_id: id = '' } }, deps) {
      refuseOthers(request.headers, deps);
      const mail = UUID.test(id) ? await findMail(deps.db, id) : undefined;
      if (!mail) throw new HttpError('not_found', 'There is no such mail, or not any more.');
      return page(mailPage(mail), { cache: 'no-store', policy: MAIL_POLICY });
    },
  }),
];

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** @throws {HttpError} `not_found`, as where there is no such path */
function refuseOthers(headers: Parameters<typeof isDevInboxOpen>[0], { config }: Dependencies): void {
  if (!isDevInboxOpen(headers, config)) throw new HttpError('not_found', 'There is nothing at this path.');
}
