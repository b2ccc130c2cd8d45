import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * User and system time of a process and all its threads since its start, in microseconds. Linux alone. From the scheduler's own
 * count, in nanoseconds, of the threads that are still there; where it keeps none, in hundredths of a second.
 */
export function cpuMicroseconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  let nanoseconds = 0;
  for (const thread of threads) {
    const schedstat = `/proc/${pid}/task/${thread}/schedstat`;
    if (!existsSync(schedstat)) return coarseCpuMicroseconds(pid);
    nanoseconds += Number(readFileSync(schedstat, 'utf8').split(' ')[0]);
  }
  return nanoseconds / 1_000;
}

/** Linux counts a process' time in hundredths of a second, whatever its kernel's own tick is. */
const MICROSECONDS_A_TICK = 10_000;
const BYTES_A_PAGE = 4_096;

function coarseCpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name stands in parentheses and may hold blanks: fields are counted from behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_A_TICK;
}

/** Resident memory of a process in bytes. Linux alone. */
export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * BYTES_A_PAGE;
}
