import { encodeSearchAttributeIndexedValueType } from '@temporalio/common/lib/search-attributes.js';
import type { Logger } from '../runtime/log.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/shared/search-attributes.ts';
import type { Temporal } from './client.ts';
import { hasStatus } from './grpc.ts';

/**
 * Registers the search attributes that the namespace lacks. Asked at every start of a worker: what is there stays as it is.
 * A server that refuses (as hosted ones may, where an administrator does it) is no reason to stand still; it is logged
 * with the names, and starts that set one of them fail until somebody registers it. Never throws for a refusal.
 */
export async function ensureSearchAttributes(temporal: Temporal, log: Logger): Promise<void> {
  const { connection, namespace } = temporal;
  const wanted = SEARCH_ATTRIBUTES.map(({ name }) => name);
  try {
    const { customAttributes } = await temporal.call(() =>
      connection.operatorService.listSearchAttributes({ namespace }),
    );
    const missing = SEARCH_ATTRIBUTES.filter(({ name }) => !Object.hasOwn(customAttributes ?? {}, name));
    if (missing.length === 0) return;
    await temporal.call(() =>
      connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(
          missing.map(({ name, type }) => [name, encodeSearchAttributeIndexedValueType(type) ?? 0]),
        ),
      }),
    );
    log.info({ registered: missing.map(({ name }) => name) }, 'search attributes registered');
  } catch (error) {
    // Two workers that start together both find them missing: the second one is told that they are there.
    if (hasStatus(error, 'ALREADY_EXISTS')) return;
    log.warn(
      { err: error, wanted, namespace },
      'Temporal did not let us register search attributes: register them by hand (temporal operator search-attribute create)',
    );
  }
}
