import { isGrpcServiceError, ServiceError } from '@temporalio/client';

/** gRPC's status codes that we tell apart, by their names in its specification. */
const STATUS = new Map<number, StatusName>([
  [1, 'CANCELLED'],
  [4, 'DEADLINE_EXCEEDED'],
  [5, 'NOT_FOUND'],
  [6, 'ALREADY_EXISTS'],
  [14, 'UNAVAILABLE'],
]);
type StatusName = 'CANCELLED' | 'DEADLINE_EXCEEDED' | 'NOT_FOUND' | 'ALREADY_EXISTS' | 'UNAVAILABLE';

/** Whether an error is an answer of the server with one of these codes, wrapped by the SDK or not. */
export function hasStatus(error: unknown, ...names: StatusName[]): boolean {
  if (isGrpcServiceError(error)) {
    const name = STATUS.get(error.code);
    return name !== undefined && names.includes(name);
  }
  return error instanceof ServiceError && error.cause !== undefined && hasStatus(error.cause, ...names);
}
