import { lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { AppError } from './errors.ts';

/** Not on the public internet: the special-purpose registries of RFC 6890, and multicast. */
const PRIVATE_V4 = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16'],
  ...['172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16'],
  ...['198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];
/** Within the global range all the same: tunnels that carry any address, and documentation. */
const PRIVATE_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];
/** Global unicast (RFC 4291 clause 2.4); v4 addresses written as v6; NAT64 (RFC 6052). */
const NAT64 = '64:ff9b::';
const GLOBAL_V6 = ['2000::/3', '::ffff:0:0/96', `${NAT64}/96`];
const NAT64_BITS = 96;

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function splitNetwork(network: string): [address: string, bits: number] {
  const [address = '', bits] = network.split('/');
  return [address, bits === undefined ? (isIP(address) === 6 ? 128 : 32) : Number(bits)];
}

/** Whether a text is an address or a network such as `10.1.0.0/16`. */
export function isNetwork(text: string): boolean {
  const [address, bits] = splitNetwork(text);
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  return Number.isInteger(bits) && bits >= 0 && bits <= most && !address.includes('%');
}

function listOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address, bits] = splitNetwork(network);
    list.addSubnet(address, bits, familyOf(address));
  }
  return list;
}

const privates = listOf([
  ...PRIVATE_V4,
  ...PRIVATE_V6,
  ...PRIVATE_V4.map((network) => {
    const [address, bits] = splitNetwork(network);
    return `${NAT64}${address}/${NAT64_BITS + bits}`;
  }),
]);
const globals = listOf(GLOBAL_V6);

/** Whether an address is one of the public internet; what is no address is not. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes('%')) return false;
  const family = familyOf(address);
  // A v6 address that carries a v4 one is compared with the v4 networks by the list itself.
  if (privates.check(address, family)) return false;
  return family === 'ipv4' || globals.check(address, family);
}

/**
 * Keeps requests to addresses that people enter away from the networks the server stands in. The
 * address is checked where it is dialled: a name that was checked before may lead elsewhere then.
 */
export class NetworkGuard {
  readonly #allowed: BlockList;

  /** Networks that are not public and may be reached all the same. */
  constructor(allowed: readonly string[] = []) {
    this.#allowed = listOf(allowed);
  }

  permits(address: string): boolean {
    return (
      isPublicAddress(address) ||
      (isIP(address) !== 0 && this.#allowed.check(address, familyOf(address)))
    );
  }

  /** Throws ADDRESS_FORBIDDEN for a host that is an address itself: it is never looked up. */
  checkHost(host: string): void {
    if (isIP(host) !== 0 && !this.permits(host)) throw forbidden(host);
  }

  /** Fails with ADDRESS_FORBIDDEN when any address of the name is not permitted. */
  readonly lookup: LookupFunction = (host, options, done) => {
    resolve(host, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) {
        done(error ?? new Error(`${host} has no address`), []);
      } else if (addresses.some(({ address }) => !this.permits(address))) {
        done(forbidden(host), []);
      } else if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}

function forbidden(host: string): AppError {
  return new AppError('ADDRESS_FORBIDDEN', `${host} is not on the public internet`, {
    hint: 'Allow its network in the settings of the channel, if it is yours.',
  });
}
