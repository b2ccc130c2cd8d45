import { Counter, Histogram, type Registry } from 'prom-client';

/** What the API counts of itself. Labels are few and ours: no id, no key, no path that a caller chose. */
export interface ApiMetrics {
  /** A request was answered: by which route (its pattern, or `none`), to which method, with what, after how long. */
  answered(request: { route: string; method: string; status: number; seconds: number }): void;
  /** What never became a request was refused. */
  refused(status: number): void;
  /** A validation was answered with this status. */
  validated(status: string): void;
}

/** Upper bounds in seconds. */
const BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] as const;

/**
 * Counts in plain numbers, and puts them into words when they are asked for: a counter of prom-client looks for its labels anew
 * with each call, which costs more than looking for the licence (bench/README.md).
 */
export function createApiMetrics(registry: Registry): ApiMetrics {
  const routes = new Map<string, RouteTally>();
  const verdicts = new Map<string, Tally>();
  const routeOf = (route: string): RouteTally =>
    known(routes, route, () => ({ requests: new Map(), times: noTimes() }));
  const count = (tallies: RouteTally['requests'], method: string, status: number): void => {
    const byStatus = known(tallies, method, () => new Map<number, Tally>());
    known(byStatus, status, noTally).calls += 1;
  };

  const requests = new Counter({
    name: 'plimsoll_http_requests_total',
    help: 'Answered requests by route pattern, method and HTTP status.',
    labelNames: ['route', 'method', 'status'],
    registers: [],
    collect() {
      for (const [route, tallies] of routes) {
        for (const [method, byStatus] of tallies.requests) {
          for (const [status, tally] of byStatus) this.inc({ route, method, status }, untold(tally));
        }
      }
    },
  });
  const seconds = new Seconds(routes, {
    name: 'plimsoll_http_request_seconds',
    help: 'Time from the headers of a request to the end of its answer.',
    labelNames: ['route'],
    buckets: [...BUCKETS],
    registers: [],
  });
  const validations = new Counter({
    name: 'plimsoll_validations_total',
    help: 'Validations by the status that was answered.',
    labelNames: ['status'],
    registers: [],
    collect() {
      for (const [status, tally] of verdicts) this.inc({ status }, untold(tally));
    },
  });
  registry.registerMetric(requests);
  registry.registerMetric(seconds);
  registry.registerMetric(validations);

  return {
    answered({ route, method, status, seconds: took }) {
      const { requests: tallies, times } = routeOf(route);
      count(tallies, method, status);
      times.sum += took;
      let bucket = 0;
      while (bucket < BUCKETS.length && took > BUCKETS[bucket]!) bucket += 1;
      times.byBucket[bucket]! += 1;
    },
    refused: (status) => count(routeOf('none').requests, 'other', status),
    validated: (status) => void (known(verdicts, status, noTally).calls += 1),
  };
}

/** What was counted, and how much of it the counter was told. */
interface Tally {
  calls: number;
  told: number;
}

interface RouteTally {
  requests: Map<string, Map<number, Tally>>;
  /** How many took as long as each bucket says, each call in one of them; the last one holds what took longer than all. */
  times: { byBucket: number[]; sum: number };
}

/** A histogram that reads its figures from the tallies. */
class Seconds extends Histogram<'route'> {
  readonly #routes: ReadonlyMap<string, RouteTally>;
  readonly #settings: { name: string; help: string };

  constructor(
    routes: ReadonlyMap<string, RouteTally>,
    settings: ConstructorParameters<typeof Histogram<'route'>>[0] & { name: string; help: string },
  ) {
    super(settings);
    this.#routes = routes;
    this.#settings = settings;
  }

  /** What the registry writes out. */
  async getForPromString() {
    const { name, help } = this.#settings;
    const values = [...this.#routes].flatMap(([route, { times }]) => {
      const told = (metricName: string, labels: object, value: number) => ({
        metricName,
        labels,
        sharedLabels: { route },
        value,
      });
      let calls = 0;
      const buckets = times.byBucket.map((inBucket, i) => {
        calls += inBucket;
        return told(`${name}_bucket`, { le: BUCKETS[i] ?? '+Inf' }, calls);
      });
      if (calls === 0) return [];
      return [...buckets, told(`${name}_sum`, {}, times.sum), told(`${name}_count`, {}, calls)];
    });
    return { name, help, type: 'histogram', values, aggregator: 'sum' };
  }
}

function untold(tally: Tally): number {
  const more = tally.calls - tally.told;
  tally.told = tally.calls;
  return more;
}

function noTally(): Tally {
  return { calls: 0, told: 0 };
}

function noTimes(): RouteTally['times'] {
  return { byBucket: Array.from({ length: BUCKETS.length + 1 }, () => 0), sum: 0 };
}

function known<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
