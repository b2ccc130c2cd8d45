import { unreachable } from '../unreachable.ts';
import type { LimitKind } from './catalogue.ts';
import type { Change } from './diff.ts';
import type { Preview } from './preview.ts';

/** Sentences about what a change does, for people who decide on it. All English of the plan engine stands here. */

/** A preview as sentences: what is lost first, then what is gained; one that says so when nothing changes. */
export function previewInWords({ over, narrows, losesEffect, becomesReadOnly, opensUp }: Preview): string[] {
  const sentences = [
    ...becomesReadOnly.map(({ kind, id, reason }) => `The ${plain(kind)} '${id}' can only be read (${reason}).`),
    ...over.map(({ limit, scope, used, after, treatment }) => {
      const where = scope === null ? '' : ` in '${scope}'`;
      return `${capital(plain(limit))}${where}: ${amount(used)} of ${amount(after)} ${areUsed(used)}; ${OVER[treatment]}.`;
    }),
    ...losesEffect.map(({ feature, before, after, treatment }) => {
      const what = capital(plain(feature));
      const fall =
        typeof after === 'string' ? ` falls from ${valueInWords(before)} to ${valueInWords(after)}` : ' is lost';
      return `${what}${fall}: ${ON_LOSS[treatment]}.`;
    }),
    ...narrows.map(({ limit, kind, before, after }) => limitInWords(limit, kind, before, after)),
    ...opensUp.resources.map(({ kind, id }) => `The ${plain(kind)} '${id}' can be written to again.`),
    ...opensUp.features.map(({ feature, before, after }) =>
      typeof after === 'string' && typeof before === 'string'
        ? `${capital(plain(feature))} rises from ${valueInWords(before)} to ${valueInWords(after)}.`
        : `${capital(plain(feature))} becomes available${typeof after === 'string' ? `: ${valueInWords(after)}` : ''}.`,
    ),
    ...opensUp.limits.map(({ limit, kind, before, after }) => limitInWords(limit, kind, before, after)),
  ];
  return sentences.length > 0 ? sentences : ['Nothing changes.'];
}

/** What a change does to many subjects at once, in one sentence for each thing that somebody would lose. */
export function summaryInWords(subject: string, previews: readonly Preview[]): string[] {
  const readOnly = new Map<string, { subjects: number; things: number }>();
  const over = new Map<string, number>();
  const lost = new Map<string, number>();
  for (const preview of previews) {
    const kinds = Map.groupBy(preview.becomesReadOnly, ({ kind }) => kind);
    for (const [kind, things] of kinds) {
      const sum = readOnly.get(kind) ?? { subjects: 0, things: 0 };
      readOnly.set(kind, { subjects: sum.subjects + 1, things: sum.things + things.length });
    }
    for (const limit of new Set(preview.over.map((each) => each.limit))) over.set(limit, (over.get(limit) ?? 0) + 1);
    for (const { feature } of preview.losesEffect) lost.set(feature, (lost.get(feature) ?? 0) + 1);
  }

  const sentences = [
    ...[...readOnly].map(([kind, { subjects, things }]) => {
      return `${count(subjects, subject)} would lose write access to ${count(things, kind)}.`;
    }),
    ...[...over].map(([limit, subjects]) => `${count(subjects, subject)} would be over the limit of ${plain(limit)}.`),
    ...[...lost].map(
      ([feature, subjects]) => `${count(subjects, subject)} would lose ${plain(feature)}, wholly or in part.`,
    ),
  ];
  return sentences.length > 0 ? sentences : [`No ${plain(subject)} would lose anything.`];
}

/** The difference of two catalogues as sentences, in the order of the changes. */
export function diffInWords(changes: readonly Change[]): string[] {
  return changes.map(changeInWords);
}

function changeInWords({ of, name, field, plan, before, after, effect }: Change): string {
  const what = of === 'catalogue' ? 'The catalogue' : `The ${of} '${name}'`;
  if (field === 'exists') {
    const whom = plan === null ? '' : ': whoever holds it has to be moved';
    return after === true ? `${what} is new.` : `${what} is gone${whom}.`;
  }
  if (of === 'plan' && field === 'name') return `${what} goes on as '${String(after)}'.`;
  if (plan !== null && (field === 'values' || field === 'withoutLine')) {
    const condition = field === 'withoutLine' ? ', while nothing else gives it,' : '';
    const judgement = effect === 'gains' ? ' (more)' : effect === 'loses' ? ' (less)' : '';
    return `On '${plan}'${condition} ${plain(name)} goes from ${valueInWords(before)} to ${valueInWords(after)}${judgement}.`;
  }
  // What has parts of its own would be a page: that it differs is the sentence, and how is in the data.
  if (isMap(before) || isMap(after)) return `${what} has other ${plain(field)}.`;
  return `${what} has another ${plain(field)}: ${valueInWords(after)} instead of ${valueInWords(before)}.`;
}

const OVER: Record<Preview['over'][number]['treatment'], string> = {
  keep_working: 'what there is goes on working, more is refused',
  read_only_newest: 'the newest become read-only, more is refused',
  refuse: 'more is refused until it begins anew',
};

const ON_LOSS: Record<Preview['losesEffect'][number]['treatment'], string> = {
  stop: 'what was made with it is kept and has no effect',
  keep_working: 'what was made with it goes on working, nothing new is made',
  keep_enforcing: 'what protects goes on protecting, nothing is added',
  clamp: 'what was set beyond it is kept and acts as far as is allowed',
  read_only: 'what was made with it can only be read',
};

function limitInWords(limit: string, kind: LimitKind, before: unknown, after: unknown): string {
  const what = capital(plain(limit));
  switch (kind) {
    case 'retention':
      return `${what}: records are shown for ${days(after)} instead of ${days(before)}.`;
    case 'count':
    case 'sum':
    case 'size':
    case 'quota':
    case 'rate':
    case 'credits':
    case 'budget':
      return `${what}: ${valueInWords(after)} instead of ${valueInWords(before)}.`;
    default:
      return unreachable(kind);
  }
}

function days(value: unknown): string {
  return typeof value === 'number' ? count(value, 'day') : 'ever';
}

function valueInWords(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'number') return amount(value);
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string') return plain(value);
  return Array.isArray(value) ? value.map(valueInWords).join(', ') || 'none' : JSON.stringify(value);
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function amount(value: number | 'unlimited'): string {
  return typeof value === 'number' ? value.toLocaleString('en-US') : value;
}

function areUsed(used: number): string {
  return used === 1 ? 'is used' : 'are used';
}

function count(number: number, thing: string): string {
  return `${amount(number)} ${plain(thing)}${number === 1 ? '' : 's'}`;
}

/** A name as words: `private_vaults` as `private vaults`. */
function plain(name: string): string {
  return name
    .replaceAll(/[_.]/g, ' ')
    .replaceAll(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
