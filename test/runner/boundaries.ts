import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, posix } from 'node:path';
import ts from 'typescript';
import { filesOf } from './files.ts';
import { purityFaults } from './purity.ts';

/** What a room may import of ours, beside itself. Source: the table in docs/architecture.md. */
interface Room {
  /** Rooms of which everything may be imported. */
  may: readonly string[];
  /** Rooms of which only types may be imported. */
  types?: readonly string[];
  /** Files of other rooms that may be imported although their room may not. */
  files?: RegExp;
  /** Whether the platform's own modules (`node:`) are out of bounds. */
  noBuiltins?: boolean;
}

const ALL_SERVER = ['domain', 'runtime', 'store', 'counters', 'activities', 'workflows', 'temporal'];
const EVERYTHING = [
  'plans',
  ...ALL_SERVER,
  'api',
  'worker',
  'client',
  'dashboard',
  'cli',
  'stack',
  'bench',
  'migrations',
  'test',
];

/** Every room that may hold code. A new top-level folder needs a row here. */
export const ROOMS: Readonly<Record<string, Room>> = {
  plans: { may: [] },
  domain: { may: [], noBuiltins: true },
  runtime: { may: [] },
  migrations: { may: [] },
  client: { may: [] },
  store: { may: ['domain', 'runtime'] },
  counters: { may: ['domain', 'runtime'] },
  activities: { may: ['domain', 'runtime', 'store', 'counters'] },
  workflows: { may: ['domain'], types: ['activities'], noBuiltins: true },
  // Who talks to a workflow needs its messages and the names that both sides share, never the workflow itself.
  temporal: { may: ['domain', 'runtime'], files: /^workflows\/(?:.+\/)?(?:messages\.ts|shared\/.+)$/ },
  api: { may: ['domain', 'runtime', 'store', 'counters', 'temporal'] },
  worker: { may: ALL_SERVER },
  dashboard: { may: ['client'] },
  cli: { may: ['domain', 'runtime', 'store', 'counters', 'temporal', 'stack', 'client'] },
  stack: { may: ['runtime'] },
  bench: { may: EVERYTHING },
  test: { may: EVERYTHING },
};

/** Modules that load others by a name they compute. Each must make sure itself that it stays within its room's row. */
const COMPUTED_IMPORTS: Readonly<Record<string, string>> = {
  'store/migrate.ts': 'loads the migrations by name, as knex asks for them',
};

export interface BoundaryReport {
  /** How many modules of rooms were looked at. A caller must not take 0 for an answer. */
  modules: number;
  faults: string[];
}

/**
 * Checks that every import of every module stays within its room's row, whatever its form: `import`, `import type`,
 * `export … from`, `import()`, `require()` and `import('…')` in a type.
 */
export function checkBoundaries(root: string): BoundaryReport {
  const report: BoundaryReport = { modules: 0, faults: [] };
  const packages = packagesOf(root);
  for (const file of filesOf(root)) {
    if (!/\.[cm]?tsx?$/.test(file) || !file.includes('/')) continue;
    const room = file.split('/')[0]!;
    if (room.startsWith('.')) continue;
    report.modules += 1;
    const rule = ROOMS[room];
    if (!rule) {
      report.faults.push(`${file}: '${room}/' is no room; give it a row in test/runner/boundaries.ts`);
      continue;
    }
    const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);
    for (const each of importsOf(source)) {
      const fault = faultOf({ file, room, rule, ...each }) ?? packageFault({ room, packages, ...each });
      if (fault) report.faults.push(`${file}:${each.line}: ${fault}`);
    }
    if (room === 'domain') report.faults.push(...purityFaults(source));
  }
  return report;
}

interface Import {
  /** What is imported; `undefined`: the name is computed. */
  specifier: string | undefined;
  typeOnly: boolean;
  line: number;
}

function faultOf({ file, room, rule, specifier, typeOnly }: Import & { file: string; room: string; rule: Room }) {
  if (specifier === undefined) {
    return room === 'test' || file in COMPUTED_IMPORTS ? undefined : 'imports a module by a computed name';
  }
  if (!specifier.startsWith('.')) {
    if (rule.noBuiltins && isBuiltin(specifier)) return `${room}/ may not import '${specifier}'`;
    if (/^(?:plimsoll(?:\/|$)|#|\/|file:)/.test(specifier))
      return `'${specifier}': modules of ours are imported by relative path`;
    return undefined;
  }
  const target = posix.join(dirname(file), specifier);
  const targetRoom = target.split('/')[0]!;
  if (targetRoom === room || rule.may.includes(targetRoom) || rule.files?.test(target)) return undefined;
  if (rule.types?.includes(targetRoom)) {
    return typeOnly ? undefined : `${room}/ may import only types from ${targetRoom}/ ('${specifier}')`;
  }
  return `${room}/ may not import '${target}'${typeOnly ? ', not even its types' : ''}`;
}

/** The names of package.json: what a production install holds, and all that a checkout holds. */
interface Packages {
  production: string[];
  all: string[];
}

function packagesOf(root: string): Packages {
  const file = join(root, 'package.json');
  const manifest = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, object>) : {};
  const production = Object.keys(manifest.dependencies ?? {});
  return { production, all: [...production, ...Object.keys(manifest.devDependencies ?? {})] };
}

/**
 * A package must be named by package.json itself, not come along with another one; and what runs in production may import
 * nothing that only development installs, but for types.
 */
function packageFault({ room, packages, specifier, typeOnly }: Import & { room: string; packages: Packages }) {
  if (specifier === undefined || /^[./#]|^file:/.test(specifier) || isBuiltin(specifier)) return undefined;
  const name = specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
  const forDevelopment = typeOnly || room === 'test' || room === 'bench' || room === 'dashboard';
  if ((forDevelopment ? packages.all : packages.production).includes(name)) return undefined;
  return packages.all.includes(name)
    ? `'${name}' is installed for development only`
    : `package.json doesn't name '${name}'`;
}

function importsOf(source: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (at: ts.Node, specifier: ts.Node | undefined, typeOnly: boolean): void => {
    const line = source.getLineAndCharacterOfPosition(at.getStart(source)).line + 1;
    found.push({
      specifier: specifier && ts.isStringLiteralLike(specifier) ? specifier.text : undefined,
      typeOnly,
      line,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      if (node.moduleSpecifier) add(node, node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      add(node, ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
      add(node, node.moduleReference.expression, node.isTypeOnly);
    } else if (ts.isCallExpression(node) && isLoading(node.expression)) {
      add(node, node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isLoading(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
}
