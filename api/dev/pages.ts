import type { SentMail } from '../../store/mails.ts';
import { html, shell } from '../page.ts';

/** For the frame that shows a mail's HTML, which is held to its page's policy: styles stand at its elements, as mail programs want. */
export const MAIL_POLICY = "; style-src-attr 'unsafe-inline'";

/** The newest mails, newest first. */
export function mailsPage(mails: readonly Omit<SentMail, 'text' | 'html'>[]): string {
  const rows = mails.map(
    ({ id, sentAtMs, recipient, subject, template }) =>
      `<tr><td>${instant(sentAtMs)}</td><td>${html(recipient)}</td><td><a href="/dev/inbox/${html(id)}">${html(subject)}</a></td><td><code>${html(template)}</code></td></tr>`,
  );
  const list = rows.length === 0 ? '<p>No mail yet.</p>' : `<table><tbody>${rows.join('\n')}</tbody></table>`;
  return shell(
    'Inbox',
    `<main><h1>Inbox</h1><p>No SMTP server is configured, so mails are kept here and reach nobody.</p>${list}</main>`,
  );
}

/** One mail: its text, with links that can be followed, and its HTML in a frame that may do nothing. */
export function mailPage({ sentAtMs, sender, recipient, subject, text, html: body }: SentMail): string {
  const facts = { From: sender, To: recipient, At: instant(sentAtMs) };
  const rows = Object.entries(facts).map(
    ([name, value]) => `<tr><th scope="row">${name}</th><td>${html(value)}</td></tr>`,
  );
  return shell(
    subject,
    `<main><p><a href="/dev/inbox">Inbox</a></p><h1>${html(subject)}</h1><table><tbody>${rows.join('')}</tbody></table>
<h2>Text</h2><pre class="mail">${linked(text)}</pre>
<h2>HTML</h2><p>As it looks. Its links lead nowhere here; those of the text do.</p>
<iframe title="The mail as HTML" sandbox="" srcdoc="${html(body)}"></iframe></main>`,
  );
}

function linked(text: string): string {
  // Odd parts are what was split at: addresses.
  return text
    .split(/(https?:\/\/[^\s<>"]+)/)
    .map((part, i) => (i % 2 === 1 ? `<a href="${html(part)}">${html(part)}</a>` : html(part)))
    .join('');
}

function instant(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
