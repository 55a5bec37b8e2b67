import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Logger } from '../base/logger.ts';
import type { Source } from '../contracts/frame.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Device, Site } from '../contracts/state.ts';

/** How committed changes reach the registry. */
export interface RegistryWriter {
  /** A device as it is now; without hashes its secrets stay as they are. */
  put(device: Device, secretHashes?: readonly Uint8Array[]): void;
  delete(id: string): void;
  /** How often a device reports, as its reports taught; it counts as changed by another one. */
  learn(device: string, seconds: number | null): void;
  /** A site as it is now; its devices count as changed. */
  putSite(site: Site): void;
  deleteSite(id: string): void;
}

/** What the state holds of the devices and where they stand. */
export interface Registered {
  devices: ReadonlyArray<{ device: Device; secretHashes: Uint8Array[] }>;
  sites: readonly Site[];
  learned: ReadonlyArray<{ device: string; seconds: number | null }>;
}

export interface DeviceRegistry extends Registry, RegistryWriter {
  /** Takes over what the state holds and tells listeners about every difference. */
  load(held: Registered): void;
}

interface Entry {
  device: Device;
  source: Source;
  /** Two hashes, for a device with one secret the second is one that nothing hashes to. */
  hashes: readonly [Uint8Array, Uint8Array];
  learnedSeconds: number | null;
}

/**
 * A learned interval counts as this much at least: three of them are a minute of silence, in which
 * a link comes back. Whoever wants to know sooner declares it.
 */
const EXPECTED_SECONDS_MIN = 20;

/** No secret is known whose SHA-256 is 32 random bytes. */
const NO_HASH: Uint8Array = randomBytes(32);
const NO_HASHES: readonly [Uint8Array, Uint8Array] = [NO_HASH, NO_HASH];

export function createRegistry(logger: Logger): DeviceRegistry {
  return new MemoryRegistry(logger);
}

class MemoryRegistry implements DeviceRegistry {
  readonly #logger: Logger;
  readonly #entries = new Map<string, Entry>();
  readonly #sites = new Map<string, Site>();
  readonly #listeners = new Set<(device: string) => void>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get size(): number {
    return this.#entries.size;
  }

  find(device: string): Device | undefined {
    return this.#entries.get(device)?.device;
  }

  learnedSeconds(device: string): number | null {
    return this.#entries.get(device)?.learnedSeconds ?? null;
  }

  intervalSeconds(device: string): number | null {
    const entry = this.#entries.get(device);
    if (entry === undefined) return null;
    const { learnedSeconds: learned } = entry;
    const expected = learned === null ? null : Math.max(learned, EXPECTED_SECONDS_MIN);
    return entry.device.intervalSeconds ?? expected;
  }

  *all(): Iterable<Device> {
    for (const { device } of this.#entries.values()) yield device;
  }

  site(id: string): Site | undefined {
    return this.#sites.get(id);
  }

  source(device: string): Source | undefined {
    return this.#entries.get(device)?.source;
  }

  /** One hash and two comparisons for everybody, so the time tells nothing about the answer. */
  authenticate(device: string, secret: Uint8Array): Source | undefined {
    const entry = this.#entries.get(device);
    const [first, second] = entry?.hashes ?? NO_HASHES;
    const presented = hash('sha256', secret, 'buffer');
    const isFirst = timingSafeEqual(presented, first);
    const isSecond = timingSafeEqual(presented, second);
    return isFirst || isSecond ? entry?.source : undefined;
  }

  onChange(listener: (device: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  put(device: Device, secretHashes?: readonly Uint8Array[]): void {
    this.#set(device, secretHashes);
    this.#tell(device.id);
  }

  delete(id: string): void {
    if (this.#entries.delete(id)) this.#tell(id);
  }

  learn(device: string, seconds: number | null): void {
    const entry = this.#entries.get(device);
    if (entry === undefined || entry.learnedSeconds === seconds) return;
    entry.learnedSeconds = seconds;
    this.#tell(device);
  }

  putSite(site: Site): void {
    this.#sites.set(site.id, Object.freeze({ ...site }));
    for (const { device } of [...this.#entries.values()]) {
      if (device.site === site.id) this.#tell(device.id);
    }
  }

  deleteSite(id: string): void {
    this.#sites.delete(id);
  }

  load({ devices: entries, sites, learned }: Registered): void {
    this.#loadSites(sites);
    const seconds = new Map(learned.map((each) => [each.device, each.seconds]));
    const gone = new Set(this.#entries.keys());
    for (const { device, secretHashes } of entries) {
      gone.delete(device.id);
      const before = this.#entries.get(device.id);
      this.#set(device, secretHashes, seconds.get(device.id) ?? null);
      const after = this.#entries.get(device.id);
      if (before !== undefined && after !== undefined && sameEntry(before, after)) continue;
      this.#tell(device.id);
    }
    for (const id of gone) this.delete(id);
  }

  #loadSites(sites: readonly Site[]): void {
    const gone = new Set(this.#sites.keys());
    for (const site of sites) {
      gone.delete(site.id);
      const before = this.#sites.get(site.id);
      if (JSON.stringify(before) !== JSON.stringify(site)) this.putSite(site);
    }
    for (const id of gone) this.deleteSite(id);
  }

  #set(
    device: Device,
    secretHashes: readonly Uint8Array[] | undefined,
    learnedSeconds?: number | null,
  ): void {
    const before = this.#entries.get(device.id);
    const [first = NO_HASH, second = NO_HASH] = secretHashes ?? before?.hashes ?? NO_HASHES;
    this.#entries.set(device.id, {
      device: Object.freeze({ ...device }),
      source: sourceOf(device, before?.source),
      hashes: [first, second],
      learnedSeconds:
        learnedSeconds === undefined ? (before?.learnedSeconds ?? null) : learnedSeconds,
    });
  }

  #tell(id: string): void {
    for (const listener of this.#listeners) {
      try {
        listener(id);
      } catch (error) {
        this.#logger.error({ error, device: id }, 'a listener to device changes failed');
      }
    }
  }
}

/** The journal tells sources apart by identity, so an unchanged one stays the same object. */
function sourceOf({ coop, site, id, kind }: Device, before: Source | undefined): Source {
  if (before?.coop === coop && before.site === site && before.kind === kind) return before;
  return Object.freeze({ coop, site, device: id, kind });
}

function sameEntry(left: Entry, right: Entry): boolean {
  return (
    left.source === right.source &&
    left.learnedSeconds === right.learnedSeconds &&
    left.device.name === right.device.name &&
    left.device.intervalSeconds === right.device.intervalSeconds &&
    left.device.createdAt === right.device.createdAt &&
    left.device.gateway === right.device.gateway &&
    left.device.tags.join() === right.device.tags.join() &&
    left.hashes.every((bytes, index) => Buffer.compare(bytes, right.hashes[index] ?? NO_HASH) === 0)
  );
}
