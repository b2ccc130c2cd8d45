import { type TSchema, Type } from 'typebox';
import { isId } from '../../runtime/ids.ts';
import { fault, invalid } from './input.ts';
import { Nullable, View } from './schemas.ts';

/**
 * Lists come in pages, the newest first unless a route says otherwise. A cursor names the last thing of a page, not a number of
 * things: what is added or removed meanwhile neither repeats nor hides another.
 */

const DEFAULT_LIMIT = 25;
const MOST = 100;

/** The query parameters of every list; `filters` are its own. */
export const PAGE = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: MOST,
      default: DEFAULT_LIMIT,
      description: `a whole number from 1 to ${MOST}`,
    }),
  ),
  cursor: Type.Optional(
    Type.String({ minLength: 1, maxLength: 500, description: 'a next_cursor that this list has given' }),
  ),
};

/** What a list answers with. */
export function PageOf<S extends TSchema>(item: S) {
  const { title } = item as { title?: string };
  return View(`${title ?? 'Item'}List`, {
    data: Type.Array(item),
    next_cursor: Nullable(Type.String({ description: 'where the next page begins; null on the last one' })),
  });
}

/** What a list is ordered by: an id, an instant in epoch milliseconds, or text. */
interface PlaceParts {
  id: string;
  ms: number;
  text: string;
}
type PlacePart = keyof PlaceParts;
type PlaceOf<Parts extends readonly PlacePart[]> = { -readonly [I in keyof Parts]: PlaceParts[Parts[I]] };

/** Where a page begins, behind the thing with this place. */
export interface PageAsked<Place> {
  /** So many things make the page. Ask the store for one more, so that it shows whether there is a next one. */
  limit: number;
  /** What the store orders by, of the last thing before the page; `undefined` for the first page. */
  after: Place | undefined;
}

/**
 * Reads `limit` and `cursor`. @param parts what the list is ordered by, the last of which is unique
 * @throws {HttpError} `validation_failed` for a cursor that no such list gave
 */
export function pageAsked<const Parts extends readonly PlacePart[]>(
  { limit = DEFAULT_LIMIT, cursor }: { limit?: number; cursor?: string },
  parts: Parts,
): PageAsked<PlaceOf<Parts>> {
  if (cursor === undefined) return { limit, after: undefined };
  const place = readCursor(cursor);
  if (place?.length !== parts.length || !parts.every((part, i) => IS_PART[part](place[i]))) {
    const accepts = 'a next_cursor that this list has given';
    throw invalid([fault('/cursor', 'bad_cursor', `cursor must be ${accepts}.`, accepts)]);
  }
  // Looked at part by part just above.
  return { limit, after: place as unknown as PlaceOf<Parts> };
}

/** Whether Postgres takes a value as what it is said to be: anybody may write a cursor. */
const IS_PART: Record<PlacePart, (value: unknown) => boolean> = {
  id: (value) => typeof value === 'string' && isId(value),
  // The years 1970 to 9999.
  ms: (value) => Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) < 253_402_300_800_000,
  text: (value) => typeof value === 'string' && !value.includes('\0') && value.isWellFormed(),
};

/** The page of `rows`, of which there may be one more than it takes. @param placeOf what the store orders by */
export function pageOf<Row, Item, Place extends readonly (string | number)[]>(
  rows: readonly Row[],
  { limit }: PageAsked<Place>,
  { view, placeOf }: { view: (row: Row) => Item; placeOf: (row: Row) => Place },
): { data: Item[]; next_cursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const isLast = rows.length <= limit || last === undefined;
  return { data: page.map(view), next_cursor: isLast ? null : writeCursor(placeOf(last)) };
}

// Plain: it holds nothing that the page itself didn't show, and grants nothing. What comes back is checked by its form; a forged
// one begins the caller's own list at another place.
function writeCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function readCursor(cursor: string): unknown[] | undefined {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(place) ? place : undefined;
  } catch {
    return undefined;
  }
}
