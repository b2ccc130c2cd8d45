/** What a mail says, once; its text and its HTML are two ways to write the same. */
export interface Letter {
  subject: string;
  blocks: readonly Block[];
}

export type Block =
  /** A paragraph. */
  | { say: string }
  /** The one thing to do. */
  | { press: string; link: string }
  /** Something to type in elsewhere. */
  | { code: string }
  /** What is worth knowing at the end: why this came, and what to do if it wasn't you. */
  | { aside: string };

export interface WrittenLetter {
  subject: string;
  text: string;
  html: string;
}

/** Writes a letter as text and as HTML. No image, no remote style, no counting of who reads it. */
export function write({ subject, blocks }: Letter): WrittenLetter {
  return { subject, text: toText(blocks), html: toHtml(subject, blocks) };
}

/**
 * A name that somebody typed, as it may stand in our sentences: on one line, not too long, and never something that a mail program
 * makes a link of, or anybody could have us send an invitation to any page.
 */
export function named(typed: string): string {
  const line = typed.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const characters = Array.from(line);
  const short = characters.length > 100 ? `${characters.slice(0, 99).join('')}…` : line;
  // An unseen character of no width behind what holds an address together.
  return short.replaceAll(/([.:/@])(?=\S)/g, '$1\u200b');
}

/** An instant in words, in UTC: `21 November 2026, 18:30 UTC`. */
export function instant(ms: number): string {
  const words = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  return `${words.format(ms).replace(' at ', ', ')} UTC`;
}

function toText(blocks: readonly Block[]): string {
  const parts = blocks.map((block) => {
    if ('say' in block) return block.say;
    if ('press' in block) return `${block.press}:\n${block.link}`;
    return 'code' in block ? `    ${block.code}` : block.aside;
  });
  return `${parts.join('\n\n')}\n\n-- \nPlimsoll\n`;
}

function toHtml(subject: string, blocks: readonly Block[]): string {
  const body = blocks.map((block) => {
    if ('say' in block) return `<p style="margin:0 0 16px">${escapeHtml(block.say)}</p>`;
    if ('press' in block) {
      const link = escapeHtml(block.link);
      return (
        `<p style="margin:24px 0 8px"><a href="${link}" style="${BUTTON}">${escapeHtml(block.press)}</a></p>` +
        `<p style="${SMALL}">Or open this address: <span style="word-break:break-all">${link}</span></p>`
      );
    }
    if ('code' in block) return `<p style="${CODE}">${escapeHtml(block.code)}</p>`;
    return `<p style="${SMALL}">${escapeHtml(block.aside)}</p>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:32px 16px"><div style="${PAGE}">
${body.join('\n')}
</div></body></html>
`;
}

const PAGE = 'max-width:520px;margin:0 auto;font:16px/1.5 system-ui,-apple-system,Segoe UI,Roboto,sans-serif';
const BUTTON =
  'display:inline-block;padding:12px 20px;border-radius:6px;background:#1c5fb8;color:#ffffff;text-decoration:none;font-weight:600';
const SMALL = 'margin:0 0 16px;font-size:14px;opacity:0.75';
const CODE = 'margin:24px 0;font:600 28px/1.2 ui-monospace,Menlo,Consolas,monospace;letter-spacing:0.15em';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text where HTML stands, in an element or in a quoted attribute. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character]!);
}
