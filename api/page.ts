import { hash } from 'node:crypto';
import type { Reply } from './route.ts';

/** A text where HTML stands, in an element or in an attribute in double quotes. */
export function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}

/** A whole page: this style and no other, no script, nothing fetched. `content` is HTML. */
export function shell(title: string, content: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${html(title)}</title><style>${STYLE}</style></head>
<body>${content}</body></html>
`;
}

/** Answers with a page. `policy` is added to what each page is held to. */
export function page(body: string, { cache, policy = '' }: { cache: string; policy?: string }): Reply {
  const headers = { 'Content-Security-Policy': `${PAGE_POLICY}${policy}`, 'Cache-Control': cache };
  return { status: 200, headers, contentType: 'text/html; charset=utf-8', body };
}

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 78rem; padding: 0 1.5rem 4rem; display: grid; grid-template-columns: 17rem minmax(0, 1fr); gap: 2rem; }
body:not(:has(nav)) { display: block; max-width: 44rem; }
nav { position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 1rem 0; font-size: .9rem; }
nav ul { list-style: none; padding-left: .8rem; margin: 0; }
nav > ul { padding: 0; }
article { border-top: 1px solid color-mix(in srgb, currentColor 20%, transparent); padding: .5rem 0 1.5rem; }
h3 { margin-bottom: .2rem; }
h4 { margin: 1rem 0 .2rem; }
code, pre { font: .9em ui-monospace, monospace; }
pre { background: color-mix(in srgb, currentColor 8%, transparent); padding: .8rem; border-radius: .4rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; font-weight: normal; overflow-wrap: anywhere; }
tr + tr { border-top: 1px solid color-mix(in srgb, currentColor 12%, transparent); }
.call { margin: .2rem 0; }
iframe { width: 100%; height: 32rem; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: .4rem; background: Canvas; }
.mail { white-space: pre-wrap; overflow-wrap: anywhere; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; max-height: none; } }
`;

/** Nothing but this style: no script, no picture, no frame. */
const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${hash('sha256', STYLE, 'base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
