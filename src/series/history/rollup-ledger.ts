import type { Clock } from '../../base/clock.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Service } from '../../base/service.ts';
import type { Observation } from '../../contracts/observation.ts';
import type { RollupTier, SeriesStatus } from '../../contracts/series.ts';
import { type DirtyDay, ROLLUPS_IDENTITY, type State } from '../../contracts/state.ts';
import { LocalDays, type Span } from './local-days.ts';

/** A local day of one device whose rollups may not say what its points say. */
export interface StaleDay {
  readonly kind: string;
  readonly device: string;
  /** Days since 1970-01-01. */
  readonly day: number;
  readonly span: Span;
  /** Grows with every mark: who read before cannot clear. */
  generation: number;
  /** Marks whose write is not over. */
  pins: number;
  /** The state knows of it. */
  durable: boolean;
  /** Not cleared: a later mark makes a new one. */
  alive: boolean;
  /** Monotonic ms: first and last mark, and when recomputing it was last begun. */
  readonly since: number;
  touchedAt: number;
  attemptedAt: number;
}

export interface DayOfDevice {
  kind: string;
  device: string;
  day: number;
}

/** What a recomputation took on, as it was then. */
export type Claim = ReadonlyMap<StaleDay, number>;

/** The oldest instant that `hour`, `day` or the points themselves still reach. */
export type FloorTier = RollupTier | 'points';

export interface RollupLedgerOptions {
  state: Pick<State, 'rollups' | 'settings'>;
  /** The instance's: days and hours are cut in it. */
  timeZone: string;
  clock: Clock;
  metrics: Metrics;
}

const FLOORS_SETTING = 'rollups-floors';
/** An identity no store has. */
const NOBODY = '';

/**
 * The ledger of dirty days: durable in the state before the store's write, mirrored in memory. A
 * day that stands here is read from points; one that does not has rollups that tell the truth,
 * whatever was killed when.
 */
export class RollupLedger implements Service {
  readonly name = 'rollups';
  readonly days: LocalDays;
  readonly #options: RollupLedgerOptions;
  /** By kind, then day, then device: queries ask for the days of a range. */
  readonly #stale = new Map<string, Map<number, Map<string, StaleDay>>>();
  readonly #devices = new Map<string, Set<string>>();
  /** Devices whose days nobody may clear, with how many wish so. */
  readonly #held = new Map<string, number>();
  #floors: Record<string, Partial<Record<FloorTier, number>>> = {};
  #identity = NOBODY;
  #size = 0;
  /** The state is changed in the order in which memory was. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: RollupLedgerOptions) {
    this.#options = options;
    this.days = new LocalDays(options.timeZone);
    options.metrics.gauge(
      'sluice_rollup_dirty_days',
      'Local days of one device whose rollups wait to be computed anew',
      () => this.#size,
    );
  }

  async start(): Promise<void> {
    const { rollups, settings } = this.#options.state;
    for (const { kind, device, day } of await rollups.dirty()) {
      this.#staleAt({ kind, device, day: this.days.numberOf(day) }).durable = true;
    }
    this.#floors = JSON.parse((await settings.get(FLOORS_SETTING)) ?? '{}');
    this.#identity = (await settings.get(ROLLUPS_IDENTITY)) ?? NOBODY;
  }

  async stop(): Promise<void> {
    await this.#turn;
  }

  /** Days that wait, over all devices. */
  get size(): number {
    return this.#size;
  }

  /** Whether the ledger is about what this store holds; until then points alone count. */
  trusts({ identity }: SeriesStatus): boolean {
    return identity !== null && identity === this.#identity;
  }

  /** Every day that has points was marked for the store of this identity. */
  async adopt(identity: string): Promise<void> {
    await this.#options.state.settings.set(ROLLUPS_IDENTITY, identity);
    this.#identity = identity;
  }

  /** The ledger may have lost marks: all days are to be marked anew. */
  async distrust(): Promise<void> {
    this.#identity = NOBODY;
    await this.#options.state.settings.set(ROLLUPS_IDENTITY, NOBODY);
  }

  /** What is observed before has left the tier; -Infinity: nothing has. */
  floor(kind: string, tier: FloorTier): number {
    return this.#floors[kind]?.[tier] ?? Number.NEGATIVE_INFINITY;
  }

  /** To be told before data leaves the tier for good, so that no query misses it unawares. */
  async raiseFloor(kind: string, tier: FloorTier, before: number): Promise<void> {
    if (before <= this.floor(kind, tier)) return;
    this.#floors = { ...this.#floors, [kind]: { ...this.#floors[kind], [tier]: before } };
    await this.#options.state.settings.set(FLOORS_SETTING, JSON.stringify(this.#floors));
  }

  /** Devices of a kind that had a day marked since the start. */
  devicesSeen(kind: string): Iterable<string> {
    return this.#devices.get(kind) ?? [];
  }

  /** Dirty days in a span, of these devices; `devices` absent: of any. */
  dirtyWithin(kind: string, devices: readonly string[] | undefined, span: Span): Set<number> {
    const found = new Set<number>();
    const stale = this.#stale.get(kind);
    if (stale === undefined || stale.size === 0) return found;
    const first = this.days.dayOf(span.from);
    const last = this.days.dayOf(span.to);
    const wanted = devices === undefined ? undefined : new Set(devices);
    for (const [day, byDevice] of stale) {
      if (day < first || day > last) continue;
      if (wanted === undefined || haveCommon(wanted, byDevice)) found.add(day);
    }
    return found;
  }

  *stale(): Iterable<StaleDay> {
    for (const byDay of this.#stale.values()) {
      for (const byDevice of byDay.values()) yield* byDevice.values();
    }
  }

  /** What a writer marks with; each has its own. */
  marker(): Marker {
    return new Marker({
      at: (kind, device, time) => {
        const day = this.days.dayOf(time);
        return this.#staleAt({ kind, device, day });
      },
      save: (days) => this.#save(days),
      now: () => this.#options.clock.monotonic(),
    });
  }

  /** Marks days; nobody clears them before the function it returns was called. */
  async mark(days: Iterable<DayOfDevice>): Promise<() => void> {
    const marked = [...days].map((one) => this.#staleAt(one));
    const now = this.#options.clock.monotonic();
    for (const one of marked) pin(one, now);
    const release = (): void => {
      for (const one of marked.splice(0)) unpin(one, this.#options.clock.monotonic());
    };
    try {
      await this.#save(marked.filter(({ durable }) => !durable));
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }

  /** Keeps all days of a device from being cleared until the function it returns is called. */
  hold(device: string): () => void {
    this.#held.set(device, (this.#held.get(device) ?? 0) + 1);
    return () => {
      const left = (this.#held.get(device) ?? 1) - 1;
      if (left === 0) this.#held.delete(device);
      else this.#held.set(device, left);
    };
  }

  /** Takes days on before their points are read; those being written to are left out. */
  claim(days: Iterable<StaleDay>): Claim {
    const claim = new Map<StaleDay, number>();
    const now = this.#options.clock.monotonic();
    for (const one of days) {
      if (!one.alive || one.pins > 0) continue;
      one.attemptedAt = now;
      claim.set(one, one.generation);
    }
    return claim;
  }

  /** Clears what was not marked since it was claimed. Returns how many days that were. */
  async clear(claim: Claim): Promise<number> {
    const cleared: StaleDay[] = [];
    for (const [one, generation] of claim) {
      const changed = one.generation !== generation || one.pins > 0;
      if (changed || !one.alive || this.#held.has(one.device)) continue;
      one.alive = false;
      this.#stale.get(one.kind)?.get(one.day)?.delete(one.device);
      if (this.#stale.get(one.kind)?.get(one.day)?.size === 0) {
        this.#stale.get(one.kind)?.delete(one.day);
      }
      this.#size--;
      cleared.push(one);
    }
    // Memory first: a mark that comes now finds nothing and is written after this.
    await this.#inTurn(() => this.#options.state.rollups.clear(this.#named(cleared)));
    return cleared.length;
  }

  #staleAt({ kind, device, day }: DayOfDevice): StaleDay {
    const byDay = this.#stale.get(kind) ?? new Map<number, Map<string, StaleDay>>();
    this.#stale.set(kind, byDay);
    const byDevice = byDay.get(day) ?? new Map<string, StaleDay>();
    byDay.set(day, byDevice);
    const known = byDevice.get(device);
    if (known !== undefined) return known;
    const now = this.#options.clock.monotonic();
    const made: StaleDay = {
      kind,
      device,
      day,
      span: this.days.spanOf(day),
      generation: 0,
      pins: 0,
      durable: false,
      alive: true,
      since: now,
      touchedAt: now,
      attemptedAt: Number.NEGATIVE_INFINITY,
    };
    byDevice.set(device, made);
    this.#size++;
    const devices = this.#devices.get(kind) ?? new Set<string>();
    this.#devices.set(kind, devices);
    devices.add(device);
    return made;
  }

  async #save(days: readonly StaleDay[]): Promise<void> {
    if (days.length === 0) return;
    await this.#inTurn(() => this.#options.state.rollups.mark(this.#named(days)));
    for (const one of days) one.durable = true;
  }

  #named(days: readonly StaleDay[]): DirtyDay[] {
    return days.map(({ kind, device, day }) => ({ kind, device, day: this.days.nameOf(day) }));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work);
    this.#turn = run.catch(() => undefined);
    return run;
  }
}

/** Few days are dirty for many devices, and few queries name many: the fewer are looked up. */
function haveCommon(wanted: ReadonlySet<string>, byDevice: ReadonlyMap<string, StaleDay>): boolean {
  if (wanted.size < byDevice.size) {
    for (const device of wanted) if (byDevice.has(device)) return true;
  } else {
    for (const device of byDevice.keys()) if (wanted.has(device)) return true;
  }
  return false;
}

function pin(day: StaleDay, now: number): void {
  day.pins++;
  day.generation++;
  day.touchedAt = now;
}

function unpin(day: StaleDay, now: number): void {
  day.pins--;
  day.touchedAt = now;
}

interface MarkerAccess {
  at(kind: string, device: string, time: number): StaleDay;
  save(days: readonly StaleDay[]): Promise<void>;
  now(): number;
}

/**
 * Marks the days of observations before they are written. A write that failed may still be on its
 * way, so what it marked stays pinned until a later one succeeded.
 */
export class Marker {
  readonly #access: MarkerAccess;
  readonly #pinned = new Set<StaleDay>();
  /** By device: the day its last observation fell in, nearly always that of the next one too. */
  readonly #recent = new Map<string, StaleDay>();

  constructor(access: MarkerAccess) {
    this.#access = access;
  }

  async mark(observations: readonly Observation[]): Promise<void> {
    const unknown = new Set<StaleDay>();
    const now = this.#access.now();
    for (const { source, observedAt } of observations) {
      const day = this.#dayOf(source.kind, source.device, observedAt);
      if (!this.#pinned.has(day)) {
        this.#pinned.add(day);
        pin(day, now);
      }
      if (!day.durable) unknown.add(day);
    }
    if (unknown.size > 0) await this.#access.save([...unknown]);
  }

  /** The store has committed what was marked. */
  release(): void {
    const now = this.#access.now();
    for (const day of this.#pinned) unpin(day, now);
    this.#pinned.clear();
  }

  #dayOf(kind: string, device: string, time: number): StaleDay {
    const recent = this.#recent.get(device);
    const same = recent?.alive === true && recent.kind === kind;
    if (same && time >= recent.span.from && time < recent.span.to) return recent;
    const day = this.#access.at(kind, device, time);
    this.#recent.set(device, day);
    return day;
  }
}
