import type { Command, CommandRequest, Proof } from '#src/contracts/command';
import type { DecodedBatch } from '#src/contracts/observation';
import type { TrialPart } from './trial-plant.ts';
import type { Sending, TrialClock } from './trial-server.ts';

/** What was asked of the desk, and when. */
export interface Asked {
  request: CommandRequest;
  trueAt: number;
  wallAt: number;
  boot: number;
  /** Asked again, since nobody knew what had become of it. */
  isRepeated: boolean;
  /** A code when it was refused; null: it was taken, or nobody knows. */
  refusal: string | null;
}

/** A good value of a meter that the desk has taken for good, and when it was measured. */
export interface Seen {
  offset: number;
  trueAt: number;
  observedAt: number;
  acceptedAt: number;
  value: number;
}

/** What a device's meter said, and when it said so. */
interface Reading {
  observedAt: number;
  trueAt: number;
  /** When the desk was given it, true ms; again after a kill. */
  takenAt: number;
  value: number;
}

/** The witness of every valve here. */
const FLOW = 'flow_rate';
/** A message is sent again after 10 s, and looked after each second. */
const STOP_S = 45;

/** Everything that happened in one world, as the checks need it. */
export class TrialRecord {
  readonly asked = new Map<string, Asked>();
  readonly sendings: Sending[] = [];
  readonly seen = new Map<string, Seen[]>();
  /** Wrong at the moment it happened; with the device. */
  readonly wrong: string[] = [];
  /** Scopes that stand still by an emergency stop, since it was confirmed (true ms). */
  readonly stops = new Map<string, number>();
  /** First start of its run that the desk knew of, by command. */
  readonly #started = new Set<string>();
  readonly #commands = new Map<string, Command>();
  /** True ms. */
  readonly #effectiveAt = new Map<string, number>();
  readonly #readings = new Map<string, Reading[]>();
  /** Seconds in which a stopped device could hear everything, without a break. */
  readonly #calm = new Map<string, number>();
  readonly #clock: TrialClock;
  readonly #parts: ReadonlyMap<string, TrialPart>;
  readonly #saidAt: (offset: number) => number;

  constructor(world: {
    clock: TrialClock;
    parts: ReadonlyMap<string, TrialPart>;
    saidAt(offset: number): number;
  }) {
    this.#clock = world.clock;
    this.#parts = world.parts;
    this.#saidAt = world.saidAt;
  }

  changed(command: Command): void {
    this.#commands.set(command.id, command);
    const { id, state } = command;
    if (state === 'effective' && !this.#effectiveAt.has(id)) {
      this.#effectiveAt.set(id, this.#clock.true);
    }
    if (command.startedAt !== null) this.#started.add(command.id);
  }

  /** Reports were read from the journal, whatever becomes of them. */
  decoded(batch: DecodedBatch): void {
    for (const { source, offset, observedAt, values } of batch.observations) {
      const value = values[FLOW];
      if (value === undefined) continue;
      const readings = this.#readings.get(source.device) ?? [];
      this.#readings.set(source.device, readings);
      const takenAt = this.#clock.true;
      readings.push({ observedAt, trueAt: this.#saidAt(offset), takenAt, value });
    }
  }

  /**
   * When the reading was made that a proof rests on (true ms); null: there is none. A verdict comes
   * with its reading, whatever the clocks say of it.
   */
  madeAt({ device, value, at }: Proof, id: string): number | null {
    const provenAt = this.#effectiveAt.get(id);
    const offMs = ({ observedAt }: Reading): number => Math.abs(observedAt - (at ?? 0));
    const known = (this.#readings.get(device) ?? []).filter((one) => one.value === value);
    const taken = known.filter(({ takenAt }) => takenAt === provenAt);
    const [reading] = (taken.length > 0 ? taken : known).sort(
      (one, other) => offMs(one) - offMs(other),
    );
    return reading?.trueAt ?? null;
  }

  /** A command leaves: whether it may. */
  sent(sending: Sending): void {
    this.sendings.push(sending);
    const { id, device, wallAt } = sending;
    const command = this.#commands.get(id);
    const say = (what: string): void => {
      this.wrong.push(`${device}: ${what} (${id})`);
    };
    if (command === undefined) return say('sent before it was committed');
    if (wallAt >= command.notAfter) say(`sent ${wallAt - command.notAfter} ms after its end`);
    if (command.to === 'on' && this.#started.has(id)) say('sent although it ran already');
    if (command.to === 'on' && this.#isStopped(device)) say('a start left under a stop');
    const times = this.sendings.filter((one) => one.id === id).length;
    // A stop is repeated until it is heard.
    if (command.to === 'on' && times > 2) say(`sent ${times} times`);
  }

  accepted(batch: DecodedBatch): void {
    for (const { source, offset, observedAt, quality, values } of batch.observations) {
      const value = values[FLOW];
      if (value === undefined || quality !== 'good') continue;
      const seen = this.seen.get(source.device) ?? [];
      this.seen.set(source.device, seen);
      // Taken anew by a program that had not committed it before its end.
      const known = seen.findIndex((one) => one.offset === offset);
      if (known !== -1) seen.splice(known, 1);
      const trueAt = this.#saidAt(offset);
      seen.push({ offset, trueAt, observedAt, acceptedAt: this.#clock.true, value });
    }
  }

  /**
   * A second in which a device could hear everything, or not. Under an emergency stop it must stand
   * once it could for a while.
   */
  second(device: string, isFree: boolean): void {
    const part = this.#parts.get(device);
    if (part === undefined) return;
    const calm = isFree && this.#isStopped(device) ? (this.#calm.get(device) ?? 0) + 1 : 0;
    this.#calm.set(device, calm);
    const { fault, model } = part;
    const delay = fault?.type === 'late-link' ? 2 * fault.delaySeconds : 0;
    if (calm !== STOP_S + Math.ceil(delay) || model.position() === 'off') return;
    this.wrong.push(`${device}: it runs on under an emergency stop, connected for ${calm} s`);
  }

  #isStopped(device: string): boolean {
    const site = this.#parts.get(device)?.actuator.site ?? '';
    return this.stops.has(`device:${device}`) || this.stops.has(`site:${site}`);
  }
}
