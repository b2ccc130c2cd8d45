/**
 * One text for each JSON value, whoever writes it: members sorted by the UTF-16 code units of their names, no white space, numbers
 * and strings as ECMAScript writes them (RFC 8785). What JSON can't hold is left out or becomes `null`, as `JSON.stringify` does it.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((each) => canonicalJson(each)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    // Names are sorted as they are compared: by code units, never by a locale.
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
