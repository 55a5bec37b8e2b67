import { DAY_MS, dayNumber, type LocalClock } from '../../base/local-clock.ts';
import type { Programme } from '../../contracts/irrigation.ts';
import type { Valve } from './world.ts';

/** What held a piece short. */
export type Limit = 'programme-seconds' | 'programme-litres' | 'valve-seconds' | 'valve-litres';

/** Time and water of one zone from an instant on. */
export interface Use {
  valve: Valve;
  /** L/min; null: not known, and no budget of litres can be kept. */
  flow: number | null;
  from: number;
  seconds: number;
}

interface Spent {
  seconds: number;
  litres: number;
}

/**
 * What a programme and its valves may still use, by local day. A piece over midnight uses each day's
 * own part.
 */
export class Budgets {
  readonly #clock: LocalClock;
  readonly #programme: Programme['budget'];
  /** By whose it is, the programme's own under no name, and local day. */
  readonly #spent = new Map<string, Map<number, Spent>>();

  constructor(clock: LocalClock, programme: Programme['budget']) {
    this.#clock = clock;
    this.#programme = programme;
  }

  /** What keeps nothing back. */
  static none(clock: LocalClock): Budgets {
    return new Budgets(clock, { litres: null, seconds: null });
  }

  /** To try a plan on. */
  copy(): Budgets {
    const copy = new Budgets(this.#clock, this.#programme);
    for (const [whose, days] of this.#spent) {
      copy.#spent.set(whose, new Map([...days].map(([day, spent]) => [day, { ...spent }])));
    }
    return copy;
  }

  /** How much of a use is allowed, in whole seconds from its beginning, and what held it short. */
  allowed({ valve, flow, from, seconds }: Use): { seconds: number; limit: Limit | null } {
    if (!this.#isLimited(valve)) return { seconds, limit: null };
    let given = 0;
    for (const part of this.#days(from, seconds)) {
      const { room, limit } = this.#room(part.day, valve, flow);
      if (room < part.seconds) return { seconds: Math.floor(given + Math.max(0, room)), limit };
      given += part.seconds;
    }
    return { seconds, limit: null };
  }

  spend(use: Use): void {
    this.spendOfProgramme(use);
    this.spendOfValve(use);
  }

  /** Of the programme alone: the valve's own count has it already. */
  spendOfProgramme(use: Use): void {
    this.#spend('', use);
  }

  /** Of the valve alone: another programme uses it. */
  spendOfValve(use: Use): void {
    this.#spend(use.valve.device, use);
  }

  #spend(whose: string, { valve, flow, from, seconds }: Use): void {
    if (!this.#isLimited(valve)) return;
    for (const part of this.#days(from, seconds)) {
      const spent = this.#of(whose, part.day);
      spent.seconds += part.seconds;
      spent.litres += (part.seconds / 60) * (flow ?? 0);
    }
  }

  #room(day: number, valve: Valve, flow: number | null): { room: number; limit: Limit | null } {
    const own = this.#of('', day);
    const used = this.#of(valve.device, day);
    const before = dayNumber(valve.used.day) === day ? valve.used : { seconds: 0, litres: 0 };
    const ofLitres = (most: number | null, spent: number): number => {
      if (most === null) return Number.POSITIVE_INFINITY;
      return flow === null ? 0 : ((most - spent) / flow) * 60;
    };
    const rooms: ReadonlyArray<readonly [Limit, number]> = [
      ['programme-seconds', (this.#programme.seconds ?? Number.POSITIVE_INFINITY) - own.seconds],
      ['programme-litres', ofLitres(this.#programme.litres, own.litres)],
      [
        'valve-seconds',
        (valve.daily.seconds ?? Number.POSITIVE_INFINITY) - before.seconds - used.seconds,
      ],
      ['valve-litres', ofLitres(valve.daily.litres, before.litres + used.litres)],
    ];
    const [limit, room] = rooms.reduce((least, one) => (one[1] < least[1] ? one : least));
    return { room, limit };
  }

  /** Most are not: then nobody need count. */
  #isLimited({ daily }: Valve): boolean {
    const { seconds, litres } = this.#programme;
    return (seconds ?? litres ?? daily.seconds ?? daily.litres) !== null;
  }

  #of(whose: string, day: number): Spent {
    const days = this.#spent.get(whose) ?? new Map<number, Spent>();
    this.#spent.set(whose, days);
    const spent = days.get(day) ?? { seconds: 0, litres: 0 };
    days.set(day, spent);
    return spent;
  }

  #days(from: number, seconds: number): Array<{ day: number; seconds: number }> {
    const parts: Array<{ day: number; seconds: number }> = [];
    const end = from + seconds * 1000;
    for (let at = from; at < end; ) {
      const day = this.#clock.day(at);
      // A zone that skips the midnight itself must not hold the loop.
      const midnight = Math.max(this.#clock.instant((day + 1) * DAY_MS), at + 1);
      const to = Math.min(end, midnight);
      parts.push({ day, seconds: (to - at) / 1000 });
      at = to;
    }
    return parts;
  }
}
