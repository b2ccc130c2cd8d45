import { requiredPlan } from '../../domain/plans/admitting.ts';
import { type Catalogue, findPlan, label, planNamed } from '../../domain/plans/catalogue.ts';
import { type Decision, decide, type Facts } from '../../domain/plans/decision.ts';
import { entitlements } from '../../domain/plans/entitlements.ts';
import { hint } from '../../domain/plans/hints.ts';
import { clampedLevel, shapeOf } from '../../domain/plans/levels.ts';
import { preview, type Situation, withPlans } from '../../domain/plans/preview.ts';
import { definitionOf, type Question } from '../../domain/plans/questions.ts';
import { visibleSince } from '../../domain/plans/retention.ts';
import { type Standing, standingOf } from '../../domain/plans/standing.ts';
import type { SubjectState } from '../../domain/plans/subject.ts';
import { allowedTransitions } from '../../domain/plans/transitions.ts';
import { previewInWords } from '../../domain/plans/words.ts';
import { writable } from '../../domain/plans/writable.ts';
import { unreachable } from '../../domain/unreachable.ts';
import { asWire, inColumns, inLines, number } from './columns.ts';
import { explainConsumption } from './explain-consumption.ts';
import { factLines, valueAndSource } from './facts.ts';
import { EXIT_USAGE, InputFault, readCatalogue, type Told } from './input.ts';
import type { Asked } from './question.ts';
import type { SubjectFile } from './subject.ts';

/** Who asks what, and when. */
export interface Case extends SubjectFile {
  catalogue: Catalogue;
  nowMs: number;
}

/**
 * What the engine answers, with the facts that decide, where the value comes from, and the plan that would say yes.
 * @throws {InputFault} where the engine can't answer: attributes that weren't told, numbers beyond what it holds
 */
export function explain(of: Case, asked: Asked): Told {
  try {
    const { result, text } = answered(of, asked);
    const head = { catalogue: label(of.catalogue), now: new Date(of.nowMs).toISOString() };
    return { result: { ...head, ...result }, text };
  } catch (error) {
    // The engine's own refusals name what is wrong with what was told; everything told comes from the caller here.
    if (error instanceof RangeError)
      throw new InputFault(`--question: ${error.message}.`, EXIT_USAGE, { cause: error });
    throw error;
  }
}

function answered(of: Case, asked: Asked): Told {
  const { catalogue, subject, nowMs } = of;
  switch (asked.ask) {
    case 'entitlements':
      return entitled(of);
    case 'decide':
      return decided(of, asked.question);
    case 'admitting': {
      const decision = decide(catalogue, subject, asked.question, nowMs);
      const result = {
        admitting_plan: decision.by?.admittingPlan ?? null,
        required_plan: required(of, asked.question),
      };
      const text = inLines([
        ['allowed', decision.allowed ? 'yes, on the present plan' : 'no, on the present plan'],
        ['admitting plan', result.admitting_plan ?? 'none'],
        ['required plan', result.required_plan ?? 'none'],
      ]);
      return { result: { allowed: decision.allowed, ...result }, text };
    }
    case 'consume':
      return explainConsumption(of, asked);
    case 'writable':
      return writability(of);
    case 'visible': {
      const { limit, days, sinceMs, chain } = visibleSince(catalogue, subject, asked.records, nowMs);
      const since = sinceMs === null ? null : new Date(sinceMs).toISOString();
      const text = inLines([
        ['records', asked.records],
        ['visible since', since ?? 'ever'],
        ['limit', `${limit}: ${days} days`],
        ['chain', chain],
      ]);
      return { result: { records: asked.records, limit, days, visible_since: since, chain }, text };
    }
    case 'shape': {
      const shape = shapeOf(catalogue, subject, asked.feature, nowMs);
      const text = inLines([
        ['level', shape.level],
        ['fields', shape.fields.join(', ') || 'none'],
        ['next level', shape.nextLevel],
        ['admitting plan', shape.admittingPlan],
      ]);
      return { result: { feature: asked.feature, ...(asWire(shape) as object) }, text };
    }
    case 'clamp': {
      const { feature, level: wanted } = asked;
      const level = clampedLevel(catalogue, subject, { feature, wanted }, nowMs);
      return {
        result: { feature, wanted, level },
        text: inLines([
          ['set up for', wanted],
          ['runs on', level],
        ]),
      };
    }
    case 'transitions':
      return transitions(of, asked.plan);
    case 'preview':
      return previewed(of, asked);
    default:
      return unreachable(asked);
  }
}

function decided(of: Case, question: Question): Told {
  const { catalogue, subject, nowMs } = of;
  const decision: Decision = decide(catalogue, subject, question, nowMs);
  const standing = standingOf(catalogue, subject, nowMs);
  const { value, source } = valueAndSource(standing, definitionOf(standing, question));
  const requiredPlan = required(of, question);
  const by: Facts | null = decision.by;
  const result = { allowed: decision.allowed, by: asWire(by), value, source, required_plan: requiredPlan };
  const lines: [string, string | null][] = [['allowed', decision.allowed ? 'yes' : 'no']];
  if (by === null) lines.push(['by', 'nothing: the limit does not hold there']);
  else lines.push(...factLines(by, { value, source }));
  lines.push(['required plan', requiredPlan ?? 'none: no plan says yes']);
  return { result, text: inLines(lines) };
}

function required({ catalogue, subject, nowMs }: Case, question: Question): string | null {
  return requiredPlan(catalogue, subject, question, nowMs);
}

function entitled({ catalogue, subject, usage, nowMs }: Case): Told {
  // Of what is counted for things below the subject there is no one number.
  const used = Object.fromEntries(usage.flatMap(({ limit, used, scope }) => (scope ? [] : [[limit, used]])));
  const { lines, limits, features } = entitlements(catalogue, subject, nowMs, used);
  const rows = Object.entries(limits).map(([name, { value, source, used, remaining, resetsAtMs }]) => {
    const resets = resetsAtMs === null ? '' : new Date(resetsAtMs).toISOString();
    return [
      name,
      number(value),
      source,
      used === null ? '-' : number(used),
      remaining === null ? '-' : number(remaining),
      resets,
    ];
  });
  const text = [
    inColumns([
      ['line', 'plan', 'source'],
      ...Object.entries(lines).map(([name, { plan, source }]) => [name, plan, source]),
    ]),
    inColumns([['limit', 'value', 'source', 'used', 'remaining', 'resets at'], ...rows]),
    inColumns([
      ['feature', 'value', 'source'],
      ...Object.entries(features).map(([name, { enabled, level, source }]) => [
        name,
        level ?? (enabled ? 'yes' : 'no'),
        source,
      ]),
    ]),
  ].join('\n');
  const onWire = Object.entries(limits).map(([name, { resetsAtMs, ...limit }]) => {
    return [name, { ...limit, resets_at: resetsAtMs === null ? null : new Date(resetsAtMs).toISOString() }];
  });
  return { result: { lines, limits: Object.fromEntries(onWire), features }, text };
}

function writability({ catalogue, subject, resources, nowMs }: Case): Told {
  const answers = writable(catalogue, subject, resources, nowMs);
  const rows = answers.map(({ kind, id, writable: isWritable, reason, by }) => {
    const plan = by?.admittingPlan;
    return [kind, id, isWritable ? 'writable' : 'read-only', reason ?? '', plan ? `writable on ${plan}` : ''];
  });
  const text = rows.length > 0 ? inColumns(rows) : "The subject's file tells of no resources.\n";
  return { result: { resources: asWire(answers) }, text };
}

function transitions({ catalogue, subject, nowMs }: Case, plan: string | undefined): Told {
  const { lines } = standingOf(catalogue, subject, nowMs) satisfies Standing;
  const from =
    plan === undefined ? [...lines.values()].map((line) => line.plan.name) : [planNamed(catalogue, plan).name];
  const found = from.map((name) => ({ from: name, to: allowedTransitions(catalogue, name) }));
  const rows = found.flatMap(({ from: name, to }) =>
    to.map(({ to: other, direction, by, effective, clears }) => [
      name,
      other,
      direction,
      by,
      effective,
      clears.length > 0 ? `clears ${clears.join(', ')}` : '',
    ]),
  );
  return {
    result: { transitions: found },
    text: inColumns([['from', 'to', 'direction', 'by', 'effective', ''], ...rows]),
  };
}

function previewed(of: Case, { to, billingCancelled, catalogue: file }: Extract<Asked, { ask: 'preview' }>): Told {
  const { catalogue, subject, usage, resources, nowMs } = of;
  const before = { catalogue, subject };
  const moved = file === undefined ? before : carriedOver(before.subject, readCatalogue(file), to);
  const placed = to.length > 0 ? withPlans(moved, planNames(moved.catalogue, to)) : moved;
  const after = {
    ...placed,
    subject: { ...placed.subject, billingCancelled: billingCancelled ?? placed.subject.billingCancelled },
  };
  const found = preview(before, after, { usage, resources }, nowMs);
  const sentences = previewInWords(found);
  return { result: { preview: asWire(found), sentences }, text: sentences.map((sentence) => `${sentence}\n`).join('') };
}

/** The subject under another version: its plans go on under that name, or as the plan that has it for an alias. */
function carriedOver(subject: SubjectState, catalogue: Catalogue, to: readonly string[]): Situation {
  const moved = new Set(to.map((name) => findPlan(catalogue, name)?.line));
  const plans = subject.plans.flatMap((name) => {
    const plan = findPlan(catalogue, name);
    if (plan) return moved.has(plan.line) ? [] : [plan.name];
    if (to.length > 0) return [];
    const accepts = `the plan that takes the place of ${name}, which ${label(catalogue)} does not have`;
    throw new InputFault(`--question /to: found nothing; it takes ${accepts}`, EXIT_USAGE);
  });
  return { catalogue, subject: { ...subject, plans } };
}

/** Plans as somebody told them, by name or alias. */
function planNames(catalogue: Catalogue, told: readonly string[]): string[] {
  return told.map((name) => {
    const plan = findPlan(catalogue, name);
    if (plan) return plan.name;
    const known = hint(name, Object.keys(catalogue.plans));
    throw new InputFault(`--question /to: found "${name}"; it takes the name of a plan${known}`, EXIT_USAGE);
  });
}
