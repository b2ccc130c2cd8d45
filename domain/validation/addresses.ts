import ipaddr from 'ipaddr.js';

/**
 * IP addresses and networks as rules see them: one spelling for one address, IPv4-mapped IPv6 as IPv4
 * (docs/spec/keyport.md §6.1).
 */

/** An address in its one spelling: dotted decimal, or RFC 5952 for IPv6. */
export type Address = string;

/**
 * Brings an address into its one spelling; `undefined` when the text is no address. The zone of an IPv6 address (`%eth0`) is
 * dropped: it names an interface of whoever wrote it.
 */
export function normalAddress(text: string): Address | undefined {
  return parseAddress(text)?.toString();
}

/**
 * Brings a network into its one spelling, host bits cleared: `10.1.2.3/8` is `10.0.0.0/8`, a single address has no slash.
 * An IPv4-mapped network of 96 bits or more becomes the IPv4 network that it is. `undefined` when the text is no network, and for one
 * with a zone or with anything around it.
 */
export function normalNetwork(text: string): string | undefined {
  const network = parseNetwork(text);
  if (!network) return undefined;
  const { address, bits } = network;
  const bytes = address
    .toByteArray()
    .map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))) & 0xff);
  const base = ipaddr.fromByteArray(bytes).toString();
  return bits === bytes.length * 8 ? base : `${base}/${bits}`;
}

/**
 * A list of networks, compiled for questions: `has` costs one look-up for each length of network in the list, however
 * long the list is. An IPv4 address is in IPv4 networks alone: `::/0` does not hold it. Entries must be well-formed: they were checked where they came in.
 */
export class NetworkList {
  readonly size: number;
  /** For each family and prefix length, the prefixes as strings of bits. */
  readonly #prefixes = new Map<string, { family: string; bits: number; prefixes: Set<string> }>();

  constructor(entries: Iterable<string>) {
    let size = 0;
    for (const entry of entries) {
      const network = parseNetwork(entry);
      if (!network) throw new TypeError(`Not a network: ${entry}`);
      const { address, bits } = network;
      const key = `${address.kind()}/${bits}`;
      let group = this.#prefixes.get(key);
      if (!group) this.#prefixes.set(key, (group = { family: address.kind(), bits, prefixes: new Set() }));
      group.prefixes.add(bitsOf(address).slice(0, bits));
      size += 1;
    }
    this.size = size;
  }

  has(address: Address): boolean {
    if (this.size === 0) return false;
    const parsed = parseAddress(address);
    if (!parsed) return false;
    const bits = bitsOf(parsed);
    for (const group of this.#prefixes.values()) {
      if (group.family === parsed.kind() && group.prefixes.has(bits.slice(0, group.bits))) return true;
    }
    return false;
  }
}

export const NO_NETWORKS = new NetworkList([]);

type Parsed = ipaddr.IPv4 | ipaddr.IPv6;

function parseAddress(text: string): Parsed | undefined {
  // Not `ipaddr.isValid`: it takes 0x7f.1 and 010.0.0.1, which people and proxies read in different ways.
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return ipaddr.IPv4.parse(text);
  const bare = /^([^%]+)(?:%[^%\s]+)?$/.exec(text)?.[1];
  const groups = bare && withoutDots(bare);
  if (!groups || !ipaddr.IPv6.isValid(groups)) return undefined;
  const address = ipaddr.IPv6.parse(groups);
  return address.isIPv4MappedAddress() ? address.toIPv4Address() : address;
}

/**
 * Writes the dotted end of an IPv6 address in hexadecimal: `::ffff:192.0.2.1` is `::ffff:c000:201`. The package reads such
 * ends loosely (octal, 0x7f), and takes `::192.0.2.1` for the mapped address, which it is not.
 */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text;
  const end = text.lastIndexOf(':') + 1;
  const dotted = text.slice(end);
  if (!ipaddr.IPv4.isValidFourPartDecimal(dotted)) return undefined;
  const [a, b, c, d] = ipaddr.IPv4.parse(dotted).toByteArray() as [number, number, number, number];
  return `${text.slice(0, end)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

function parseNetwork(text: string): { address: Parsed; bits: number } | undefined {
  const [base = '', length, ...rest] = text.split('/');
  if (base.includes('%')) return undefined;
  const address = parseAddress(base);
  if (!address || rest.length > 0) return undefined;

  const width = address.kind() === 'ipv4' ? 32 : 128;
  if (length === undefined) return { address, bits: width };
  if (!/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  // A mapped address was written with a length out of 128; as IPv4 the first 96 bits are gone.
  const bits = base.includes(':') && width === 32 ? Number(length) - 96 : Number(length);
  return bits >= 0 && bits <= width ? { address, bits } : undefined;
}

function bitsOf(address: Parsed): string {
  return address
    .toByteArray()
    .map((byte) => byte.toString(2).padStart(8, '0'))
    .join('');
}
