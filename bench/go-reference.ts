/** Builds the Go reference, once for this user. */
export async function buildGoReference(
  _home: string,
  _say: (line: string) => void,
): Promise<{ path: string; because?: never } | { path?: never; because: string }> {
  return { because: 'not yet' };
}
