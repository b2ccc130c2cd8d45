import type {
  BooleanFeature,
  BudgetEdge,
  BudgetLimit,
  CountLimit,
  CreditsLimit,
  LevelFeature,
  Limit,
  OnLoss,
  Over,
  Plan,
  Presentation,
  QuotaEdge,
  QuotaLimit,
  RateLimit,
  RetentionLimit,
  SizeLimit,
  SumLimit,
} from './catalogue.ts';

/**
 * A catalogue as its file says it: what the schema guarantees. `build.ts` makes a catalogue of it, `canonical.ts` goes the other
 * way. Whatever is optional here means, when absent, what it meant before the field was added.
 */
export interface CatalogueDocument {
  catalogue: string;
  version: string;
  subject: string;
  currency?: string;
  /** The one line's fallback; or `lines`, where there are several. */
  fallback?: string;
  lines?: Record<string, { fallback: string }>;
  scopes: Record<string, ScopeDocument>;
  plans: Record<string, PlanDocument>;
  limits: Record<string, LimitDocument>;
  features: Record<string, FeatureDocument>;
  constraints?: Record<string, unknown>;
  presentation?: PresentationDocument;
}

export interface ScopeDocument {
  parent?: string;
  attributes?: Record<string, string[]>;
}

export interface PlanDocument {
  rank?: number;
  line?: string;
  extends?: string;
  overridable?: boolean;
  aliases?: string[];
  acquisition?: NonNullable<Plan['acquisition']>;
  billing?: NonNullable<Plan['billing']>;
  price?: { month?: number; year?: number } | 'by_agreement';
  attributes?: Record<string, string | number | boolean>;
  /** Values of limits and features, where they are easier to read by plan. */
  values?: Record<string, number | boolean | string>;
}

/** One name or a list of them. */
export type OneOrMore = string | string[];
export type AttributesDocument = Record<string, OneOrMore>;

interface DefinitionDocument<V> {
  line?: string;
  overridable?: boolean;
  contract?: boolean;
  /** By plan, or `{ all: … }`. */
  values?: Record<string, V>;
  without_line?: Record<string, V>;
}

interface LimitFields extends DefinitionDocument<Limit> {
  scope: string;
  unit?: string;
  order?: number;
  applies_to?: AttributesDocument;
  notices?: number[];
  remind_every_seconds?: number;
  over?: Over;
}

export type EdgeDocument<E> = E | { if_feature: string; then: E; otherwise: E };

export type LimitDocument =
  | (LimitFields & { kind: 'count'; counts: string; where?: AttributesDocument; edge: CountLimit['edge'] })
  | (LimitFields & { kind: 'sum'; counts: string; where?: AttributesDocument; edge: SumLimit['edge'] })
  | (LimitFields & { kind: 'size'; edge: SizeLimit['edge'] })
  | (LimitFields & {
      kind: 'quota';
      counts: OneOrMore;
      period: QuotaLimit['period'];
      zone?: string;
      edge: EdgeDocument<QuotaEdge>;
      counted?: QuotaLimit['counted'];
      costs?: Record<string, number>;
    })
  | (LimitFields & {
      kind: 'rate';
      window_seconds: number;
      edge: RateLimit['edge'];
      fallback_scope?: string;
      on_error?: RateLimit['onError'];
      clear_on?: NonNullable<RateLimit['clearOn']>;
    })
  | (LimitFields & {
      kind: 'credits';
      edge: CreditsLimit['edge'];
      refill?: { interval: 'day' | 'month'; day_of_month?: number };
      zone?: string;
    })
  | (LimitFields & {
      kind: 'budget';
      edge: EdgeDocument<BudgetEdge>;
      period: BudgetLimit['period'];
      zone?: string;
      lease_seconds?: number;
    })
  | (Omit<LimitFields, 'unit'> & {
      kind: 'retention';
      unit: 'days';
      records: string[];
      edge?: RetentionLimit['edge'];
      grace_days?: number;
      chain?: NonNullable<RetentionLimit['chain']>;
    });

export type OnLossDocument =
  | OnLoss['treatment']
  | { treatment: OnLoss['treatment']; resource?: string; where?: AttributesDocument; reason?: string };

interface FeatureFields<V> extends DefinitionDocument<V> {
  gates?: OneOrMore;
  on_loss: OnLossDocument;
}

export type FeatureDocument =
  /** `from`: false below this plan and true from there up; `none` for false everywhere. */
  | (FeatureFields<boolean> & { type: BooleanFeature['type']; from?: string })
  | (FeatureFields<string> & { type: LevelFeature['type']; levels: string[]; shape?: Record<string, string[]> });

export interface PresentationDocument {
  style: Presentation['style'];
  base?: string;
  codes: Presentation['codes'];
  upgrade_url?: string;
  unlimited: string | number | null;
  usage?: Record<string, UsageDocument>;
  titles?: Record<string, string>;
}

/** `plan`, `allowed LIMIT`, `used LIMIT`, `has FEATURE`; or fields in the field. */
export type UsageDocument = string | { [field: string]: UsageDocument };

/** What a name of `from` can't be: a plan. */
export const FROM_NONE = 'none';
/** The name that stands for every plan of the line. */
export const ALL_PLANS = 'all';

/** What is meant where a file says nothing. */
export const DEFAULTS = {
  zone: 'UTC',
  counted: 'always',
  onError: 'closed',
  leaseSeconds: 900,
  graceDays: 7,
  dayOfMonth: 1,
  retentionEdge: 'hide_then_prune',
} as const;
