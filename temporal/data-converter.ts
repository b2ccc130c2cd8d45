import type { DataConverter } from '@temporalio/common';

/**
 * How payloads are written. Client, worker and replay must all be given this one, or they can't read each other. There is
 * no codec yet: payloads are plain JSON, which is why nothing secret or personal may be an argument or a result.
 */
export const dataConverter: DataConverter = {};
