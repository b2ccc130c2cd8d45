/**
 * The known name that `name` most likely stands for, or `undefined` when none is near: at most two slips of the pen away, and
 * fewer for a short name; capitals don't count. Of equally near ones the first.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const reach = Math.min(2, Math.floor(name.length / 3));
  let nearest: { known: string; slips: number } | undefined;
  for (const candidate of known) {
    // A name that is longer by more than that can't be near: this keeps absurdly long names from costing anything.
    if (Math.abs(candidate.length - name.length) > reach) continue;
    const slips = slipsBetween(name.toLowerCase(), candidate.toLowerCase());
    if (slips <= reach && slips < (nearest?.slips ?? Number.POSITIVE_INFINITY)) nearest = { known: candidate, slips };
  }
  return nearest?.known;
}

/** How many letters were added, left out, changed, or swapped with their neighbour (optimal string alignment). */
function slipsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? at(beforeLast, j - 2) + 1 : changed;
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, changed, swapped));
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
