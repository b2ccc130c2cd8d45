import type { Mail } from '../../domain/mails.ts';
import { type Letter, type WrittenLetter, write } from './letter.ts';
import { LETTERS } from './templates.ts';

/**
 * Writes a mail. A link that is a path leads to `publicUrl`; one that is neither a path nor an address of http is refused, since
 * whoever gets it will press it. @throws {Error} for such a link, and for a template that this release doesn't have
 */
export function compose(mail: Mail, publicUrl: string): WrittenLetter {
  const template = LETTERS[mail.template] as ((data: object) => Letter) | undefined;
  if (!template) throw new Error(`There is no template '${mail.template}'`);
  const data = 'link' in mail.data ? { ...mail.data, link: absolute(mail.data.link, publicUrl) } : mail.data;
  return write(template(data));
}

/** Whether what a mail offers is over: nobody is helped by a link that does not work any more. */
export function isOver({ data }: Mail, nowMs: number): boolean {
  return 'expiresAtMs' in data && data.expiresAtMs <= nowMs;
}

function absolute(link: string, publicUrl: string): string {
  const url = new URL(link, publicUrl);
  if (!/^https?:$/.test(url.protocol)) throw new Error(`A link in a mail leads to ${url.protocol}`);
  return url.href;
}
