import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { type Clock, holdProcess, repeat, sleep, systemClock } from '../src/base/clock.ts';
import { AppError } from '../src/base/errors.ts';
import type { DeviceKind, KindRegistry } from '../src/contracts/device-kind.ts';
import type { World } from '../src/contracts/simulator.ts';
import { Controller } from './controllers/controller.ts';
import { type ControllerFault, faultsOfController } from './controllers/controller-faults.ts';
import { ControllerLink } from './controllers/controller-link.ts';
import { Surroundings } from './controllers/surroundings.ts';
import { DeviceLink, type FleetMessage } from './device-link.ts';
import { type FleetTime, runDevice } from './device-run.ts';
import { createDeviceFaults, type DeviceFaults, type FleetFaults } from './faults.ts';
import { countSlots, type Schedule } from './schedule.ts';
import { seedOf } from './worlds/chance.ts';

export type { FleetMessage } from './device-link.ts';
export type { FleetFaults, SensorFault } from './faults.ts';
export type { SimulatedReport } from './report.ts';

export interface SimulatedDevice {
  id: string;
  coop: string;
  kind: string;
  secret: string;
  /** Tells this device's surroundings from others'; by default it follows from the id. */
  seed?: number;
  /** Seconds between reports; by default the kind's own. */
  intervalSeconds?: number;
  /** First observed time of this device (ms), when it is not the fleet's. */
  from?: number;
}

export interface FleetOptions {
  /** `mqtt://host:port`, or `mqtts://` with `ca` when its authority is not a public one. */
  brokerUrl: string;
  ca?: string;
  devices: readonly SimulatedDevice[];
  kinds: KindRegistry;
  world: World;
  clock?: Clock;
  /** Observed time at which the live part begins (ms); by default now. */
  startAt?: number;
  /** First observed time (ms): everything between it and `startAt` is sent in batches first. */
  from?: number;
  /** Observed time at which the devices stop (ms); by default they never do. */
  until?: number;
  /**
   * Observed seconds per second. Above 1 observed time runs ahead of the server's clock unless
   * `startAt` lies far enough in the past.
   */
  speed?: number;
  /** Reports a second of all devices together in the live part, instead of their intervals. */
  ratePerSecond?: number;
  /** Seconds between live reports of each device, instead of its interval. */
  liveIntervalSeconds?: number;
  /** How long before `startAt` the live interval begins to hold. */
  denseSeconds?: number;
  faults?: FleetFaults;
  /** Messages in flight per device. */
  window?: number;
  /** Marks this run's sequence numbers; by default a new one each time. */
  boot?: string;
  connectsPerSecond?: number;
  reconnect?: { minMs: number; maxMs: number };
  progressMs?: number;
  /** Before a message is sent for the first time. */
  onSent?: (message: FleetMessage) => void;
  onAcknowledged?: (message: FleetMessage) => void;
  onRejected?: (device: string, payload: string) => void;
  onProgress?: (progress: FleetProgress) => void;
}

/** Counts are reports; copies sent on purpose are counted apart. */
export interface FleetProgress {
  connected: number;
  sent: number;
  acknowledged: number;
  repeated: number;
  /** Left unsent by the loss fault. */
  lost: number;
  rejected: number;
  /** Reports due until `until`, or until `startAt` for a fleet that does not stop. */
  total: number;
  /** Acknowledged a second since the progress before. */
  ratePerSecond: number;
  /** What last kept a device from connecting, or null. */
  problem: string | null;
}

const WINDOW = 4;
const CONNECTS_PER_SECOND = 200;
const RECONNECT = { minMs: 500, maxMs: 15_000 };
const PROGRESS_MS = 1_000;
/** Node's timers hold at most 24 days; a long wait is made of short ones. */
const WAIT_MS_MAX = 60_000;

/** Runs simulated devices against a broker until their time is over or the signal aborts. */
export async function runFleet(options: FleetOptions, signal: AbortSignal): Promise<FleetProgress> {
  const clock = options.clock ?? systemClock;
  const startAt = options.startAt ?? clock.now();
  const plans = planDevices(options, startAt);
  const stop = followSignal(signal);
  const time = fleetTime({ startAt, speed: options.speed ?? 1, clock, signal: stop.signal });
  const count: FleetProgress = {
    connected: 0,
    sent: 0,
    acknowledged: 0,
    repeated: 0,
    lost: 0,
    rejected: 0,
    total: plans.reduce((sum, plan) => sum + plan.due, 0),
    ratePerSecond: 0,
    problem: null,
  };
  const boot = options.boot ?? randomUUID().slice(0, 8);
  const connectMs = 1000 / (options.connectsPerSecond ?? CONNECTS_PER_SECOND);
  const stopProgress = startProgress(options, count, clock);
  const surroundings = new Surroundings(options.world);
  const release = holdProcess();
  try {
    await Promise.all(
      plans.map(async (plan, place) => {
        await sleep(place * connectMs, stop.signal);
        if (stop.signal.aborted) return;
        const { signal } = stop;
        await runPlan({ options, plan, time, boot, count, signal, surroundings, startAt });
      }),
    );
  } finally {
    // One device's failure ends the others: a fleet runs as a whole or not at all.
    stop.abort();
    stopProgress();
    release();
  }
  options.onProgress?.({ ...count });
  return count;
}

/** Our own signal behind the caller's: each device listens to it, which is no leak to warn of. */
function followSignal(outer: AbortSignal): { signal: AbortSignal; abort: () => void } {
  const inner = new AbortController();
  setMaxListeners(0, inner.signal);
  const follow = (): void => inner.abort();
  if (outer.aborted) inner.abort();
  outer.addEventListener('abort', follow, { once: true });
  const abort = (): void => {
    outer.removeEventListener('abort', follow);
    inner.abort();
  };
  return { signal: inner.signal, abort };
}

interface DevicePlan {
  device: Required<Pick<SimulatedDevice, 'id' | 'coop' | 'secret' | 'seed'>>;
  kind: DeviceKind;
  schedule: Schedule;
  due: number;
}

function planDevices(options: FleetOptions, startAt: number): DevicePlan[] {
  const { ratePerSecond, until = Number.POSITIVE_INFINITY } = options;
  const rateMs =
    ratePerSecond === undefined ? null : (options.devices.length / ratePerSecond) * 1000;
  return options.devices.map((device) => {
    const kind = options.kinds.get(device.kind);
    if (kind === undefined) {
      throw new AppError('KIND_UNKNOWN', `device ${device.id} is of an unknown kind`, {
        hint: `There are ${[...options.kinds.keys()].join(', ')}.`,
        field: device.kind,
      });
    }
    const seed = device.seed ?? seedOf(device.id);
    const intervalMs = (device.intervalSeconds ?? kind.intervalSeconds) * 1000;
    const liveSeconds = options.liveIntervalSeconds;
    const liveMs = rateMs ?? (liveSeconds === undefined ? intervalMs : liveSeconds * 1000);
    const schedule: Schedule = {
      from: device.from ?? options.from ?? startAt,
      until,
      intervalMs,
      liveFrom: startAt - (options.denseSeconds ?? 0) * 1000,
      liveIntervalMs: Math.max(
        1,
        Math.round(liveMs * (rateMs === null ? 1 : (options.speed ?? 1))),
      ),
      phaseMs: seedOf(device.id),
    };
    const due = countSlots(schedule, Number.isFinite(until) ? until : startAt);
    const { id, coop, secret } = device;
    return { device: { id, coop, secret, seed }, kind, schedule, due };
  });
}

function fleetTime(options: {
  startAt: number;
  speed: number;
  clock: Clock;
  signal: AbortSignal;
}): FleetTime {
  const { startAt, speed, clock, signal } = options;
  const begun = clock.now();
  const now = (): number => startAt + (clock.now() - begun) * speed;
  return {
    now,
    async until(time) {
      for (;;) {
        const left = (time - now()) / speed;
        if (left <= 0 || signal.aborted) return;
        await sleep(Math.min(left, WAIT_MS_MAX), signal);
      }
    },
  };
}

interface PlanRun {
  options: FleetOptions;
  plan: DevicePlan;
  time: FleetTime;
  boot: string;
  count: FleetProgress;
  signal: AbortSignal;
  surroundings: Surroundings;
  startAt: number;
}

async function runPlan(run: PlanRun): Promise<void> {
  const { options, plan, time, boot, count, signal, surroundings } = run;
  const { device, kind, schedule } = plan;
  const { world } = surroundings;
  const { seed } = device;
  const faults = createDeviceFaults({ faults: options.faults ?? {}, kind, world, seed });
  const controls = controlsOf(run, faults);
  const link = new DeviceLink({
    brokerUrl: options.brokerUrl,
    ca: options.ca,
    device: device.id,
    coop: device.coop,
    secret: device.secret,
    window: options.window ?? WINDOW,
    reconnect: options.reconnect ?? RECONNECT,
    spread: world.chance(seedOf(device.id), 0, 0),
    onAcknowledged: (message) => {
      if (!message.repeat) count.acknowledged += message.reports.length;
      options.onAcknowledged?.(message);
    },
    onRejected: (payload) => {
      count.rejected++;
      options.onRejected?.(device.id, payload);
    },
    ...(controls !== null && {
      onCommand: (payload: string) => controls.receive(payload),
      mayConnect: () => controls.isUp(),
    }),
    onConnection: (connected) => {
      count.connected += connected ? 1 : -1;
      if (!connected) controls?.lost();
      if (connected) count.problem = null;
    },
    onProblem: (problem) => {
      count.problem = problem;
    },
  });
  const stop = (): void => void link.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    await runDevice({
      device,
      kind,
      boot,
      world,
      schedule,
      faults,
      time,
      link,
      controls,
      signal,
      onSent: (message) => {
        if (message.repeat) count.repeated += message.reports.length;
        else count.sent += message.reports.length;
        options.onSent?.(message);
      },
      onLost: () => {
        count.lost++;
      },
    });
    await link.drained();
  } finally {
    signal.removeEventListener('abort', stop);
    await link.close();
  }
}

/** What a device of this kind moves and what is wrong with it; null for one that moves nothing. */
function controlsOf(run: PlanRun, own: DeviceFaults): ControllerLink | null {
  const { options, plan, time, signal, surroundings, startAt } = run;
  const { kind, device } = plan;
  if (kind.actuator === undefined) return null;
  const { seed } = device;
  const shares = options.faults?.controller;
  const drawn =
    shares === undefined
      ? []
      : faultsOfController(shares, startAt, { chance: options.world.chance, seed });
  const { clockOffsetMs: offsetMs } = own;
  const clock: ControllerFault[] =
    offsetMs === 0 ? [] : [{ type: 'clock-error', from: Number.NEGATIVE_INFINITY, offsetMs }];
  const part = surroundings.part(kind.actuator.role, seed);
  const controller = new Controller({ kind, seed, part, startAt, faults: [...clock, ...drawn] });
  return new ControllerLink({ controller, time, signal });
}

/** Tells the counts every so often until the returned function is called. */
function startProgress(options: FleetOptions, count: FleetProgress, clock: Clock): () => void {
  const { onProgress } = options;
  if (onProgress === undefined) return () => undefined;
  let before = { at: clock.monotonic(), acknowledged: 0 };
  return repeat(options.progressMs ?? PROGRESS_MS, () => {
    const at = clock.monotonic();
    const seconds = Math.max(0.001, (at - before.at) / 1000);
    count.ratePerSecond = (count.acknowledged - before.acknowledged) / seconds;
    before = { at, acknowledged: count.acknowledged };
    onProgress({ ...count });
  });
}
