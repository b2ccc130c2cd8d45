/** Ends what can't happen: it doesn't compile while a case is left, and fails loudly should data bring one all the same. */
export function unreachable(value: never): never {
  throw new TypeError(`${JSON.stringify(value)} was never expected here`);
}
