import type { PlanTable, Section } from './table.ts';
import { cellAsText } from './table-text.ts';

/** The plan table as one page that needs nothing else: no script, no font, no address. Everything from the catalogue is escaped. */
export function tableAsHtml({ catalogue, version, subject, currency, sections }: PlanTable): string {
  const title = `Plans of ${catalogue} ${version}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escaped(title)}</h1>
<p>What each ${escaped(subject)} has, by plan; the least plan stands first.${currency === null ? '' : ` Prices in ${escaped(currency)}.`}</p>
${sections.map(sectionAsHtml).join('\n')}
</main>
</body>
</html>
`;
}

function sectionAsHtml({ title, fallback, by, columns, groups }: Section, index: number): string {
  const heads = columns.map((column) => `<th scope="col">${named(column.plan, column.title)}</th>`);
  const bodies = groups.map(({ title: group, rows }) => {
    const lines = rows.map(({ name, title: row, about, cells }) => {
      const values = cells.map((cell) => `<td>${escaped(cell === null ? '–' : cellAsText(cell))}</td>`);
      const meaning = about === '' ? '' : `<small>${escaped(about)}</small>`;
      return `<tr><th scope="row">${named(name, row)}${meaning}</th>${values.join('')}</tr>`;
    });
    const span = columns.length + 1;
    return `<tbody>
<tr><th scope="rowgroup" colspan="${span}">${escaped(group)}</th></tr>
${lines.join('\n')}
</tbody>`;
  });
  const id = `section-${index + 1}`;
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${escaped(title)}</h2>
${by === null ? `<p>Without one: <code>${escaped(fallback)}</code>.</p>\n` : ''}<div class="wide" role="region" aria-labelledby="${id}" tabindex="0">
<table>
<thead><tr><th scope="col">What</th>${heads.join('')}</tr></thead>
${bodies.join('\n')}
</table>
</div>
</section>`;
}

/** What people read, and beside it the name that code uses where that is another. */
function named(name: string, title: string): string {
  return title === name ? escaped(name) : `${escaped(title)} <code>${escaped(name)}</code>`;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign]!);
}

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 90rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
.wide { overflow-x: auto; } .wide:focus-visible { outline: 2px solid; outline-offset: 4px; }
table { border-collapse: collapse; }
th, td { padding: .4rem .8rem; border-bottom: 1px solid color-mix(in srgb, currentColor 25%, transparent); vertical-align: top; }
th { text-align: left; } td { text-align: right; font-variant-numeric: tabular-nums; }
th[scope=row] { font-weight: 500; min-width: 16rem; } th[scope=rowgroup] { padding-top: 1.4rem; }
thead th { position: sticky; top: 0; background: Canvas; }
thead th:not(:first-child) { text-align: right; }
small { display: block; font-weight: 400; opacity: .75; } code { font-size: .85em; opacity: .85; }
`;
