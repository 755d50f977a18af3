import { lookup, LookupAddress } from 'node:dns';
import { LookupFunction } from 'node:net';
import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import ipaddr from 'ipaddr.js';

type Range = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** Finds the addresses of a name, as `dns.lookup` does with `all`. */
export type Resolve = (
  host: string,
  family: number,
  callback: (error: Error | null, addresses: LookupAddress[]) => void,
) => void;

/** A place that nothing is sent to. */
export class RefusedAddressError extends InputError {}

/** All public addresses of IPv6 are in it; some special ones outside have no name of their own. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3');

/**
 * Keeps what the platform sends out of networks that its users have no
 * business in: only public addresses, and what the configuration allows. It
 * stands where the connection is made, so that what was checked is what is
 * connected to, whatever a name means a moment later.
 */
export class AddressGuard {
  /** Throws `InputError` that names the entry. */
  static fromConfig(config: Config, resolve?: Resolve): AddressGuard {
    const webhooks = config.getOptionalConfig('modelPlatform.webhooks');
    return new AddressGuard({
      allow: webhooks?.getOptionalStringArray('allow') ?? [],
      allowHttp: webhooks?.getOptionalBoolean('allowHttp') ?? false,
      resolve,
    });
  }

  private readonly ranges: Range[] = [];
  private readonly hosts = new Set<string>();
  private readonly allowHttp: boolean;
  private readonly resolve: Resolve;

  constructor(options: {
    /** Addresses, ranges (`10.1.0.0/16`) and names of hosts. */
    allow?: string[];
    allowHttp?: boolean;
    resolve?: Resolve;
  }) {
    this.allowHttp = options.allowHttp ?? false;
    this.resolve =
      options.resolve ??
      ((host, family, callback) =>
        lookup(host, { all: true, family }, callback));
    for (const entry of options.allow ?? []) this.allow(entry);
  }

  /** For `connect` of undici, `net` or `tls`; names resolve to what is allowed, or not at all. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const family = typeof options.family === 'number' ? options.family : 0;
    this.resolve(hostname, family, (error, addresses) => {
      try {
        if (error) throw error;
        this.requireAllowed(hostname, addresses);
      } catch (reason) {
        callback(asError(reason), '', 0);
        return;
      }
      if (options.all) callback(null, addresses);
      else callback(null, addresses[0].address, addresses[0].family);
    });
  };

  /**
   * Throws `RefusedAddressError` for addresses that are refused as they stand
   * there. What a name resolves to is checked by `lookup`.
   */
  check(url: URL): void {
    const schemes = this.allowHttp ? ['https:', 'http:'] : ['https:'];
    if (!schemes.includes(url.protocol)) {
      throw new RefusedAddressError(
        `Invalid webhook URL scheme: '${url.protocol.slice(
          0,
          -1,
        )}'. Allowed schemes are: ${schemes
          .map(scheme => scheme.slice(0, -1))
          .join(', ')}.${
          this.allowHttp
            ? ''
            : ' modelPlatform.webhooks.allowHttp can allow http.'
        }`,
      );
    }
    if (url.username || url.password) {
      throw new RefusedAddressError(
        'The address must have no user name or password; deliveries are signed with the secret instead',
      );
    }
    // Names are resolved by `lookup`; addresses are connected to without it.
    const host = hostOf(url);
    if (ipaddr.isValid(host)) {
      this.requireAllowed(host, [{ address: host, family: 0 }]);
    }
  }

  /** As `check`, and what the name resolves to now; a name that is unknown is not refused yet. */
  async checkResolved(url: URL): Promise<void> {
    this.check(url);
    const host = hostOf(url);
    if (ipaddr.isValid(host)) return;
    const addresses = await new Promise<LookupAddress[]>(resolve => {
      this.resolve(host, 0, (error, found) => resolve(error ? [] : found));
    });
    if (addresses.length > 0) this.requireAllowed(host, addresses);
  }

  private allow(entry: string): void {
    try {
      if (ipaddr.isValidCIDR(entry)) {
        this.ranges.push(ipaddr.parseCIDR(entry));
      } else if (ipaddr.isValid(entry)) {
        const address = ipaddr.parse(entry);
        this.ranges.push([address, address.kind() === 'ipv4' ? 32 : 128]);
      } else {
        const host = entry.toLocaleLowerCase('en-US');
        if (new URL(`https://${host}/`).hostname !== host) throw new Error();
        this.hosts.add(host);
      }
    } catch {
      throw new InputError(
        `modelPlatform.webhooks.allow has '${entry}', which is no address, range or name of a host`,
      );
    }
  }

  private requireAllowed(host: string, addresses: LookupAddress[]): void {
    if (addresses.length === 0) {
      throw new RefusedAddressError(`${host} has no address`);
    }
    if (this.hosts.has(host.toLocaleLowerCase('en-US'))) return;
    // All of them: which one is connected to, the network decides.
    for (const { address } of addresses) {
      if (!this.isAllowed(address)) {
        throw new RefusedAddressError(
          `${host} leads to ${
            address === host ? 'an address' : address
          } that is not public; modelPlatform.webhooks.allow can allow it`,
        );
      }
    }
  }

  private isAllowed(text: string): boolean {
    if (!ipaddr.isValid(text)) return false;
    // `process` reads an IPv4 address that is written as an IPv6 one as what it is.
    const address = ipaddr.process(text);
    const isPublic =
      address.range() === 'unicast' &&
      (address.kind() === 'ipv4' || isWithin(address, GLOBAL_UNICAST));
    return isPublic || this.ranges.some(range => isWithin(address, range));
  }
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, [range, bits]: Range) {
  return range.kind() === address.kind() && address.match(range, bits);
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
