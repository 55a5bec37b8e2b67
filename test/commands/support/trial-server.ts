import { createMetrics } from '#src/base/metrics';
import { type CommandRoom, createCommands } from '#src/commands/commands';
import type { Command } from '#src/contracts/command';
import type { KindRegistry } from '#src/contracts/device-kind';
import type { Frame } from '#src/contracts/frame';
import type { DecodedBatch } from '#src/contracts/observation';
import type { State } from '#src/contracts/state';
import { createDecoder } from '#src/ingest/decode';
import type { StateService } from '#src/state/state';
import { quietLogger } from '../../support/quiet.ts';
import type { Chance } from './chance.ts';
import type { Said, TrialLink } from './trial-link.ts';

/** True time, which only the world moves, and what the server's clock makes of it. */
export class TrialClock {
  /** ms since 1970. */
  true: number;
  /** The server's wall clock is ahead by so much. */
  offset = 0;
  #bootedAt: number;

  constructor(startAt: number) {
    this.true = startAt;
    this.#bootedAt = startAt - 1_000;
  }

  now(): number {
    return Math.floor(this.true + this.offset);
  }

  monotonic(): number {
    return this.true - this.#bootedAt;
  }

  boot(): void {
    this.#bootedAt = this.true - 1_000;
  }
}

/** Where a program can end: before, within or after a transaction, before or after a publish. */
const POINTS = ['before', 'within', 'after', 'unsent', 'sent', 'idle'] as const;
type Point = (typeof POINTS)[number];

/** A command that left for a device. */
export interface Sending {
  id: string;
  device: string;
  trueAt: number;
  wallAt: number;
  /** Which run of the program sent it. */
  boot: number;
  action: string;
}

export interface ServerWorld {
  state: StateService;
  kinds: KindRegistry;
  clock: TrialClock;
  chance: Chance;
  links: ReadonlyMap<string, TrialLink>;
  timeZone: string;
  sent(sending: Sending): void;
  changed(command: Command): void;
  decoded(batch: DecodedBatch): void;
}

class Killed extends Error {}

/**
 * The real desk over the real state, with a journal that outlives it. It can be killed wherever it
 * speaks to the world, and is then begun anew: what was in memory is gone.
 */
export class TrialServer {
  readonly #world: ServerWorld;
  readonly #decode: (batch: { from: number; next: number; frames: Frame[] }) => DecodedBatch;
  readonly #frames: Frame[] = [];
  /** When the device said each of them, true ms. */
  readonly #saidAt: number[] = [];
  readonly #listeners = new Set<(device: string) => void>();
  #desk: CommandRoom | null = null;
  #cursor = 0;
  #last: DecodedBatch | null = null;
  #armed: { point: Point; left: number } | null = null;
  boot = 0;
  kills = 0;

  constructor(world: ServerWorld) {
    this.#world = world;
    const clockWindow = { pastMs: 90 * 86_400_000, futureMs: 300_000 };
    this.#decode = createDecoder({ kinds: world.kinds, clockWindow });
  }

  get isUp(): boolean {
    return this.#desk !== null;
  }

  /** Null while it is down. */
  get desk(): CommandRoom | null {
    return this.#desk;
  }

  saidAt(offset: number): number {
    return this.#saidAt[offset] ?? Number.NaN;
  }

  /** Kills it at the next passing of a point, some passings from now. */
  arm(): void {
    const { chance } = this.#world;
    this.#armed = { point: chance.of(POINTS), left: chance.whole(0, 3) };
  }

  async start(): Promise<void> {
    const { clock, kinds, state, timeZone } = this.#world;
    clock.boot();
    this.boot++;
    this.#armed = null;
    this.#listeners.clear();
    this.#last = null;
    const boot = this.boot;
    const isGone = (): boolean => this.boot !== boot || this.#desk === null;
    const desk = createCommands({
      ...{ state: this.#shaky(() => this.boot !== boot), registry: state.registry, kinds, clock },
      ...{ logger: quietLogger, metrics: createMetrics(), timeZone },
      live: {
        publish: (event) => {
          if (event.type === 'command') this.#world.changed(event.data);
        },
      },
      messenger: {
        connected: (device) => this.#world.links.get(device)?.isConnected ?? false,
        connections: 0,
        send: async (device, topic, payload) =>
          topic === 'command' && !isGone() && this.#send(device, payload, boot),
        drop: (device) => this.#drop(device),
        onListening: (listener) => {
          this.#listeners.add(listener);
          return () => this.#listeners.delete(listener);
        },
      },
      head: () => this.#frames.length,
    });
    await desk.start(AbortSignal.abort());
    this.#cursor = await desk.cursor();
    this.#desk = desk;
  }

  /** The process is gone, with every connection. */
  kill(): void {
    if (this.#desk === null) return;
    const dead = this.#desk;
    this.kills++;
    this.#desk = null;
    this.boot++;
    this.#armed = null;
    this.cutAll();
    // Its timer is real; the rest of it can do nothing any more.
    void dead.stop().catch(() => undefined);
  }

  /** Every connection goes. */
  cutAll(): void {
    const { links, clock } = this.#world;
    for (const link of links.values()) link.cut(clock.true);
  }

  listening(device: string): void {
    if (this.#desk !== null) for (const listener of this.#listeners) listener(device);
  }

  /** A message of a device is in the journal. */
  journal(device: string, { topic, payload, trueAt }: Said): void {
    const { state, clock } = this.#world;
    const source = state.registry.source(device);
    if (source === undefined) return;
    const bytes = new TextEncoder().encode(payload);
    const offset = this.#frames.length;
    this.#frames.push({ source, topic, payload: bytes, receivedAt: clock.now(), offset });
    this.#saidAt.push(trueAt);
  }

  /** Hands the desk what is new; now and then what it had already. Answers what it accepted. */
  async pump(): Promise<DecodedBatch | null> {
    const { chance } = this.#world;
    const again = this.#last;
    if (again !== null && chance.is(0.02)) await this.#accept(again);
    const next = this.#frames.length;
    if (this.#desk === null || next <= this.#cursor) return null;
    const from = this.#cursor;
    const batch = this.#decode({ from, next, frames: this.#frames.slice(from, next) });
    this.#world.decoded(batch);
    if (!(await this.#accept(batch))) return null;
    this.#cursor = next;
    this.#last = batch;
    return batch;
  }

  async tick(): Promise<void> {
    this.#pass('idle');
    await this.attempt((desk) => desk.tick());
    await this.attempt((desk) => desk.idle());
  }

  /** Asks the desk; undefined when it is down or was killed meanwhile. */
  async attempt<T>(ask: (desk: CommandRoom) => Promise<T>): Promise<T | undefined> {
    const desk = this.#desk;
    if (desk === null) return undefined;
    try {
      return await ask(desk);
    } catch (error) {
      if (this.#desk === desk) throw error;
      return undefined;
    }
  }

  async #accept(batch: DecodedBatch): Promise<boolean> {
    const done = await this.attempt(async (desk) => {
      await desk.accept(batch);
      return true;
    });
    return done === true && this.#desk !== null;
  }

  #send(device: string, payload: string, boot: number): boolean {
    const { links, clock } = this.#world;
    this.#pass('unsent');
    if (this.boot !== boot) return false;
    const message = JSON.parse(payload) as { id: string; action: string };
    const isSent = links.get(device)?.send(payload, clock.true) ?? false;
    if (isSent) {
      const at = { trueAt: clock.true, wallAt: clock.now(), boot };
      this.#world.sent({ ...message, device, ...at });
    }
    this.#pass('sent');
    return isSent;
  }

  #drop(device: string): boolean {
    const { links, clock } = this.#world;
    const link = links.get(device);
    if (link === undefined || !link.isConnected) return false;
    link.cut(clock.true);
    return true;
  }

  /** Kills the program when its end was to be here. */
  #pass(point: Point): void {
    if (this.#armed?.point !== point || this.#armed.left-- > 0) return;
    this.kill();
  }

  /** The state of one run of the program: nothing of it is written after its end. */
  #shaky(isGone: () => boolean): State {
    const { state } = this.#world;
    const check = (point: Point): void => {
      if (!isGone()) this.#pass(point);
      if (isGone()) throw new Killed('the program is gone');
    };
    const transaction: State['transaction'] = async (work) => {
      check('before');
      const result = await state.transaction(async (tx) => {
        const done = await work(tx);
        check('within');
        return done;
      });
      check('after');
      return result;
    };
    return { ...state, transaction };
  }
}
