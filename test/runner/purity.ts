import ts from 'typescript';

/** Products whose rules the domain knows, but whose names it must not: they are catalogues, which are data. */
const PRODUCTS = new Set(['keyport', 'unkey', 'keyway', 'keel']);

/** Members that give a time, chance or the world to who asks. In the domain they come in as arguments. */
const IMPURE_MEMBERS = new Set(['Date.now', 'Math.random', 'Temporal.Now']);
const IMPURE_OBJECTS = new Set([
  'process',
  'performance',
  'crypto',
  'globalThis',
  'console',
  'navigator',
  'Deno',
  'Bun',
]);
const IMPURE_CALLS = new Set([
  'Date',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'structuredClone',
]);

/** What keeps a module of `domain/` from being pure: a clock, chance, I/O, or the name of a product outside a comment. */
export function purityFaults(source: ts.SourceFile): string[] {
  const faults: string[] = [];
  const fault = (node: ts.Node, text: string): void => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    faults.push(`${source.fileName}:${line}: ${text}`);
  };
  if (namesProduct(source.fileName.replace(/^domain\//, '')))
    faults.push(`${source.fileName}: is named after a product`);

  const visit = (node: ts.Node): void => {
    const impure = impurity(node);
    if (impure) fault(node, `the domain may not use ${impure}: it comes in as an argument`);
    const text = textOf(node);
    if (text !== undefined && namesProduct(text)) fault(node, `names a product: '${text.slice(0, 60)}'`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}

function impurity(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    if (!ts.isIdentifier(node.expression)) return undefined;
    const object = node.expression.text;
    const member = ts.isPropertyAccessExpression(node) ? node.name.text : literalText(node.argumentExpression);
    if (IMPURE_MEMBERS.has(`${object}.${member}`)) return `${object}.${member}`;
    return IMPURE_OBJECTS.has(object) ? `'${object}'` : undefined;
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date') {
    return node.arguments?.length ? undefined : 'new Date() without a time';
  }
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && IMPURE_CALLS.has(node.expression.text)) {
    return `${node.expression.text}()`;
  }
  // `const { now } = Date` and `const random = Math.random` alike: taking it along is using it.
  if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name) && node.initializer) {
    const object = ts.isIdentifier(node.initializer) ? node.initializer.text : '';
    const taken = node.name.elements.map((e) => (e.propertyName ?? e.name).getText());
    return taken.map((name) => `${object}.${name}`).find((each) => IMPURE_MEMBERS.has(each));
  }
  return undefined;
}

function literalText(node: ts.Expression): string | undefined {
  return ts.isStringLiteralLike(node) ? node.text : undefined;
}

/** The text of an identifier, a string or a piece of a template; comments are no nodes. */
function textOf(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node) || ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) return node.text;
  if (node.kind === ts.SyntaxKind.RegularExpressionLiteral) return node.getText();
  return undefined;
}

/**
 * Whether a text names a product as a word of its own: `keyPortLimits`, `KEEL_PLAN` and 'like Unkey' do; 'keelhaul',
 * `turnkeyWay` and 'the key port' don't.
 */
export function namesProduct(text: string): boolean {
  for (const [run] of text.matchAll(/[A-Za-z]+/g)) {
    const humps = run.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? [];
    const words = humps.map((hump) => hump.toLowerCase());
    if (words.some((word, i) => PRODUCTS.has(word) || PRODUCTS.has(word + (words[i + 1] ?? '')))) return true;
  }
  return false;
}
