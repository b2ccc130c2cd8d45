import { type Catalogue, limitNamed } from '../../domain/plans/catalogue.ts';
import { rateFor } from '../../domain/plans/patterns.ts';
import { standingOf } from '../../domain/plans/standing.ts';
import type { SubjectState } from '../../domain/plans/subject.ts';
import { compile } from '../../domain/program/compile.ts';
import { type ConsumeStep, decidingOrder } from '../../domain/program/consume.ts';
import { emptyState, type ModelState, run, stateKey } from '../../domain/program/model.ts';
import type { Program, Step, StepAnswer } from '../../domain/program/program.ts';
import { read } from '../../domain/program/read.ts';
import { unreachable } from '../../domain/unreachable.ts';
import { asWire, inColumns, inLines, number } from './columns.ts';
import { factLines, type Valued, valueAndSource } from './facts.ts';
import type { Told } from './input.ts';
import type { Asked } from './question.ts';
import type { Before } from './question-parts.ts';

const TENANT = 'subject';

type Consumption = Extract<Asked, { ask: 'consume' }>;

/** The compiled program as it goes to the counters, and the answer of the model in memory, beginning at what the question tells. */
export function explainConsumption(
  { catalogue, subject, nowMs }: { catalogue: Catalogue; subject: SubjectState; nowMs: number },
  { isSuccess, steps: asked }: Consumption,
): Told {
  const consumer = { catalogue, subject, nowMs };
  const steps = asked.map(({ step }) => step);
  const program = compile(consumer, steps, { tenant: TENANT, isSuccess });
  const order = decidingOrder(steps);
  const state = emptyState();
  for (const [place, at] of order.entries()) begin(state, program.steps[place]!, asked[at]!.before, nowMs);
  const answer = run(state, program);
  if (answer.outcome === 'conflict') throw new RangeError('a program without an idempotency key has no conflict');

  const { decisions, refusal } = read(consumer, steps, program, answer);
  const values = steps.map((step) => valueOf(consumer, step));
  const text = [
    inLines([
      ['outcome', answer.outcome],
      ['refused by', refusal?.by.name ?? null],
    ]),
    programText(program, answer.steps),
    ...decisions.map(({ allowed, by }, at) =>
      inLines([['allowed', allowed ? 'yes, by itself' : 'no'], ...factLines(by, values[at]!)]),
    ),
  ].join('\n');
  const result = {
    outcome: answer.outcome,
    refused_by: refusal?.by.name ?? null,
    decisions: decisions.map(({ allowed, by }, at) => ({ allowed, by: asWire(by), ...values[at]! })),
    program: asWire(program),
    answer: asWire(answer),
  };
  return { result, text };
}

function valueOf({ catalogue, subject, nowMs }: Parameters<typeof explainConsumption>[0], step: ConsumeStep): Valued {
  const standing = standingOf(catalogue, subject, nowMs);
  const name = typeof step.limit === 'string' ? step.limit : step.limit.name;
  if (step.take === 'rate') {
    const { limit, source } = rateFor(standing, name, step);
    if (source !== 'plan') return { value: limit, source };
  }
  return valueAndSource(standing, limitNamed(catalogue, name));
}

/** Puts into the model what was used before. */
function begin(state: ModelState, step: Step, { used, balance, reserved, spent }: Before, nowMs: number): void {
  const key = stateKey(TENANT, step);
  switch (step.kind) {
    case 'rate':
      // All of it in the present cell, where it counts in full.
      state.rates.set(key, { cell: Math.floor(nowMs / step.windowMs), current: used, previous: 0 });
      return;
    case 'quota':
      state.quotas.set(key, used);
      return;
    case 'credits':
      // A balance that is told is that of now: what was due has been filled up.
      if (balance !== undefined) state.credits.set(key, { balance, refilledAtMs: nowMs });
      return;
    case 'budget': {
      const { periodKey, startsAtMs, op } = step;
      const holder = op.kind === 'reserve' || op.kind === 'spend' ? 'earlier' : op.reservationId;
      const held = { amount: reserved, expiresAtMs: nowMs + LEASE_MS };
      const reservations = new Map(reserved > 0 ? [[holder, held]] : []);
      state.budgets.set(key, { periodKey, startsAtMs, spent, reserved: reservations, ended: new Map() });
    }
  }
}

/** How long what is reserved before goes on holding; any time after the question's instant. */
const LEASE_MS = 3_600_000;

function programText({ steps }: Program, answers: readonly StepAnswer[]): string {
  const rows = steps.map((step, at) => {
    const { passed, taken } = answers[at]!;
    return [
      String(at + 1),
      step.kind,
      step.key,
      `when ${step.when}`,
      wanted(step),
      passed ? 'fits' : 'does not fit',
      taken ? 'taken' : 'not taken',
    ];
  });
  return inColumns([['step', 'kind', 'key', 'reached', 'asks', 'by itself', ''], ...rows]);
}

function wanted(step: Step): string {
  switch (step.kind) {
    case 'rate':
      return `${number(step.cost)} of ${number(step.limit)} in ${number(step.windowMs / 1000)} s`;
    case 'quota':
      return `${number(step.cost)} of ${number(step.limit)} in ${step.periodKey} (${step.edge})`;
    case 'credits': {
      const { op } = step;
      const amount = op.kind === 'spend' ? op.cost : op.kind === 'set' ? op.balance : op.amount;
      return `${op.kind} ${number(amount)}`;
    }
    case 'budget': {
      const amount = 'amount' in step.op ? ` ${number(step.op.amount)}` : '';
      return `${step.op.kind}${amount} of ${number(step.total)} in ${step.periodKey} (${step.edge})`;
    }
    default:
      return unreachable(step);
  }
}
