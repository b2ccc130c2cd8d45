import { inColumns, number } from './columns.ts';
import type { Cell, PlanTable, Section } from './table.ts';

/** The plan table for a terminal: values under their plans, what each means at the end of its line. */
export function tableAsText({ catalogue, version, subject, sections }: PlanTable): string {
  return [`${catalogue} ${version}: plans of each ${subject}\n`, ...sections.map(sectionAsText)].join('\n');
}

function sectionAsText({ title, fallback, by, columns, groups }: Section): string {
  const names = columns.map(({ plan }) => plan);
  const rows = groups.flatMap(({ title: group, rows: entries }) => [
    [group.toUpperCase(), ...names.map(() => ''), ''],
    ...entries.map(({ name, about, cells }) => [`  ${name}`, ...cells.map(cellAsText), about]),
  ]);
  const table = inColumns([['', ...names, ''], ...rows], { rightFrom: 1, rightTo: 1 + names.length });
  return `${title}${by === null ? `; without one: ${fallback}` : ''}\n${table}`;
}

/** Unlimited is spelled out, never a sign or a number. */
export function cellAsText(cell: Cell): string {
  if (cell === null) return '-';
  if (typeof cell === 'boolean') return cell ? 'yes' : 'no';
  return number(cell);
}
