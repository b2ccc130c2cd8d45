type Json = Record<string, unknown>;

/** What the document says of routes that are no management routes. */
export const PUBLIC_PATHS: Record<string, Record<string, { tags: string[] } & Json>> = {};
export const PUBLIC_SCHEMAS: Json = {};
