import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { NetworkList, normalAddress, normalNetwork } from '../domain/validation/addresses.ts';
import { ConnectionLost } from './body.ts';

/** Gives the address of whoever calls, in its one spelling. @throws {ConnectionLost} when it is gone and was never known */
export type CallerAddress = (request: IncomingMessage) => string;

/**
 * The caller is the peer, unless the peer is a trusted proxy: then `X-Forwarded-For` is walked from the right, past further
 * trusted proxies, to the first address that isn't one (docs/spec/keyport.md §3.1). What stands left of that was written by
 * the caller and is not believed; at an entry that is no address the walk ends at the proxy that passed it on.
 */
export function createCallerAddress(trustedProxies: readonly string[]): CallerAddress {
  const trusted = new NetworkList(trustedProxies);

  /** Peers that are no proxies, by their connections: such a connection has one caller for all that is asked on it. */
  const callers = new WeakMap<Socket, string>();

  return (request) => {
    const known = callers.get(request.socket);
    if (known !== undefined) return known;
    const peer = normalAddress(request.socket.remoteAddress ?? '');
    // Never a made-up address: it would be registered for a licence. Whoever it was gets no answer any more.
    if (peer === undefined) throw new ConnectionLost('The connection was gone before its address was known');
    if (!trusted.has(peer)) {
      callers.set(request.socket, peer);
      return peer;
    }

    // Node joins repeated headers with commas, in their order.
    const hops = String(request.headers['x-forwarded-for'] ?? '').split(',');
    let caller = peer;
    for (let i = hops.length - 1; i >= 0 && trusted.has(caller); i -= 1) {
      const hop = forwardedAddress(hops[i]!.trim());
      if (hop === undefined) break;
      caller = hop;
    }
    return caller;
  };
}

/** Some proxies add a port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function forwardedAddress(text: string): string | undefined {
  const bracketed = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text);
  const withPort = /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text);
  return normalAddress(bracketed?.[1] ?? withPort?.[1] ?? text);
}

/** How much of an IPv6 address says who calls: the rest is theirs to choose (RFC 6177 §2), and to change with each call. */
export const SITE_BITS = 64;

/** Whom a limit for callers that aren't known counts an address for. @param address in its one spelling */
export function siteOf(address: string): string {
  return (address.includes(':') && normalNetwork(`${address}/${SITE_BITS}`)) || address;
}
