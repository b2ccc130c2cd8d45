import { Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createApiMetrics } from '../../../api/metrics.ts';

const SECONDS = [0, 0.0005, 0.00051, 0.004, 0.26, 5, 5.1];

test('times are told as a histogram of prom-client would tell them', async () => {
  const ours = new Registry();
  const metrics = createApiMetrics(ours);
  const theirs = new Registry();
  const reference = new Histogram({
    name: 'plimsoll_http_request_seconds',
    help: 'Time from the headers of a request to the end of its answer.',
    labelNames: ['route'],
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
    registers: [theirs],
  });
  for (const seconds of SECONDS) {
    for (const route of ['/a', 'none']) {
      metrics.answered({ route, method: 'GET', status: 200, seconds });
      reference.observe({ route }, seconds);
    }
  }
  const name = 'plimsoll_http_request_seconds';
  expect(await ours.getSingleMetricAsString(name)).toBe(await theirs.getSingleMetricAsString(name));
});

test('requests and verdicts are told once, however often they are asked for', async () => {
  const registry = new Registry();
  const metrics = createApiMetrics(registry);
  const told = async () => (await registry.metrics()).split('\n').filter((line) => /_total\{/.test(line));
  metrics.answered({ route: '/a', method: 'POST', status: 200, seconds: 0 });
  metrics.answered({ route: '/a', method: 'POST', status: 200, seconds: 0 });
  metrics.answered({ route: '/a', method: 'POST', status: 429, seconds: 0 });
  metrics.refused(431);
  metrics.validated('active');
  const expected = [
    'plimsoll_http_requests_total{route="/a",method="POST",status="200"} 2',
    'plimsoll_http_requests_total{route="/a",method="POST",status="429"} 1',
    'plimsoll_http_requests_total{route="none",method="other",status="431"} 1',
    'plimsoll_validations_total{status="active"} 1',
  ];
  expect(await told()).toEqual(expected);
  expect(await told()).toEqual(expected);
  metrics.validated('active');
  expect((await told()).at(-1)).toBe('plimsoll_validations_total{status="active"} 2');
});
