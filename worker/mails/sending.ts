import { createTransport } from 'nodemailer';
import type { Mail } from '../../domain/mails.ts';
import type { Config } from '../../runtime/config.ts';
import { publicUrlOf } from '../../runtime/public-url.ts';
import { keepMail } from '../../store/mails.ts';
import { type Handler, PointlessEntry } from '../relay.ts';
import { compose, isOver } from './compose.ts';

/** Of one connection or answer; together well below the relay's lease. */
const SMTP_PATIENCE_MS = 10_000;

export type MailSettings = Pick<Config, 'smtpUrl' | 'mailFrom' | 'publicUrl' | 'host' | 'port'>;

/**
 * What becomes of mails: given to the SMTP server of the configuration, else kept in `sent_mails`, exactly once, for the inbox page of
 * developers. SMTP knows no ids, so a mail whose acknowledgement was lost goes out again, under the same Message-ID.
 */
export function createMailHandler(settings: MailSettings, now: () => number = Date.now): Handler<'mail'> {
  const publicUrl = publicUrlOf(settings);
  const written = (mail: Mail) => {
    if (isOver(mail, now())) throw new PointlessEntry('expired');
    return compose(mail, publicUrl);
  };
  if (settings.smtpUrl === '') {
    return {
      async write(trx, mail, { id }) {
        const letter = written(mail);
        await keepMail(trx, { id, template: mail.template, sender: settings.mailFrom, recipient: mail.to, ...letter });
      },
    };
  }

  const transport = createTransport({
    url: settings.smtpUrl,
    pool: true,
    maxConnections: 4,
    connectionTimeout: SMTP_PATIENCE_MS,
    greetingTimeout: SMTP_PATIENCE_MS,
    socketTimeout: SMTP_PATIENCE_MS,
    dnsTimeout: SMTP_PATIENCE_MS,
    // What stands in a mail is ours and complete: nothing is ever read from a file or fetched for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = /@([^\s@>]+)>?\s*$/.exec(settings.mailFrom)?.[1] ?? 'localhost';
  return {
    async send(mail, { id }) {
      const letter = written(mail);
      try {
        await transport.sendMail({
          from: settings.mailFrom,
          // As an object, so that nothing in it is read as a list of addresses.
          to: { name: '', address: mail.to },
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
          ...letter,
        });
      } catch (error) {
        // A recipient that the server will never take; whatever else is wrong may be mended.
        const { code, responseCode = 0 } = error as { code?: string; responseCode?: number };
        if (code === 'EENVELOPE' && responseCode >= 500) throw new PointlessEntry('refused', { cause: error });
        throw error;
      }
    },
    close: () => transport.close(),
  };
}
