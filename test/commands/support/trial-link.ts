import type { Chance } from './chance.ts';

/** A message on its way, by the instant (true ms) at which it arrives. */
interface Flight<Message> {
  at: number;
  message: Message;
}

/** What a device says, and when it said so (true ms). */
export interface Said {
  topic: 'ack' | 'report';
  payload: string;
  trueAt: number;
}

export interface LinkEnds {
  /** The broker takes connections now. */
  isOpen(): boolean;
  /** The device has power. */
  isUp(): boolean;
  /** The server's side took a message of the device. */
  arrived(said: Said): void;
  /** The device listens on its command topic from now on. */
  listening(): void;
  /** The connection is gone, for the device. */
  lost(): void;
}

/** Seconds that a message needs, unless the connection stalls. */
const DELAY_S = [0.02, 1.5] as const;
/** What a device keeps for the next connection. */
const KEPT_MAX = 100;

/**
 * One device's connection as TCP has it: messages arrive in order or not at all, a stall delays
 * them, and what was on its way when the connection went is gone. What the device says is kept by
 * it until it was taken, so a lost acknowledgement of it makes it come twice.
 */
export class TrialLink {
  readonly #chance: Chance;
  readonly #ends: LinkEnds;
  readonly #isForgetful: boolean;
  #isConnected = false;
  #reconnectAt: number;
  #stalledUntil = 0;
  #down: Array<Flight<string>> = [];
  #up: Array<Flight<Said>> = [];
  /** Said while there was no connection, or not known to have been taken. */
  #kept: Said[] = [];
  #lastTaken: Said | null = null;

  constructor(chance: Chance, ends: LinkEnds, startAt: number) {
    this.#chance = chance;
    this.#ends = ends;
    this.#isForgetful = chance.is(0.3);
    this.#reconnectAt = startAt + chance.between(0, 5_000);
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Nothing keeps a message from passing now. */
  isFree(now: number): boolean {
    return this.#isConnected && now >= this.#stalledUntil;
  }

  /** Hands a command to the socket. */
  send(payload: string, now: number): boolean {
    if (!this.#isConnected) return false;
    this.#down.push({ at: this.#arrival(this.#down, now), message: payload });
    return true;
  }

  say(said: Said): void {
    if (this.#isConnected) {
      this.#up.push({ at: this.#arrival(this.#up, said.trueAt), message: said });
    } else if (!this.#isForgetful) this.#keep(said);
  }

  /** Ends the connection; the device tries again after a while. */
  cut(now: number, forMs = this.#chance.between(500, 30_000)): void {
    this.#reconnectAt = Math.max(this.#reconnectAt, now + forMs);
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#stalledUntil = 0;
    this.#down = [];
    const unknown = this.#up.map(({ message }) => message);
    this.#up = [];
    // The word that it was taken was lost: it says so again.
    const again = this.#lastTaken !== null && this.#chance.is(0.3) ? [this.#lastTaken] : [];
    this.#lastTaken = null;
    for (const said of [...again, ...unknown]) this.#keep(said);
    this.#ends.lost();
  }

  /** Nothing passes for a while; then it does, unless the connection goes before. */
  stall(now: number, forMs: number): void {
    if (!this.#isConnected) return;
    this.#stalledUntil = now + forMs;
    for (const flight of [...this.#down, ...this.#up]) {
      flight.at = Math.max(flight.at, this.#stalledUntil);
    }
  }

  /** Connects, when it is time; takes what arrived from the device by now. */
  advance(now: number): void {
    if (this.#isConnected && !this.#ends.isUp()) this.cut(now, 0);
    if (!this.#isConnected) this.#connect(now);
    while ((this.#up[0]?.at ?? Infinity) <= now) {
      const said = this.#up.shift()?.message;
      if (said === undefined) break;
      this.#lastTaken = said;
      this.#ends.arrived(said);
    }
  }

  /** Commands that reach the device by `until`, each with its instant. */
  *delivered(until: number): Iterable<Flight<string>> {
    for (;;) {
      const [first] = this.#down;
      if (first === undefined || first.at > until) return;
      this.#down.shift();
      yield first;
    }
  }

  #connect(now: number): void {
    if (now < this.#reconnectAt || !this.#ends.isOpen() || !this.#ends.isUp()) return;
    this.#isConnected = true;
    for (const message of this.#kept.splice(0)) {
      this.#up.push({ at: this.#arrival(this.#up, now), message });
    }
    this.#ends.listening();
  }

  #arrival(before: ReadonlyArray<Flight<unknown>>, now: number): number {
    const at = now + this.#chance.between(...DELAY_S) * 1_000;
    return Math.max(at, this.#stalledUntil, before.at(-1)?.at ?? 0);
  }

  #keep(said: Said): void {
    this.#kept.push(said);
    if (this.#kept.length > KEPT_MAX) this.#kept.shift();
  }
}
