import { Counter, Histogram, type Registry } from 'prom-client';

/** What the API counts of itself. Labels are few and ours: no id, no key, no path that a caller chose. */
export interface ApiMetrics {
  requests: Counter<'route' | 'method' | 'status'>;
  seconds: Histogram<'route'>;
  verdicts: Counter<'status'>;
}

export function createApiMetrics(registry: Registry): ApiMetrics {
  return {
    requests: new Counter({
      name: 'plimsoll_http_requests_total',
      help: 'Answered requests by route pattern, method and HTTP status.',
      labelNames: ['route', 'method', 'status'],
      registers: [registry],
    }),
    seconds: new Histogram({
      name: 'plimsoll_http_request_seconds',
      help: 'Time from the headers of a request to the end of its answer.',
      labelNames: ['route'],
      buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
      registers: [registry],
    }),
    verdicts: new Counter({
      name: 'plimsoll_validations_total',
      help: 'Validations by the status that was answered.',
      labelNames: ['status'],
      registers: [registry],
    }),
  };
}
