import { json, route } from './route.ts';

/** What balancers, operators and Prometheus ask. Open to anyone who reaches the port: nothing here is a tenant's. */
export const operationalRoutes = [
  route({
    method: 'get',
    path: '/health/live',
    summary: 'Whether the process runs at all',
    caller: 'anyone',
    handle: async () => json(200, { status: 'live' }),
  }),
  route({
    method: 'get',
    path: '/health/ready',
    summary: 'Whether validation can be served, and what is degraded',
    caller: 'anyone',
    async handle(_call, { readiness }) {
      const report = await readiness();
      return json(
        report.status === 'ready' ? 200 : 503,
        report,
        report.status === 'ready' ? {} : { 'Retry-After': '2' },
      );
    },
  }),
  route({
    method: 'get',
    path: '/metrics',
    summary: 'Metrics of this process, for Prometheus',
    caller: 'anyone',
    handle: async (_call, { registry }) => ({
      status: 200,
      contentType: registry.contentType,
      body: await registry.metrics(),
    }),
  }),
];
