/** A rate that an owner of keys defines for itself, such as a key or the identity that it belongs to. */
export type KeyedRate = { name: string; limit: number; windowMs: number; autoApply: boolean };

/** Somebody whose rates are checked; the first of several owners who defines a name decides. */
export type RateOwner = { owner: string; rates: readonly KeyedRate[] };

/** A rate that a call asks for by name, or with numbers of its own. One number alone is as none. */
export type AskedRate = { name: string; cost?: number; limit?: number; windowMs?: number };

/** A rate to be checked, and whose counter it is. */
export type ChosenRate = {
  name: string;
  owner: string;
  limit: number;
  windowMs: number;
  cost: number;
  autoApply: boolean;
  /** Whether the call brought the numbers. */
  isAdHoc: boolean;
};

/**
 * Which rates a call is checked against, or the names it asked for that nobody defines: then nothing may be counted.
 *
 * Those that apply by themselves at a cost of 1, and those that are asked for. Asking for one that applies by itself replaces its
 * cost and makes it one check, not two. Of the same name with several owners the first owner's holds and the others' are not
 * checked. Numbers of the call make a limit of its own for the first owner, whatever is defined under that name.
 * Source: docs/spec/unkey.md §6.3.
 */
export function chooseRates(
  owners: readonly RateOwner[],
  asked: readonly AskedRate[],
): { chosen: ChosenRate[]; unknown: string[] } {
  const defined = new Map<string, ChosenRate>();
  for (const { owner, rates } of owners) {
    for (const rate of rates) {
      if (!defined.has(rate.name)) defined.set(rate.name, { ...rate, owner, cost: 1, isAdHoc: false });
    }
  }

  const adHoc: ChosenRate[] = [];
  const costs = new Map<string, number>();
  const unknown: string[] = [];
  for (const { name, cost = 1, limit, windowMs } of asked) {
    const first = owners[0];
    if (limit !== undefined && windowMs !== undefined && first) {
      adHoc.push({ name, owner: first.owner, limit, windowMs, cost, autoApply: false, isAdHoc: true });
    } else if (defined.has(name)) {
      costs.set(name, cost);
    } else {
      unknown.push(name);
    }
  }

  const named = [...defined.values()].flatMap((rate) => {
    const cost = costs.get(rate.name);
    if (cost !== undefined) return [{ ...rate, cost }];
    return rate.autoApply ? [rate] : [];
  });
  return { chosen: [...named, ...adHoc], unknown };
}
