import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { COUNTED_THINGS, type CountedThings } from '../../store/counted-things.ts';
import { filesOf } from './files.ts';

/** What asks `store/holding.ts` for places that are needed, and what gives them back. */
const TAKES = ['takePlaces', 'changePlaces', 'takeOrWait'];
const GIVES = ['returnPlaces', 'changePlaces'];
const MOVES = ['movePlaces', 'changePlaces', 'returnPlaces', 'takePlaces', 'takeOrWait'];

const INSERTS = ['insert', 'upsert', 'batchInsert', 'copyInto'];
const DELETES = ['delete', 'del', 'truncate'];

/** Tests and the bench write below the store on purpose, migrations change what there was before. */
const ROOMS_OF_THEIR_OWN = ['test', 'bench', 'migrations'];

/**
 * Where what a plan limits is inserted, deleted, or changed in what decides whether it counts, without the one helper that holds
 * limits: the function must ask it for that very thing, on every way to the statement, and for inserts before it.
 */
export function holdingFaults(root: string, things: CountedThings = COUNTED_THINGS): string[] {
  const faults: string[] = [];
  for (const file of filesOf(root)) {
    if (!/\.[cm]?tsx?$/.test(file) || ROOMS_OF_THEIR_OWN.includes(file.split('/')[0]!)) continue;
    const text = readFileSync(join(root, file), 'utf8');
    for (const [resource, thing] of Object.entries(things)) {
      const tables = (thing.from ?? [thing.table]).filter((table) => text.includes(table));
      if (tables.length === 0) continue;
      const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
      for (const table of tables) {
        for (const write of writesOf(source, table, decidingColumns(thing))) {
          if (isHeld(write, resource)) continue;
          const line = source.getLineAndCharacterOfPosition(write.node.getStart(source)).line + 1;
          faults.push(
            `${file}:${line}: ${write.what} '${table}' without ${write.helpers[0]}(…, { resource: '${resource}' })`,
          );
        }
      }
    }
  }
  return faults;
}

interface Write {
  node: ts.Node;
  what: string;
  helpers: string[];
  /** Whether the helper must have been asked before. */
  isAfter: boolean;
}

function decidingColumns({ living = '', scopes, attributes = {} }: CountedThings[string]): string[] {
  const words = living.replaceAll(/'[^']*'/g, '').match(/[a-z_]+/g) ?? [];
  return [...words, ...Object.values(scopes), ...Object.values(attributes)];
}

function writesOf(source: ts.SourceFile, table: string, deciding: readonly string[]): Write[] {
  const writes: Write[] = [];
  const inserts = (node: ts.Node) => writes.push({ node, what: 'inserts into', helpers: TAKES, isAfter: true });
  const deletes = (node: ts.Node) => writes.push({ node, what: 'deletes from', helpers: GIVES, isAfter: false });
  const inSql = (verbs: string): RegExp => new RegExp(`\\b(?:${verbs})\\s+(?:only\\s+)?["\\\\]*${table}\\b`, 'i');

  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const name = nameOf(node.expression);
      if (name && isOn(node, table)) {
        if (INSERTS.includes(name)) inserts(node);
        if (DELETES.includes(name)) deletes(node);
        if (name === 'update' && node.arguments.some((each) => deciding.some((column) => namesColumn(each, column))))
          writes.push({ node, what: 'changes what counts of', helpers: MOVES, isAfter: false });
      }
    } else if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      if (inSql('insert\\s+into|copy|merge\\s+into').test(node.text)) inserts(node);
      if (inSql('delete\\s+from|truncate(?:\\s+table)?').test(node.text)) deletes(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return writes;
}

/** Whether a call works on the table: it stands in the arguments of any call of its chain. */
function isOn(call: ts.CallExpression, table: string): boolean {
  let last: ts.Expression = call;
  while (
    (ts.isPropertyAccessExpression(last.parent) || ts.isCallExpression(last.parent)) &&
    last.parent.expression === last
  ) {
    last = last.parent;
  }
  for (let at = last; ; ) {
    if (ts.isCallExpression(at)) {
      if (at.arguments.some((each) => namesTable(each, table))) return true;
      at = at.expression;
    } else if (ts.isPropertyAccessExpression(at)) at = at.expression;
    else return false;
  }
}

function namesTable(node: ts.Expression, table: string): boolean {
  if (ts.isStringLiteralLike(node)) return node.text === table || node.text.startsWith(`${table} as `);
  // `copyInto(trx, { table: 'products', … })`
  if (!ts.isObjectLiteralExpression(node)) return false;
  return node.properties.some(
    (each) => ts.isPropertyAssignment(each) && each.name.getText() === 'table' && namesTable(each.initializer, table),
  );
}

function namesColumn(node: ts.Expression, column: string): boolean {
  return (
    ts.isObjectLiteralExpression(node) &&
    node.properties.some((each) => each.name !== undefined && each.name.getText().replaceAll(/['"]/g, '') === column)
  );
}

/** Whether the helper is asked for this resource by a statement that is run whenever the write is. */
function isHeld({ node, helpers, isAfter }: Write, resource: string): boolean {
  for (let at: ts.Node = node; !ts.isSourceFile(at); at = at.parent) {
    const block = at.parent;
    if (ts.isBlock(block)) {
      for (const statement of block.statements) {
        if (isAfter && statement.pos >= at.pos) break;
        if (asks(statement, helpers, resource)) return true;
      }
    }
    if (ts.isFunctionLike(at)) return false;
  }
  return false;
}

/** Whether a statement asks unconditionally: an awaited call by itself, as a value, or as a constant's. */
function asks(statement: ts.Statement, helpers: readonly string[], resource: string): boolean {
  let value: ts.Expression | undefined;
  if (ts.isExpressionStatement(statement)) value = statement.expression;
  if (ts.isReturnStatement(statement)) value = statement.expression;
  if (ts.isVariableStatement(statement)) value = statement.declarationList.declarations[0]?.initializer;
  if (!value || !ts.isAwaitExpression(value) || !ts.isCallExpression(value.expression)) return false;
  const call = value.expression;
  return (
    helpers.includes(nameOf(call.expression) ?? '') && call.arguments.some((each) => namesResource(each, resource))
  );
}

function namesResource(node: ts.Node, resource: string): boolean {
  if (
    ts.isPropertyAssignment(node) &&
    node.name.getText() === 'resource' &&
    ts.isStringLiteralLike(node.initializer) &&
    node.initializer.text === resource
  ) {
    return true;
  }
  return ts.forEachChild(node, (each) => namesResource(each, resource) || undefined) ?? false;
}

function nameOf(callee: ts.Expression): string | undefined {
  if (ts.isIdentifier(callee)) return callee.text;
  return ts.isPropertyAccessExpression(callee) ? callee.name.text : undefined;
}
