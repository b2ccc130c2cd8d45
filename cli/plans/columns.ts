/** Rows as aligned columns, two spaces apart; the last column is not padded. Columns from `rightFrom` on are numbers, flush right. */
export function inColumns(
  rows: readonly (readonly string[])[],
  { rightFrom = Number.POSITIVE_INFINITY, rightTo = Number.POSITIVE_INFINITY } = {},
): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) => Math.max(0, ...rows.map((row) => (row[at] ?? '').length)));
  return rows
    .map((row) => {
      const cells = row.map((cell, at) =>
        at >= rightFrom && at < rightTo ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
      );
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** `name  value` lines; what there is nothing to say of is left out. */
export function inLines(entries: readonly (readonly [name: string, value: string | null])[]): string {
  return inColumns(entries.flatMap(([name, value]) => (value === null ? [] : [[name, value]])));
}

/** Data as it stands on the wire: names in snake_case, maps as objects. Keys that are names of a catalogue are so already. */
export function asWire(value: unknown): unknown {
  if (value instanceof Map) return asWire(Object.fromEntries(value as Map<string, unknown>));
  if (Array.isArray(value)) return value.map(asWire);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [snakeCase(name), asWire(part)]));
}

export function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

export function number(value: number | string): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : value;
}
