import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const WRITES = 200;
const BYTES = 4_096;

/**
 * How long the disk takes to make one small write safe, in milliseconds. With `appendfsync always` no counted call is answered before
 * that, so it is the least that latency can be here, whatever a server does.
 */
export function measureDisk(folder: string): { p50: number; p99: number } {
  const path = join(folder, 'disk');
  const file = openSync(path, 'w');
  try {
    const times = Array.from({ length: WRITES }, () => {
      const beganMs = performance.now();
      writeSync(file, Buffer.alloc(BYTES));
      fdatasyncSync(file);
      return performance.now() - beganMs;
    }).sort((a, b) => a - b);
    const at = (share: number): number => Math.round(times[Math.floor(WRITES * share)]! * 100) / 100;
    return { p50: at(0.5), p99: at(0.99) };
  } finally {
    closeSync(file);
    rmSync(path);
  }
}
