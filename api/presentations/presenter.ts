import type { Catalogue, Presentation } from '../../domain/plans/catalogue.ts';
import type { Facts } from '../../domain/plans/decision.ts';
import type { Entitlements } from '../../domain/plans/entitlements.ts';
import type { Shape } from '../../domain/plans/levels.ts';
import type { Reply } from '../route.ts';

/**
 * One product's way of speaking, made from its catalogue: the engine decides in facts, a presenter words them. It is pure; what
 * differs between two products of one style is data of their catalogues, what differs between styles stands in a file each.
 */
export interface Presenter {
  /** A "no", as whoever called reads it. Where the edge is `queue` there is nothing to word: the host lets the caller wait. */
  refusal(by: Facts, telling: Telling): Rendered;
  /** A "yes" with what was asked for. */
  success(data: Readonly<Record<string, unknown>>, telling: Success): Rendered;
  /** What one has, in the product's names of fields. @throws {RangeError} when it tells of usage that isn't known */
  usage(entitlements: Entitlements): Record<string, unknown>;
}

/** What a route can answer with as it is. */
export type Rendered = Required<Omit<Reply, 'cookies' | 'stream'>>;

/** How a style words what a catalogue's data say. */
export type Style = (catalogue: Catalogue, wording: Wording) => Presenter;

/** A catalogue's presentation, or that of a host for a catalogue without one. */
export type Wording = Omit<Presentation, 'style'>;

/**
 * Who is told: a caller whose act is refused (`route`), one who asked for a decision and gets it as the answer (`decision`: a permit,
 * a verification), or one for whom something would have been carried out after a decision (`execution`).
 */
export type Surface = 'route' | 'decision' | 'execution';

/** What is known of the call beside the facts. It must hold no secret and nobody's data: all of it may be told. */
export interface Telling {
  requestId: string;
  /** The clock by which was decided, epoch milliseconds. */
  nowMs: number;
  /** `route` unless told. */
  surface?: Surface;
  /** Of the decision, where it is a thing of its own. */
  decisionId?: string;
  /** Where in the request a size stands that is too large: `secrets.TLS_BUNDLE`, `body.replicas`. */
  field?: string;
  /** The code of a guard that a customer authored, in the place of the catalogue's. */
  code?: string;
  /** More members where a style has a place for them. */
  details?: Readonly<Record<string, unknown>>;
  /** The rate that the call was counted in, told in headers whatever the answer. */
  rate?: Facts | null;
  /** What the caller's `Accept` says. */
  accept?: string;
  /** Whether each error of this route has to be problem details (docs/spec/unkey.md §4.6). */
  onlyProblems?: boolean;
}

export interface Success extends Telling {
  /** 200 unless told. */
  status?: number;
  /** The gate that was passed: the lowest plan that passes it. */
  gate?: { requiredPlan: string | null };
  /** The form of the answer by the caller's level: it has the fields of the level and of those below, and no other. */
  shape?: Shape;
}

export const JSON_TYPE = 'application/json; charset=utf-8';
export const PROBLEM_TYPE = 'application/problem+json';
