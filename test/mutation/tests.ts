import { format } from 'node:util';

export { expect } from 'vitest';

// What the tests of domain/ import as 'vitest' while mutants are tried: `describe`, `test` and their tables, gathered in a list
// instead of run. Whoever needs more of vitest there (hooks, mocks) fails when its file is loaded, and is told so.

export interface GatheredTest {
  name: string;
  run: () => unknown;
}

type Body = (...row: unknown[]) => unknown;
type Given = (...row: never[]) => unknown;
type Named = (name: string, ...rest: (Given | object)[]) => void;

let gathered: GatheredTest[] = [];
const path: string[] = [];

/** What `load` declares, in its order; names are unique. */
export async function gather(load: () => Promise<unknown>): Promise<GatheredTest[]> {
  gathered = [];
  await load();
  return gathered;
}

export const describe = withTables((name, body) => {
  path.push(name);
  body();
  path.pop();
});

export const test = withTables((name, run) => {
  const whole = [...path, name].join(' > ');
  const same = gathered.filter((other) => other.name === whole || other.name.startsWith(`${whole} #`)).length;
  gathered.push({ name: same === 0 ? whole : `${whole} #${same + 1}`, run });
});

function withTables(
  declare: (name: string, body: () => unknown) => void,
): Named & { each: (rows: readonly unknown[]) => Named } {
  const plain: Named = (name, ...rest) => declare(name, bodyOf(rest));
  const each = (rows: readonly unknown[]): Named => {
    return (name, ...rest) => {
      const body = bodyOf(rest);
      for (const row of rows) {
        const values = Array.isArray(row) ? (row as unknown[]) : [row];
        declare(format(name, ...values), () => body(...values));
      }
    };
  };
  return Object.assign(plain, { each });
}

/** Options may stand before the function; they are about time, which Stryker watches. */
function bodyOf(rest: (Given | object)[]): Body {
  const body = rest.find((each) => typeof each === 'function');
  if (!body) throw new TypeError('a test without a function');
  return body as Body;
}
