import { isGrpcServiceError } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../workflows/shared/search-attributes.ts';
import type { Temporal } from './client.ts';
import { hasStatus } from './grpc.ts';

export interface TemporalFacts {
  version: string;
  namespaceExists: boolean;
  /** Names of our search attributes that nobody has registered; unknown where the server doesn't tell. */
  missingSearchAttributes: string[] | undefined;
}

/** What the server says of itself and of our namespace. @throws {TemporalOutage} */
export async function temporalFacts(temporal: Temporal): Promise<TemporalFacts> {
  const info = await temporal.call(() => temporal.connection.workflowService.getSystemInfo({}));
  const [namespaceExists, missingSearchAttributes] = await Promise.all([hasNamespace(temporal), missing(temporal)]);
  return { version: info.serverVersion || 'unknown', namespaceExists, missingSearchAttributes };
}

async function hasNamespace(temporal: Temporal): Promise<boolean> {
  const { connection, namespace } = temporal;
  try {
    await temporal.call(() => connection.workflowService.describeNamespace({ namespace }));
    return true;
  } catch (error) {
    if (hasStatus(error, 'NOT_FOUND')) return false;
    throw error;
  }
}

async function missing(temporal: Temporal): Promise<string[] | undefined> {
  const { connection, namespace } = temporal;
  try {
    const { customAttributes } = await temporal.call(() =>
      connection.operatorService.listSearchAttributes({ namespace }),
    );
    return SEARCH_ATTRIBUTES.map(({ name }) => name).filter((name) => !Object.hasOwn(customAttributes ?? {}, name));
  } catch (error) {
    // Hosted servers close the operator's service; whether a namespace is missing is told by the other question.
    if (isGrpcServiceError(error)) return undefined;
    throw error;
  }
}
