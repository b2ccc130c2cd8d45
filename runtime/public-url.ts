import { isIPv6 } from 'node:net';
import type { Config } from './config.ts';

/** Where people reach the platform: what the configuration says, else the address that the API listens on. No slash at its end. */
export function publicUrlOf({ publicUrl, host, port }: Pick<Config, 'publicUrl' | 'host' | 'port'>): string {
  if (publicUrl !== '') return publicUrl;
  // Every interface is one that nobody can open.
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}
