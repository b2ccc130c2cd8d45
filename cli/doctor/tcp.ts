import { readFileSync } from 'node:fs';
import { type Finding, ok, warn } from './part.ts';

const SETTING = '/proc/sys/net/ipv4/tcp_migrate_req';

/**
 * Whether a process of several on one port can end without resetting the connections that wait in its queue: Linux (5.14 and
 * newer) hands them to its siblings when `net.ipv4.tcp_migrate_req` is 1. What nobody can change, or need, is no warning.
 */
export function checkTcpMigration(apiProcesses: number, setting: string | null = readSetting()): Finding {
  if (setting === null) {
    return ok('This system has no net.ipv4.tcp_migrate_req: a few connections may be reset when an API process ends.');
  }
  if (setting === '1') return ok('Connections that wait at an API process that ends are taken by its siblings.');
  if (apiProcesses === 1) return ok('It is off, and matters only where several API processes share a port.');
  return warn(
    `It is off: connections that wait at an API process that ends are reset, though ${apiProcesses} share the port.`,
    'Run `sysctl -w net.ipv4.tcp_migrate_req=1` as root, and write it to /etc/sysctl.d so that it stays.',
  );
}

/** The kernel's setting; `null` where there is none: another system, an older kernel, a sandbox. */
function readSetting(): string | null {
  try {
    return readFileSync(SETTING, 'utf8').trim();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}
