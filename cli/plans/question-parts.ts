import type { Catalogue, LimitKind } from '../../domain/plans/catalogue.ts';
import type { ScopeState } from '../../domain/plans/subject.ts';
import type { Fields } from './fields.ts';
import type { SubjectFile } from './subject.ts';

/** What is known where the question doesn't tell it. */
export type Known = { catalogue: Catalogue; usage: SubjectFile['usage'] };

/** What stands before a step, so that a program can be tried at any state. */
export interface Before {
  used: number;
  balance: number | undefined;
  reserved: number;
  spent: number;
}

/** What the subject's file says of it; nothing where it is about another thing of that scope. */
export function usedOf({ usage }: Known, limit: string, scope?: ScopeState): number | undefined {
  return usage.find((each) => each.limit === limit && (each.scope?.id ?? null) === (scope?.id ?? null))?.used;
}

/** A limit of one of these kinds. */
export function limitOf(fields: Fields, { limits }: Catalogue, kinds: readonly LimitKind[]): string | undefined {
  const limit = fields.named('limit', 'limit', Object.keys(limits));
  fields.need('limit', 'the name of a limit');
  if (limit === undefined || kinds.includes(limits[limit]!.kind)) return limit;
  return fields.wrong('limit', `a limit of kind ${kinds.join(' or ')}; ${limit} is a ${limits[limit]!.kind}`);
}
