import type { Temporal } from '../../temporal/client.ts';
import { temporalFacts } from '../../temporal/health.ts';
import { runSelfCheck } from '../../temporal/self-check.ts';
import { DEADLINE_MS, type Finding, fail, ok, reason, timed, warn } from './part.ts';

/** Our own deadline comes a moment after the call's, so that the call's reason is what people read. */
const CALL_MS = DEADLINE_MS - 500;

export async function checkTemporal(temporal: Temporal): Promise<Finding> {
  const { address, namespace } = temporal;
  try {
    const facts = await temporalFacts(temporal);
    const { latencyMs } = await timed(() => temporal.call(() => temporal.connection.workflowService.getSystemInfo({})));
    const found = { address, version: facts.version, latencyMs };
    if (!facts.namespaceExists) {
      return fail(
        `It has no namespace '${namespace}'.`,
        `Create it (temporal operator namespace create --namespace ${namespace}), or correct TEMPORAL_NAMESPACE.`,
        found,
      );
    }
    if (facts.missingSearchAttributes?.length) {
      return warn(
        `The namespace '${namespace}' lacks the search attributes ${facts.missingSearchAttributes.join(', ')}.`,
        'Start the worker, which registers them; its log says if it may not.',
        found,
      );
    }
    return ok(`It answers, namespace '${namespace}'.`, found);
  } catch (error) {
    return fail(reason(error), 'Start Temporal (`bin/up` does it here), or correct TEMPORAL_ADDRESS.', { address });
  }
}

/** Through the server to a worker, its Postgres and its Redis, and back. */
export async function checkRoundTrip(temporal: Temporal): Promise<Finding> {
  const { address } = temporal;
  try {
    const { value, latencyMs } = await timed(() => runSelfCheck(temporal, { askedBy: 'doctor', timeoutMs: CALL_MS }));
    return ok(`${value.worker} answered: Postgres in ${value.databaseMs} ms, Redis in ${value.redisMs} ms.`, {
      address,
      latencyMs,
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'TemporalOutage') {
      return fail(
        `No worker answered within ${CALL_MS / 1000} s.`,
        'See that temporal is well and that a worker runs (`bin/up` starts one); then its log says what it waits for.',
        { address },
      );
    }
    return fail(reason(error), 'Mend what the worker names, then look again.', { address });
  }
}
