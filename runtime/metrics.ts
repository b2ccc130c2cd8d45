import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * A registry of its own for one process, with Node's default metrics (event loop lag, heap, garbage collection, file
 * descriptors) in it. A registry is never shared through a module: two in one process, as in tests, stay apart.
 */
export function createMetrics(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
