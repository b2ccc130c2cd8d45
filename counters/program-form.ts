import { type StepFigures, tellAnswer } from '../domain/program/answer.ts';
import { checkProgram } from '../domain/program/check.ts';
import type {
  BudgetAnswer,
  BudgetState,
  BudgetStep,
  CreditsState,
  CreditsStep,
  Program,
  ProgramAnswer,
  Step,
} from '../domain/program/program.ts';
import { budgetKeys, creditsKey, onceKey, plainName, quotaKeyOf, rateKey } from './partitions.ts';

/**
 * The form in which programs are sent to `program/*.lua`, and in which their answers come back: what each argument means stands there.
 * Everything that is sent is checked here, so that one program that can't be run never keeps those beside it from running.
 */

/** What is settled of a step's state; `null` where nothing ever was. */
export type Settled = number | SettledCredits | SettledBudget | null;

/** `version` rises with each change of the balance; of two states the one with the higher version is the later one. */
export type SettledCredits = CreditsState & { readonly version: number };
export type SettledBudget = BudgetState & { readonly version: number };

/** For how long a counter outlives its period at least, so that what was used can still be settled. */
export const KEPT_AFTER_SECONDS = 3 * 86_400;

/** What one script call runs, as it is put together. */
export class ProgramForm {
  /** What steps and idempotency keys are held in, and pairs of a budget and its leases. */
  readonly #texts: string[] = [];
  readonly #pairs: string[] = [];
  readonly #textFacts: string[] = [];
  readonly #pairFacts: string[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #runs: string[] = [];

  /** The keys after the fixed ones. */
  keys(): string[] {
    return [...this.#texts, ...this.#pairs];
  }

  /** The arguments after the fixed ones. */
  arguments(): string[] {
    return [String(this.#texts.length), ...this.#textFacts, ...this.#pairFacts, ...this.#runs];
  }

  /** Adds what is run, with its arguments. */
  run(...run: string[]): void {
    this.#runs.push(...run);
  }

  /** The number of a text. A fact that says what is settled stands above one that doesn't. */
  text(key: string, fact: string, isSeeded = false): number {
    return this.#numberOf(key, { keys: [key], list: this.#texts, facts: this.#textFacts, fact, isSeeded });
  }

  /** The number of a budget. */
  pair(keys: readonly [string, string], fact: string, isSeeded: boolean): number {
    return this.#numberOf(keys[0], { keys, list: this.#pairs, facts: this.#pairFacts, fact, isSeeded });
  }

  #numberOf(
    name: string,
    held: { keys: readonly string[]; list: string[]; facts: string[]; fact: string; isSeeded: boolean },
  ): number {
    const { keys, list, facts, fact, isSeeded } = held;
    const known = this.#numbers.get(name);
    if (known !== undefined) {
      if (isSeeded) facts[known - 1] = fact;
      return known;
    }
    list.push(...keys);
    const number = facts.push(fact);
    this.#numbers.set(name, number);
    return number;
  }
}

/** A program as it is sent, but for the numbers of its keys: they are known when all that travels together is. */
export interface PreparedProgram {
  readonly program: Program;
  readonly head: string;
  readonly pieces: readonly Piece[];
  readonly once: { readonly key: string; readonly keptSeconds: string; readonly lines: readonly string[] } | null;
}

interface Piece {
  readonly text: string;
  readonly key: string | readonly [string, string] | null;
  readonly fact: string;
  readonly isSeeded: boolean;
}

export interface Place {
  readonly partition: number;
  /** What is settled by the step's index, where it was found cold; a step that is not in it was not asked for. */
  readonly seeds: ReadonlyMap<number, Settled>;
}

/** Checks a program, and makes ready what can be. @throws {RangeError} when it can't be run exactly */
export function prepareProgram(program: Program, { partition, seeds }: Place): PreparedProgram {
  checkProgram(program);
  const { nowMs, tenant, isSuccess, steps, idempotency } = program;
  return {
    program,
    head: `p${digits(nowMs)} ${bit(isSuccess)} ${bit(idempotency !== null)} `,
    pieces: steps.map((step, at) => {
      const seed = seeds.has(at) ? seeds.get(at) : settledOf(step);
      return prepareStep(step, { partition, tenant, seed });
    }),
    once: idempotency && {
      key: onceKey(partition, tenant, idempotency.key),
      keptSeconds: digits(idempotency.keptSeconds),
      lines: [JSON.stringify(idempotency.fingerprint), contextOf(program)],
    },
  };
}

/** Adds a program to what is sent. */
export function writeProgram(form: ProgramForm, { head, pieces, once }: PreparedProgram): void {
  const numbers = pieces.map(({ key, fact, isSeeded }) => {
    if (key === null) return 0;
    return typeof key === 'string' ? form.text(key, fact, isSeeded) : form.pair(key, fact, isSeeded);
  });
  form.run(head + numbers.join(), ...pieces.map(({ text }) => text));
  if (once) form.run(`${form.text(once.key, '')} ${once.keptSeconds}`, ...once.lines);
}

function prepareStep(
  step: Step,
  { partition, tenant, seed }: { partition: number; tenant: string; seed: Settled | undefined },
): Piece {
  const when = step.when[0]!;
  const isSeeded = seed !== undefined;
  if (step.kind === 'rate') {
    const { windowMs, cost, limit } = step;
    const text = `r ${when} ${digits(cost)} ${limitText(limit)} ${digits(windowMs)}`;
    return { text, key: rateKey(partition, { tenant, key: step.key, windowMs }), fact: '', isSeeded };
  }
  if (step.kind === 'quota') {
    const { edge, cost, limit, thresholds, periodKey, startsAtMs, endsAtMs } = step;
    const key = quotaKeyOf(partition, { tenant, key: step.key, periodKey });
    const text = `q ${when} ${edge[0]} ${digits(cost)} ${limitText(limit)} ${thresholds.map(digits).join(',')}`;
    const settled = isSeeded ? ((seed ?? 0) as number) : null;
    return { text, key, fact: quotaFact({ startsAtMs, endsAtMs }, settled), isSeeded };
  }
  if (step.kind === 'credits') {
    if (step.unlimited) return { text: `u ${when}`, key: null, fact: '', isSeeded };
    const { op, refill } = step;
    const amount = op.kind === 'spend' ? op.cost : op.kind === 'set' ? op.balance : op.amount;
    const due = refill ? `${digits(refill.amount)} ${digits(refill.dueAtMs)}` : '';
    const text = `c ${when} ${CREDITS_OPS[op.kind]} ${digits(amount)} ${due}`;
    return { text, key: creditsKey(partition, tenant, step.key), fact: creditsFact(step, seed), isSeeded };
  }
  const keys = budgetKeys(partition, tenant, step.key);
  return { text: budgetText(step), key: keys, fact: budgetFact(step, seed), isSeeded };
}

/** What is needed of a quota that is missing; `settled` is `null` when not asked yet. */
function quotaFact({ startsAtMs, endsAtMs }: { startsAtMs: number; endsAtMs: number }, settled: number | null): string {
  const keptSeconds = Math.ceil((endsAtMs - startsAtMs) / 1000) + KEPT_AFTER_SECONDS;
  return `${digits(keptSeconds)} ${digits(Math.max(0, startsAtMs))} ${settled === null ? '' : digits(settled)}`;
}

const CREDITS_OPS = { spend: 's', set: 'b', add: 'a', subtract: 'l' } as const;
const BUDGET_OPS = { reserve: 'r', extend: 'e', commit: 'c', release: 'l', spend: 's' } as const;

function creditsFact({ initial, bornAtMs }: CreditsStep, seed: Settled | undefined): string {
  const born = `${digits(bornAtMs)} ${digits(initial.balance)} ${digits(initial.refilledAtMs)}`;
  if (seed === undefined) return `${born} `;
  return `${born} ${settledCreditsText((seed ?? { ...initial, version: 0 }) as SettledCredits)}`;
}

function budgetFact({ bornAtMs }: BudgetStep, seed: Settled | undefined): string {
  if (seed === undefined) return `${digits(bornAtMs)} `;
  if (seed === null) return `${digits(bornAtMs)} -`;
  return `${digits(bornAtMs)} ${settledBudgetText(seed as SettledBudget)}`;
}

/** What is settled of a budget, as scripts read it (`program/budget.lua`). */
export function settledBudgetText({ startsAtMs, spent, version, periodKey, reserved, ended }: SettledBudget): string {
  const totals = `${digits(startsAtMs)} ${digits(spent)} ${digits(version)} ${plainName(periodKey)}`;
  const held = [...reserved].map(([id, one]) => ` r ${digits(one.amount)} ${digits(one.expiresAtMs)} ${plainName(id)}`);
  const gone = [...ended].map(([id, one]) => ` ${ENDED[one.state]} 0 ${digits(one.forgottenAtMs)} ${plainName(id)}`);
  return totals + held.join('') + gone.join('');
}

/** What is settled of a balance, as scripts read it. */
export function settledCreditsText({ balance, refilledAtMs, version }: SettledCredits): string {
  return `${digits(balance)} ${digits(refilledAtMs)} ${digits(version)}`;
}

const ENDED = { committed: 'c', released: 'l', expired: 'x' } as const;

function budgetText(step: BudgetStep): string {
  const { op, edge, paused, total, startsAtMs, thresholds, periodKey } = step;
  const amount = 'amount' in op ? digits(op.amount) : '0';
  const leaseMs = 'leaseMs' in op ? digits(op.leaseMs) : '0';
  const id = 'reservationId' in op ? plainName(op.reservationId) : '';
  const judged = `${BUDGET_OPS[op.kind]} ${amount} ${leaseMs} ${bit(edge === 'hard')} ${bit(paused)} ${limitText(total)}`;
  const period = `${digits(Math.max(0, startsAtMs))} ${thresholds.map(digits).join(',')} ${plainName(periodKey)}`;
  return `b ${step.when[0]} ${judged} ${period} ${id}`;
}

/** What the program itself says to be settled. Without a version it is the oldest that there is. */
function settledOf(step: Step): Settled | undefined {
  if (step.kind === 'rate' || step.settled === null) return undefined;
  if (step.kind === 'quota') return step.settled;
  return step.kind === 'credits' ? { version: 0, ...step.settled } : { version: 0, ...step.settled };
}

/** What an answer is told by besides its figures (`tellAnswer`): kept with the first answer, as a repeat may come in other words. */
function contextOf({ nowMs, isSuccess, steps }: Program): string {
  return JSON.stringify({
    nowMs,
    isSuccess,
    steps: steps.map((step) => {
      const { kind, when } = step;
      if (kind === 'rate') {
        return { kind, when, key: step.key, limit: step.limit, windowMs: step.windowMs, cost: step.cost };
      }
      if (kind === 'quota') {
        return { kind, when, limit: step.limit, cost: step.cost, thresholds: step.thresholds, endsAtMs: step.endsAtMs };
      }
      if (kind === 'credits') return { kind, when, op: step.op, refill: step.refill };
      return { kind, when, total: step.total, thresholds: step.thresholds };
    }),
  });
}

/** Reads what programs answered, one after the other. */
export class AnswerReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next figure. */
  figure(): number {
    const text = this.#text;
    let at = this.#at;
    while (text.charCodeAt(at) <= 0x20) at += 1;
    const isNegative = text.charCodeAt(at) === 0x2d;
    if (isNegative) at += 1;
    const from = at;
    let value = 0;
    for (let code = text.charCodeAt(at); code >= 0x30 && code <= 0x39; code = text.charCodeAt((at += 1))) {
      value = value * 10 + (code - 0x30);
    }
    if (at === from) throw new TypeError(`The script answered '${text.slice(this.#at, this.#at + 40)}'`);
    this.#at = at;
    return isNegative ? -value : value;
  }

  /** The next line that holds something. */
  line(): string {
    const from = this.#text.indexOf('\n', this.#at) + 1;
    this.#at = this.#text.indexOf('\n', from);
    return this.#text.slice(from, this.#at);
  }
}

/** Reads the answer of a program; or which of its steps are cold, by index. */
export function readProgram(reader: AnswerReader, program: Program): ProgramAnswer | { cold: number[] } {
  const outcome = reader.figure();
  if (outcome === 2) return { cold: Array.from({ length: reader.figure() }, () => reader.figure() - 1) };
  if (outcome === 3) return { outcome: 'conflict' };
  const isRepeat = outcome === 4;
  const asked = isRepeat ? (JSON.parse(reader.line()) as Program) : program;
  if ((isRepeat ? reader.figure() : outcome) !== 1) throw new TypeError(`The script answered ${outcome}`);
  const figures = asked.steps.map((step) => readFigures(reader, step));
  return tellAnswer(asked, figures, isRepeat);
}

const BUDGET_STATES: readonly BudgetAnswer['state'][] = [
  'reserved',
  'committed',
  'released',
  'expired',
  'unknown',
  'paused',
  'insufficient',
  'spent',
];

function readFigures(reader: AnswerReader, { kind }: Step): StepFigures {
  const passed = reader.figure() === 1;
  const next = (): number => reader.figure();
  if (kind === 'rate') return { kind, passed, cell: next(), current: next(), previous: next() };
  if (kind === 'quota') return { kind, passed, used: next() };
  if (kind === 'credits') {
    const balance = next();
    return { kind, passed, balance: balance < 0 ? null : balance, refilled: next() === 1 };
  }
  return { kind, passed, reserved: next(), spent: next(), added: next(), state: BUDGET_STATES[next()]! };
}

function digits(amount: number): string {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new RangeError(`${String(amount)} is not an integer from 0 to 2^53 − 1`);
  }
  return String(amount);
}

function limitText(limit: number | 'unlimited'): string {
  return limit === 'unlimited' ? '-' : digits(limit);
}

function bit(is: boolean): 0 | 1 {
  return is ? 1 : 0;
}
