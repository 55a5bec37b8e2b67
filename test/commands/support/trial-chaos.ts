import type { Chance } from './chance.ts';
import type { TrialLink } from './trial-link.ts';
import type { TrialClock, TrialServer } from './trial-server.ts';

export interface ChaosWorld {
  chance: Chance;
  clock: TrialClock;
  links: ReadonlyMap<string, TrialLink>;
  server: TrialServer;
  /** The server's wall clock is moved now and then. */
  jumps: boolean;
}

/** Mean time between two of a kind, s: of the whole world, and of one device. */
const KILL_S = 50;
const BROKER_S = 260;
const CUT_S = 240;
const STALL_S = 180;
/** Real servers are back sooner or later. */
const DOWN_S = [0.2, 60] as const;
/** A moment to end at comes soon; where none does, the program ends between two. */
const ARMED_MS = 8_000;
const JUMPS_MS = [2_000, 45_000, 90_000, 3_600_000, 10_800_000];

/** What is done to server, broker and links, each second, as long as it lasts. */
export class Chaos {
  readonly #world: ChaosWorld;
  /** Instants at which the server's wall clock is moved. */
  readonly #jumps: number[];
  #upAt = 0;
  #armedAt = Number.POSITIVE_INFINITY;
  #brokerUpAt = 0;
  /** True ms of each jump, with how far it went. */
  readonly jumped: Array<{ at: number; byMs: number; wasDown: boolean }> = [];

  constructor(world: ChaosWorld, span: { from: number; to: number }) {
    this.#world = world;
    const { chance } = world;
    const count = world.jumps ? chance.whole(1, 2) : 0;
    this.#jumps = Array.from({ length: count }, () => chance.between(span.from, span.to));
  }

  get isBrokerUp(): boolean {
    return this.#world.clock.true >= this.#brokerUpAt;
  }

  /** One second of trouble. */
  trouble(): void {
    const { chance, clock, links, server } = this.#world;
    const now = clock.true;
    this.#jump(now);
    if (server.isUp && this.#armedAt === Number.POSITIVE_INFINITY && chance.is(1 / KILL_S)) {
      server.arm();
      this.#armedAt = now;
    }
    if (server.isUp && now - this.#armedAt > ARMED_MS) server.kill();
    if (chance.is(1 / BROKER_S)) {
      this.#brokerUpAt = now + chance.between(500, 15_000);
      server.cutAll();
    }
    for (const link of links.values()) {
      if (chance.is(1 / CUT_S)) link.cut(now);
      else if (chance.is(1 / STALL_S)) link.stall(now, chance.between(2_000, 120_000));
    }
  }

  /** Begins the program again when it has been down for long enough, or at once at the end. */
  async recover(isOver: boolean): Promise<void> {
    const { chance, clock, server } = this.#world;
    if (server.isUp) return;
    if (this.#upAt === 0) this.#upAt = clock.true + chance.between(...DOWN_S) * 1_000;
    if (!isOver && clock.true < this.#upAt) return;
    this.#upAt = 0;
    this.#armedAt = Number.POSITIVE_INFINITY;
    await server.start();
  }

  #jump(now: number): void {
    const { chance, clock, server } = this.#world;
    const place = this.#jumps.findIndex((at) => at <= now);
    if (place === -1) return;
    this.#jumps.splice(place, 1);
    const byMs = chance.of(JUMPS_MS) * (chance.is(0.5) ? 1 : -1);
    clock.offset += byMs;
    this.jumped.push({ at: now, byMs, wasDown: !server.isUp });
  }
}
