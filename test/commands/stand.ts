import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createMetrics, type Metrics } from '#src/base/metrics';
import { uuidv7 } from '#src/base/uuid';
import { type CommandRoom, createCommands } from '#src/commands/commands';
import { loadKinds } from '#src/ingest/kinds';
import { createState } from '#src/state/state';
import type { Actuator } from '../../src/contracts/actuator.ts';
import type { AlertDesk } from '../../src/contracts/alert.ts';
import type { Command, CommandHand, CommandRequest } from '../../src/contracts/command.ts';
import type { LiveEvent } from '../../src/contracts/live.ts';
import type { DeviceMessenger } from '../../src/contracts/messenger.ts';
import type { DecodedBatch, Quality } from '../../src/contracts/observation.ts';
import type { StateService } from '../../src/state/state.ts';
import { logger, ManualClock } from '../rules/harness.ts';

export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HAND: CommandHand = { by: 'Lan' };

export class JumpClock extends ManualClock {
  /** Moves the wall clock alone. */
  jump(ms: number): void {
    this.wall += ms;
  }
}

export interface Sent {
  device: string;
  at: number;
  /** By the clock that never jumps. */
  monotonic: number;
  id: string;
  action: string;
  maxSeconds?: number;
  notAfter: number;
  sequence: number;
}

/** The seam to the broker: who is connected, what was published, whose connection was closed. */
export class Wire implements DeviceMessenger {
  readonly online = new Set<string>();
  readonly sent: Sent[] = [];
  readonly dropped: string[] = [];
  readonly #clock: ManualClock;
  readonly #listeners = new Set<(device: string) => void>();
  /** Answers instead of the socket; undefined: taken. */
  take: ((device: string) => boolean) | undefined;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  get connections(): number {
    return this.online.size;
  }

  connected(device: string): boolean {
    return this.online.has(device);
  }

  async send(device: string, topic: string, payload: string): Promise<boolean> {
    if (topic !== 'command' || !this.online.has(device) || this.take?.(device) === false) {
      return false;
    }
    const message = JSON.parse(payload) as Omit<Sent, 'device' | 'at' | 'monotonic'> & {
      notAfter: string;
    };
    const notAfter = Date.parse(message.notAfter);
    const [at, monotonic] = [this.#clock.now(), this.#clock.monotonic()];
    this.sent.push({ ...message, device, at, monotonic, notAfter });
    return true;
  }

  drop(device: string): boolean {
    this.dropped.push(device);
    return this.online.delete(device);
  }

  onListening(listener: (device: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  connect(device: string): void {
    this.online.add(device);
    for (const listener of this.#listeners) listener(device);
  }
}

export interface StandOptions {
  alerts?: (state: StateService) => AlertDesk;
}

/** A real state and the desk over it, with the wire and the clock in the test's hands. */
export class Stand {
  readonly clock = new JumpClock();
  readonly wire = new Wire(this.clock);
  readonly live: LiveEvent[] = [];
  readonly state: StateService;
  metrics: Metrics = createMetrics();
  desk: CommandRoom;
  offset = 0;
  readonly #options: StandOptions;
  /** Ends what the running desk can do, as a kill does. */
  #kill: () => void = () => undefined;
  readonly #kinds: Awaited<ReturnType<typeof loadKinds>>;

  private constructor(
    state: StateService,
    kinds: Awaited<ReturnType<typeof loadKinds>>,
    options: StandOptions,
  ) {
    this.state = state;
    this.#kinds = kinds;
    this.#options = options;
    this.desk = this.#make();
  }

  static async open(options: StandOptions = {}): Promise<Stand> {
    const dir = mkdtempSync(path.join(tmpdir(), 'sluice-commands-'));
    const clock = new ManualClock();
    const state = createState({ file: path.join(dir, 'state.sqlite'), clock, logger });
    await state.start(new AbortController().signal);
    onTestFinished(async () => {
      await state.stop();
      rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
    });
    await state.coops.create({ id: 'coop', name: 'Coop' });
    for (const id of ['zone-a', 'zone-b']) await state.sites.create(site(id));
    const stand = new Stand(state, await loadKinds(), options);
    await stand.desk.start(new AbortController().signal);
    onTestFinished(() => stand.desk.stop());
    return stand;
  }

  #make(): CommandRoom {
    const { state, clock, wire } = this;
    const alerts = this.#options.alerts?.(state);
    let isAlive = true;
    this.#kill = () => {
      isAlive = false;
    };
    const dead = (): Promise<never> => Promise.reject(new Error('it was killed'));
    const ownState: StateService = {
      ...state,
      transaction: (work) => (isAlive ? state.transaction(work) : dead()),
    };
    const ownWire: DeviceMessenger = {
      connections: 0,
      connected: (device) => isAlive && wire.connected(device),
      send: async (...args) => isAlive && (await wire.send(...args)),
      drop: (device) => isAlive && wire.drop(device),
      onListening: (listener) => wire.onListening((device) => isAlive && listener(device)),
    };
    return createCommands({
      ...{ state: ownState, registry: state.registry, kinds: this.#kinds, clock, logger },
      live: { publish: (event) => void this.live.push(event) },
      messenger: ownWire,
      metrics: this.metrics,
      timeZone: 'Asia/Ho_Chi_Minh',
      ...(alerts && { alerts }),
    });
  }

  /** A valve that is enabled, with its own flow meter as witness. */
  async valve(id: string, more: Partial<Actuator> = {}): Promise<string> {
    await this.device(id, more.site ?? 'zone-a');
    await this.desk.saveActuator({ ...valveOf(id), ...more }, HAND);
    return id;
  }

  async device(id: string, where = 'zone-a', kind = 'drip-controller'): Promise<void> {
    await this.state.devices.create(
      {
        ...{ id, coop: 'coop', site: where, kind, name: null, intervalSeconds: 60 },
        ...{ tags: [], gateway: null, createdAt: 0 },
      },
      new Uint8Array(32),
    );
  }

  request(device: string, more: Partial<CommandRequest> = {}): CommandRequest {
    return {
      id: uuidv7(this.clock.now()),
      device,
      action: 'open',
      ...((more.action ?? 'open') === 'open' && { maxSeconds: 600 }),
      source: { type: 'person', name: 'Lan', id: null },
      ...more,
    };
  }

  async open(device: string, more: Partial<CommandRequest> = {}): Promise<Command> {
    const command = await this.desk.order(this.request(device, more));
    await this.desk.idle();
    return this.get(command.id);
  }

  close(device: string, more: Partial<CommandRequest> = {}): Promise<Command> {
    return this.open(device, { action: 'close', ...more });
  }

  async get(id: string): Promise<Command> {
    const command = await this.desk.get(id);
    if (command === undefined) throw new Error(`no command ${id}`);
    return command;
  }

  /** A word of the device, through the journal as the pump would bring it. */
  async ack(
    { id, device }: Pick<Command, 'id' | 'device'>,
    state: string,
    more: Record<string, unknown> = {},
  ): Promise<Command | undefined> {
    await this.accept({ acks: [this.ackFrame(device, { id, state, ...more })] });
    return this.desk.get(id);
  }

  ackFrame(device: string, body: Record<string, unknown>): DecodedBatch['acks'][number] {
    const receivedAt = this.clock.now();
    return { source: this.#source(device), offset: this.offset, receivedAt, body };
  }

  async report(
    device: string,
    values: Record<string, number>,
    { at = this.clock.now(), quality = 'good' as Quality } = {},
  ): Promise<void> {
    const receivedAt = this.clock.now();
    const place = { offset: this.offset, index: 0, observedAt: at, receivedAt, quality };
    await this.accept({ observations: [{ source: this.#source(device), ...place, values }] });
  }

  async accept(part: Partial<DecodedBatch>): Promise<DecodedBatch> {
    const batch: DecodedBatch = {
      ...{ from: this.offset, next: this.offset + 1, observations: [], rejections: [] },
      ...{ claims: [], statuses: [], acks: [], ...part },
    };
    this.offset = batch.next;
    await this.desk.accept(batch);
    await this.desk.idle();
    return batch;
  }

  async pass(ms: number, step = SECOND): Promise<void> {
    for (let left = ms; left > 0; left -= step) {
      this.clock.advance(Math.min(step, left));
      await this.desk.tick();
      await this.desk.idle();
    }
  }

  /** The program is killed and starts again: nothing but the state remains. */
  async restart(awayMs = 0): Promise<void> {
    const before = this.desk;
    this.#kill();
    this.clock.advance(awayMs);
    this.metrics = createMetrics();
    this.desk = this.#make();
    await before.stop();
    await this.desk.start(new AbortController().signal);
    this.offset = await this.desk.cursor();
  }

  #source(device: string) {
    const source = this.state.registry.source(device);
    if (source === undefined) throw new Error(`no device ${device}`);
    return source;
  }
}

export function valveOf(id: string): Omit<Actuator, 'version'> {
  return {
    device: id,
    coop: 'coop',
    site: 'zone-a',
    role: 'irrigation-valve',
    enabled: true,
    failSafe: 'off',
    maxSeconds: 1_800,
    witness: {
      ...{ device: null, metric: 'flow_rate', view: 'value' },
      on: { min: 5, max: null },
      off: { min: null, max: 0.2 },
      withinSeconds: 60,
    },
    supply: null,
    nominalFlow: null,
    interlocks: [],
  };
}

function site(id: string) {
  return {
    ...{ id, coop: 'coop', kind: 'zone' as const, name: id, location: null, areaHa: null },
    ...{ crop: null, species: null, startedOn: null },
  };
}
