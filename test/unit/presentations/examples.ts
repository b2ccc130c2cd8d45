import { readFileSync } from 'node:fs';
import type { Catalogue } from '../../../domain/plans/catalogue.ts';
import type { Facts } from '../../../domain/plans/decision.ts';
import type { SubjectState } from '../../../domain/plans/subject.ts';
import { compile } from '../../../domain/program/compile.ts';
import type { ConsumeStep } from '../../../domain/program/consume.ts';
import { emptyState, type ModelState, run } from '../../../domain/program/model.ts';
import { type Reading, read } from '../../../domain/program/read.ts';

/** A block of a section of a specification, as it stands there: the n-th fenced with that language. */
export function blockOf(spec: string, section: string, language: string, at = 0): string {
  const text = readFileSync(new URL(`../../../docs/spec/${spec}.md`, import.meta.url), 'utf8');
  const from = text.search(new RegExp(`^#+ §?${section.replaceAll('.', '\\.')} `, 'm'));
  if (from < 0) throw new RangeError(`${spec}.md has no section ${section}`);
  const [heading] = /^#+/.exec(text.slice(from))!;
  const rest = text.slice(from + heading.length);
  const end = rest.search(new RegExp(`^#{1,${heading.length}} `, 'm'));
  const blocks = [...rest.slice(0, end < 0 ? undefined : end).matchAll(/^```(\w*)\n([\s\S]*?)^```/gm)];
  const found = blocks.filter(([, of]) => of === language)[at];
  if (!found) throw new RangeError(`${spec}.md §${section} has no such block`);
  return found[2]!;
}

/** The n-th JSON example of a section. */
export function exampleOf(spec: string, section: string, at = 0): Record<string, unknown> {
  return JSON.parse(blockOf(spec, section, 'json', at)) as Record<string, unknown>;
}

/** The status and headers of the HTTP example of a section. */
export function httpOf(spec: string, section: string): { status: number; headers: Record<string, string> } {
  const [first, ...lines] = blockOf(spec, section, '').trim().split('\n');
  const headers = Object.fromEntries(lines.map((line) => line.split(': ') as [string, string]));
  return { status: Number(first!.split(' ')[1]), headers };
}

/** The body as its reader parses it. */
export function parsed({ body }: { body: string }): Record<string, unknown> {
  return JSON.parse(body) as Record<string, unknown>;
}

export interface Consuming {
  catalogue: Catalogue;
  subject: SubjectState;
  nowMs: number;
}

/** Consumes by the engine's model, and reads its answer. */
export function consume(
  consumer: Consuming,
  steps: readonly ConsumeStep[],
  state: ModelState = emptyState(),
): Reading & { state: ModelState } {
  const program = compile(consumer, steps, { tenant: 'a tenant' });
  const answer = run(state, program);
  if (!('steps' in answer)) throw new Error(`a program was answered ${answer.outcome}`);
  return { ...read(consumer, steps, program, answer), state };
}

/** The facts of a "no". */
export function refused(decision: { allowed: boolean; by: Facts | null } | null): Facts {
  if (!decision || decision.allowed || !decision.by) throw new Error('this was to be refused');
  return decision.by;
}
