import { readFileSync } from 'node:fs';
import type { Catalogue } from '../domain/plans/catalogue.ts';
import { decide } from '../domain/plans/decision.ts';
import { diff } from '../domain/plans/diff.ts';
import { entitlements } from '../domain/plans/entitlements.ts';
import { loadCatalogue, parseCatalogue } from '../domain/plans/load.ts';
import type { Override, SubjectState } from '../domain/plans/subject.ts';
import { type Resource, writable } from '../domain/plans/writable.ts';
import { compile } from '../domain/program/compile.ts';
import { median } from './rounds.ts';

/** How long the engine takes for one answer, in this process: microseconds, the median of the rounds. */
export interface Decisions {
  question: string;
  microseconds: number;
}

const NOW_MS = Date.parse('2026-11-21T12:00:00Z');
const BATCH_MS = 40;

/** Each question is asked anew each time, from the catalogue and the subject's state alone; nothing is kept between two. */
export function measureDecisions(rounds: number): Decisions[] {
  const keyway = shipped('examples/keyway.yaml');
  const wide = withLimits(30);
  const free = subjectOn('free');
  const agreed = subjectOn('large', {
    overrides: overridesOf(['limit_0', 'limit_1', 'limit_2', 'limit_3', 'limit_4']),
  });
  const usage = Object.fromEntries(Object.keys(wide.limits).map((name, at) => [name, at]));
  const vaults = Array.from({ length: 100 }, (_, at): Resource => {
    return { kind: 'vault', id: `v${at}`, createdAtMs: at, attributes: { visibility: 'private', owner_kind: 'user' } };
  });
  const scope = { scope: 'vault', id: 'v1', attributes: { visibility: 'private' } };
  const steps = [
    { take: 'rate', key: 'r', limit: 'rate.general' },
    { take: 'rate', key: 'p', limit: 'rate.push_pull' },
  ] as const;

  const questions: [string, () => unknown][] = [
    ['entitlements, 30 limits', () => entitlements(wide, subjectOn('small'), NOW_MS, usage)],
    ['entitlements, 30 limits, 5 overrides', () => entitlements(wide, agreed, NOW_MS, usage)],
    ['a count that fits', () => decide(keyway, free, { ask: 'add', limit: 'providers', used: 0, amount: 1 }, NOW_MS)],
    [
      'a count that does not, with the plan that lifts it',
      () => decide(keyway, free, { ask: 'add', limit: 'environments', used: 2, amount: 1, scope }, NOW_MS),
    ],
    ['a feature', () => decide(keyway, free, { ask: 'use', feature: 'org_private_vaults', verb: 'read' }, NOW_MS)],
    ['which of 100 vaults are writable', () => writable(keyway, free, vaults, NOW_MS)],
    [
      'a program of 2 rates',
      () => compile({ catalogue: keyway, subject: free, nowMs: NOW_MS }, steps, { tenant: 't' }),
    ],
    ['what two catalogues differ in', () => diff(keyway, shippedLater)],
  ];
  return questions.map(([question, ask]) => ({ question, microseconds: median(timesOf(ask, rounds)) }));
}

const shippedLater = shipped('examples/keyway-later.yaml');

/** The figures as lines of text. The target is for entitlements of 30 limits: under 20 µs. */
export function decisionLines(decisions: readonly Decisions[]): string[] {
  return [
    'Decisions in process, µs each (entitlements of a subject with 30 limits: under 20)',
    ...decisions.map(({ question, microseconds }) => `  ${question.padEnd(54)}${microseconds.toFixed(2).padStart(10)}`),
  ];
}

/** Microseconds for one call, once a round, after one round that warms up. */
function timesOf(ask: () => unknown, rounds: number): number[] {
  return Array.from({ length: rounds + 1 }, () => {
    const began = performance.now();
    let calls = 0;
    while (performance.now() - began < BATCH_MS) {
      for (let at = 0; at < 20; at += 1) ask();
      calls += 20;
    }
    return ((performance.now() - began) / calls) * 1_000;
  }).slice(1);
}

/** A catalogue with limits of every kind in turn, and ten features. */
function withLimits(count: number): Catalogue {
  const kinds = [
    { kind: 'count', counts: 'thing', edge: 'refuse' },
    { kind: 'quota', counts: 'call', period: 'month', edge: 'hard' },
    { kind: 'rate', window_seconds: 60, edge: 'refuse' },
    { kind: 'credits', edge: 'hard', refill: { interval: 'month' } },
    { kind: 'size', edge: 'invalid' },
    { kind: 'quota', counts: 'call', period: 'day', edge: 'soft' },
  ];
  const limits = Array.from({ length: count }, (_, at) => {
    const values = { small: at, large: at * 10 };
    return [`limit_${at}`, { ...kinds[at % kinds.length], scope: 'account', overridable: true, values }];
  });
  const features = Array.from({ length: 10 }, (_, at) => {
    return [`feature_${at}`, { type: 'boolean', on_loss: 'stop', values: { small: at % 2 === 0, large: true } }];
  });
  return parseCatalogue({
    catalogue: 'wide',
    version: '1',
    subject: 'account',
    fallback: 'small',
    scopes: { account: {} },
    plans: { small: { rank: 0 }, large: { rank: 1, overridable: true } },
    limits: Object.fromEntries(limits),
    features: Object.fromEntries(features),
  });
}

function overridesOf(names: readonly string[]): Override[] {
  return names.map((name, at) => ({ kind: 'limit', name, value: at, startsAtMs: 0, endsAtMs: null }));
}

function subjectOn(plan: string, more: Partial<SubjectState> = {}): SubjectState {
  return { plans: [plan], billingCancelled: false, overrides: [], billing: null, ...more };
}

function shipped(path: string): Catalogue {
  return loadCatalogue(readFileSync(new URL(`../plans/${path}`, import.meta.url), 'utf8'), path);
}

/** Run by itself: `node bench/decisions.ts`. */
if (import.meta.main) {
  for (const line of decisionLines(measureDecisions(9))) process.stdout.write(`${line}\n`);
}
