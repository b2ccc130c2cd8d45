import type { IncomingHttpHeaders } from 'node:http';
import { NetworkList, normalAddress } from '../../domain/validation/addresses.ts';
import type { Config } from '../../runtime/config.ts';

type InboxSettings = Pick<Config, 'smtpUrl' | 'host' | 'publicUrl' | 'trustedProxies'>;

const LOOPBACK = new NetworkList(['127.0.0.0/8', '::1']);
/** What proxies add. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip'];

/**
 * Whether a request may see mails that were kept: no SMTP server is configured, and the platform is this machine's alone. A loopback
 * address doesn't say so by itself, as a reverse proxy may stand before it: no sign of one may be in the configuration or the request.
 * Nor does the peer, since a page of another origin may have its name lead here: the request has to ask for this machine by name.
 */
export function isDevInboxOpen(headers: IncomingHttpHeaders, config: InboxSettings): boolean {
  return (
    config.smtpUrl === '' &&
    isLoopback(config.host) &&
    (config.publicUrl === '' || isLoopbackUrl(config.publicUrl)) &&
    config.trustedProxies.length === 0 &&
    isLoopbackUrl(`http://${headers.host}`) &&
    !FORWARDED.some((name) => name in headers)
  );
}

function isLoopbackUrl(url: string): boolean {
  const hostname = URL.parse(url)?.hostname ?? '';
  return hostname === 'localhost' || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
}

function isLoopback(address: string): boolean {
  const normal = normalAddress(address);
  return normal !== undefined && LOOPBACK.has(normal);
}
