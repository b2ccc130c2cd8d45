import type { Catalogue, GateVerb } from '../../domain/plans/catalogue.ts';
import { hintOrList } from '../../domain/plans/hints.ts';
import type { Question } from '../../domain/plans/questions.ts';
import type { ConsumeStep } from '../../domain/program/consume.ts';
import { Fields, faultsInWords } from './fields.ts';
import { EXIT_USAGE, InputFault } from './input.ts';
import { consumingStep } from './question-consume.ts';
import { type Before, type Known, limitOf, usedOf } from './question-parts.ts';
import { scopeOf } from './subject.ts';

export type Asked =
  | { ask: 'entitlements' }
  | { ask: 'decide'; question: Question }
  | { ask: 'admitting'; question: Question }
  | { ask: 'consume'; isSuccess: boolean; steps: { step: ConsumeStep; before: Before }[] }
  | { ask: 'writable' }
  | { ask: 'visible'; records: string }
  | { ask: 'shape'; feature: string }
  | { ask: 'clamp'; feature: string; level: string }
  | { ask: 'transitions'; plan: string | undefined }
  | { ask: 'preview'; to: string[]; billingCancelled: boolean | undefined; catalogue: string | undefined };

/** The fields that a question of each sort takes, of which the first may be told by its value alone. */
const ASKS = {
  entitlements: [],
  use: ['feature', 'verb', 'level'],
  add: ['limit', 'amount', 'used', 'scope'],
  change: ['limit', 'before', 'after', 'scope'],
  send: ['limit', 'size', 'scope'],
  consume: ['steps', 'success'],
  see: ['records', 'created_at'],
  visible: ['records'],
  writable: [],
  shape: ['feature'],
  clamp: ['feature', 'level'],
  transitions: ['plan'],
  preview: ['to', 'billing_cancelled', 'catalogue'],
  admitting: ['question'],
} as const;
type Ask = keyof typeof ASKS;

const VERBS: readonly GateVerb[] = ['write', 'read', 'capture', 'run', 'shape'];

/**
 * Reads a question, in words (`add private_vaults amount=2`) or as JSON (`{"ask":"add","limit":"private_vaults","amount":2}`); both
 * have the same fields, which `docs/catalogues.md` lists.
 * @throws {InputFault} with every fault: the field, what stands there, what is accepted
 */
export function readQuestion(text: string, known: Known): Asked {
  const isJson = text.trimStart().startsWith('{');
  const fields = new Fields(isJson ? parsed(text) : fromWords(text.trim().split(/\s+/)), { words: !isJson });
  const asked = questionOf(fields, known);
  if (fields.faults.length > 0 || asked === undefined) {
    throw new InputFault(faultsInWords('--question', fields.faults), EXIT_USAGE);
  }
  return asked;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new InputFault(`--question: is no JSON: ${(error as Error).message}`, EXIT_USAGE, { cause: error });
  }
}

/** `admitting` goes before another question; `consume` takes several steps, parted by `+`. */
function fromWords([ask = '', ...words]: string[]): Record<string, unknown> {
  if (ask === 'admitting') return { ask, question: words[0] === ask ? { ask } : fromWords(words) };
  // Another ask is told as a fault by itself: what would follow it can't be known.
  if (!Object.hasOwn(ASKS, ask)) return { ask };
  if (ask !== 'consume') return { ask, ...pairs(words, ASKS[ask as Ask][0]) };
  const success = words.findLast((word) => word.startsWith('success='))?.slice('success='.length);
  const steps: string[][] = [[]];
  for (const word of words.filter((each) => !each.startsWith('success='))) {
    if (word === '+') steps.push([]);
    else steps.at(-1)!.push(word);
  }
  return { ask, ...(success !== undefined && { success }), steps: steps.map((step) => pairs(step, 'limit')) };
}

/** `name=value`, the first of them perhaps without its name; `scope.visibility=private` is an attribute of the scope. */
function pairs(words: readonly string[], first: string | undefined): Record<string, unknown> {
  const told = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    const equals = word.indexOf('=');
    const isBare = equals < 0;
    if (isBare && (index > 0 || first === undefined)) {
      throw new InputFault(`--question: '${word}' is no NAME=VALUE. ${GRAMMAR}`, EXIT_USAGE);
    }
    const name = isBare ? first! : word.slice(0, equals);
    if (told.has(name)) throw new InputFault(`--question /${name}: found twice; it takes one value`, EXIT_USAGE);
    told.set(name, isBare ? word : word.slice(equals + 1));
  }
  const fields: Record<string, unknown> = Object.fromEntries([...told].filter(([name]) => !isOfScope(name)));
  const ofScope = [...told].filter(([name]) => isOfScope(name));
  if (ofScope.length === 0) return fields;
  const attributes = ofScope
    .filter(([name]) => name !== 'scope')
    .map(([name, value]) => [name.slice(OF_SCOPE.length), value] as const);
  return { ...fields, scope: { id: told.get('scope'), attributes: Object.fromEntries(attributes) } };
}

function isOfScope(name: string): boolean {
  return name === 'scope' || name.startsWith(OF_SCOPE);
}

const OF_SCOPE = 'scope.';
const GRAMMAR = 'A question is an ask, what it is about, then NAME=VALUE for the rest: add seats amount=2.';

function questionOf(fields: Fields, known: Known): Asked | undefined {
  const ask = fields.oneOf('ask', Object.keys(ASKS) as Ask[]);
  if (ask === undefined) {
    if (fields.faults.length === 0) fields.wrong('ask', hintOrList(undefined, Object.keys(ASKS)));
    return undefined;
  }
  const asked = byAsk(ask, fields, known);
  // Asked for here so that an unknown field is answered with all that this question takes.
  for (const name of ASKS[ask]) fields.take(name);
  fields.end();
  return asked;
}

function byAsk(ask: Ask, fields: Fields, known: Known): Asked | undefined {
  const { catalogue } = known;
  switch (ask) {
    case 'entitlements':
    case 'writable':
      return { ask };
    case 'consume':
      return consumption(fields, known);
    case 'visible': {
      const records = recordsOf(fields, catalogue);
      return records === undefined ? undefined : { ask, records };
    }
    case 'shape':
    case 'clamp': {
      const feature = featureOf(fields, catalogue, 'level');
      if (ask === 'shape') return feature === undefined ? undefined : { ask, feature };
      const level = levelOf(fields, catalogue, feature);
      fields.need('level', 'the level that it was set up for');
      return feature === undefined || level === undefined ? undefined : { ask, feature, level };
    }
    case 'transitions':
      return { ask, plan: fields.named('plan', 'plan', Object.keys(catalogue.plans)) };
    case 'preview':
      return previewed(fields);
    case 'admitting': {
      const inner = fields.map('question');
      // One admitting is enough: more of them would only nest.
      const question = inner && inner.take('ask') !== ask ? questionOf(inner, known) : undefined;
      if (question?.ask === 'decide') return { ask, question: question.question };
      if (fields.faults.length === 0) fields.wrong('question', 'one of use, add, change, send and see after admitting');
      return undefined;
    }
    default: {
      const question = decided(ask, fields, known);
      return question && { ask: 'decide', question };
    }
  }
}

function decided(ask: 'use' | 'add' | 'change' | 'send' | 'see', fields: Fields, known: Known): Question | undefined {
  const { catalogue } = known;
  if (ask === 'use') {
    const feature = featureOf(fields, catalogue);
    const verb = fields.oneOf('verb', VERBS);
    const level = levelOf(fields, catalogue, feature);
    return feature === undefined ? undefined : { ask, feature, verb, level };
  }
  if (ask === 'see') {
    const records = recordsOf(fields, catalogue);
    const createdAtMs = fields.instant('created_at');
    fields.need('created_at', 'when the record was made, such as 2026-11-01T00:00:00Z');
    return records === undefined || createdAtMs === undefined ? undefined : { ask, records, createdAtMs };
  }
  const limit = limitOf(fields, catalogue, ask === 'send' ? ['size'] : ['count', 'sum']);
  if (limit === undefined) return undefined;
  const scope = scopeOf(catalogue, fields.map('scope'), catalogue.limits[limit]!.scope);
  if (ask === 'send') {
    const size = fields.amount('size');
    fields.need('size', 'how large the request is');
    return size === undefined ? undefined : { ask, limit, size, scope };
  }
  const first = ask === 'add' ? 'used' : 'before';
  const used = fields.amount(first) ?? usedOf(known, limit, scope);
  if (used === undefined)
    fields.need(first, `how many there are: ${first}=N here, or usage.${limit} in the subject's file`);
  if (ask === 'add') {
    const amount = fields.amount('amount') ?? 1;
    return used === undefined ? undefined : { ask, limit, used, amount, scope };
  }
  const after = fields.amount('after');
  fields.need('after', 'how many there would be');
  return used === undefined || after === undefined ? undefined : { ask, limit, before: used, after, scope };
}

function consumption(fields: Fields, known: Known): Asked | undefined {
  const isSuccess = fields.flag('success') ?? true;
  const accepts = 'a list of steps, each with its limit';
  const told = fields.list('steps', accepts);
  if (told.length === 0) fields.need('steps', accepts);
  const keys = new Set<string>();
  const steps = told.flatMap((each) => {
    const step = consumingStep(each, known);
    if (step && step.step.take !== 'rate' && keys.has(step.step.key)) each.wrong('limit', 'each limit but a rate once');
    if (step) keys.add(step.step.key);
    each.end();
    return step ? [step] : [];
  });
  return { ask: 'consume', isSuccess, steps };
}

function previewed(fields: Fields): Asked {
  const to = fields.take('to');
  const texts = typeof to === 'string' ? to.split(',') : Array.isArray(to) ? to.map(String) : [];
  if (to !== undefined && texts.length === 0) fields.wrong('to', 'the plans to move to, parted by commas');
  const billingCancelled = fields.flag('billing_cancelled');
  const catalogue = fields.text('catalogue');
  if (to === undefined && billingCancelled === undefined && catalogue === undefined) {
    fields.wrong('to', 'the plans to move to; or billing_cancelled=true, or catalogue=FILE');
  }
  return { ask: 'preview', to: texts, billingCancelled, catalogue };
}

function featureOf(fields: Fields, { features }: Catalogue, type?: 'level'): string | undefined {
  const named = Object.keys(features).filter((name) => type === undefined || features[name]!.type === type);
  const feature = fields.named('feature', type ? 'feature with levels' : 'feature', named);
  fields.need('feature', 'the name of a feature');
  return feature;
}

function levelOf(fields: Fields, { features }: Catalogue, name: string | undefined): string | undefined {
  const feature = name === undefined ? undefined : features[name];
  if (feature?.type === 'level') return fields.oneOf('level', feature.levels);
  return feature && fields.has('level') ? fields.wrong('level', `none: ${feature.name} has no levels`) : undefined;
}

function recordsOf(fields: Fields, { limits }: Catalogue): string | undefined {
  const known = Object.values(limits).flatMap((limit) => (limit.kind === 'retention' ? limit.records : []));
  const records = fields.named('records', 'kind of record', known);
  fields.need('records', 'a kind of record');
  return records;
}
