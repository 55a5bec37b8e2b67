import type { Actuator } from '../contracts/actuator.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Observation } from '../contracts/observation.ts';
import type { Registry } from '../contracts/registry.ts';
import { followInlet, INLET_UNKNOWN, type InletState } from '../water/source-salinity.ts';
import type { Knowledge, Known } from './interlocks.ts';
import { meterOf } from './parts.ts';

const HOUR_MS = 3_600_000;
/** The trailing day in hours, the one that begins it included. */
const RAIN_HOURS = 25;

/** Rain by the hour it fell in (hours since 1970), mm. */
type RainHours = Record<string, number>;

/** What is kept between two runs of the program: kilobytes for a farm's tanks, canals and gauges. */
export interface KeptSenses {
  known: Record<string, Known>;
  rain: Record<string, RainHours>;
  gates: Record<string, InletState>;
}

/** One place where a metric is read, and for whom. */
interface Reading {
  witnessOf: string[];
  positionOf: string | null;
  rain: boolean;
  gates: Set<number>;
}

const keyOf = (device: string, metric: string): string => `${device} ${metric}`;
const gateKey = (key: string, most: number): string => `${key} ${most}`;

/**
 * What the sensors said that interlocks and witnesses ask for: the newest value of each, the rain
 * of a day, the cut-offs of salt water. Nothing here commits by itself: the same report twice
 * changes nothing, and what is missing refuses starts.
 */
export class Senses {
  readonly #registry: Registry;
  readonly #kinds: KindRegistry;
  readonly #readings = new Map<string, Map<string, Reading>>();
  readonly #known = new Map<string, Known>();
  readonly #heardAt = new Map<string, number>();
  readonly #rain = new Map<string, RainHours>();
  readonly #gates = new Map<string, InletState>();

  constructor({ registry, kinds }: { registry: Registry; kinds: KindRegistry }) {
    this.#registry = registry;
    this.#kinds = kinds;
  }

  /** Listens to what these actuators need and to nothing else. */
  listenFor(actuators: Iterable<Actuator>): void {
    this.#readings.clear();
    for (const actuator of actuators) this.#listenFor(actuator);
    for (const map of [this.#known, this.#rain]) {
      for (const key of map.keys()) if (!this.#isRead(key)) map.delete(key);
    }
  }

  readingsOf(device: string): ReadonlyMap<string, Readonly<Reading>> | undefined {
    return this.#readings.get(device);
  }

  hear(device: string, receivedAt: number): void {
    const before = this.#heardAt.get(device) ?? Number.NEGATIVE_INFINITY;
    if (receivedAt > before) this.#heardAt.set(device, receivedAt);
  }

  /** Takes the metrics somebody asks for; answers those whose value is the newest. */
  observe({ source, observedAt: at, quality, values }: Observation): string[] {
    const newest: string[] = [];
    for (const [metric, reading] of this.#readings.get(source.device) ?? []) {
      const value = values[metric];
      if (value === undefined) continue;
      const key = keyOf(source.device, metric);
      const before = this.#known.get(key);
      if (reading.rain) this.#addRain(key, { at, value });
      if (before !== undefined && at <= before.at) continue;
      this.#known.set(key, { value, at, quality });
      for (const most of reading.gates) this.#followGate(gateKey(key, most), { at, value, most });
      newest.push(metric);
    }
    return newest;
  }

  latest(device: string, metric: string): Known | undefined {
    return this.#known.get(keyOf(device, metric));
  }

  intervalSeconds(device: string): number {
    const kind = this.#registry.find(device)?.kind ?? '';
    return this.#registry.intervalSeconds(device) ?? this.#kinds.get(kind)?.intervalSeconds ?? 300;
  }

  knowledge(now: number): Knowledge {
    return {
      latest: (device, metric) => this.latest(device, metric),
      intervalSeconds: (device) => this.intervalSeconds(device),
      heardAt: (device) => this.#heardAt.get(device) ?? null,
      rainMm: (device, metric) => this.#rainMm(keyOf(device, metric), now),
      gate: (device, metric, most) =>
        this.#gates.get(gateKey(keyOf(device, metric), most)) ?? INLET_UNKNOWN,
    };
  }

  keep(): KeptSenses {
    return {
      known: Object.fromEntries(this.#known),
      rain: Object.fromEntries(this.#rain),
      gates: Object.fromEntries(this.#gates),
    };
  }

  recall({ known, rain, gates }: KeptSenses): void {
    for (const [key, value] of Object.entries(known)) this.#known.set(key, value);
    for (const [key, value] of Object.entries(rain)) this.#rain.set(key, value);
    for (const [key, value] of Object.entries(gates)) this.#gates.set(key, value);
  }

  #listenFor(actuator: Actuator): void {
    const { device, interlocks } = actuator;
    this.#reading(device, null);
    const meter = meterOf(actuator);
    const shown = meter && this.#reading(meter.device, meter.metric);
    shown?.witnessOf.push(device);
    const kind = this.#kinds.get(this.#registry.find(device)?.kind ?? '');
    const position = this.#reading(device, kind?.actuator?.position ?? null);
    if (position) position.positionOf = device;
    for (const interlock of interlocks) {
      if (!interlock.enabled || !('device' in interlock)) continue;
      const reading = this.#reading(interlock.device, interlock.metric);
      if (reading === undefined) continue;
      if (interlock.type === 'rain') reading.rain = true;
      if (interlock.type === 'source-salinity') reading.gates.add(interlock.most);
    }
  }

  #reading(device: string, metric: string | null): Reading | undefined {
    const metrics = this.#readings.get(device) ?? new Map<string, Reading>();
    this.#readings.set(device, metrics);
    if (metric === null) return undefined;
    const nobody = { witnessOf: [], positionOf: null, rain: false };
    const reading = metrics.get(metric) ?? { ...nobody, gates: new Set<number>() };
    metrics.set(metric, reading);
    return reading;
  }

  #isRead(key: string): boolean {
    const [device = '', metric = ''] = key.split(' ');
    return this.#readings.get(device)?.has(metric) ?? false;
  }

  /** A gauge counts what fell since its last report; what comes twice would rain twice. */
  #addRain(key: string, { at, value }: { at: number; value: number }): void {
    const before = this.#known.get(key);
    if (before !== undefined && at <= before.at) return;
    const hour = Math.floor(at / HOUR_MS);
    const rain = this.#rain.get(key) ?? {};
    const hours: RainHours = {};
    for (const [each, mm] of Object.entries(rain)) {
      if (Number(each) > hour - RAIN_HOURS) hours[each] = mm;
    }
    hours[hour] = (hours[hour] ?? 0) + value;
    this.#rain.set(key, hours);
  }

  #rainMm(key: string, now: number): number | null {
    const rain = this.#rain.get(key);
    if (rain === undefined) return null;
    const from = Math.floor(now / HOUR_MS) - RAIN_HOURS;
    let sum = 0;
    for (const [hour, mm] of Object.entries(rain)) if (Number(hour) > from) sum += mm;
    return sum;
  }

  #followGate(key: string, { at, value, most }: { at: number; value: number; most: number }): void {
    const before = this.#gates.get(key) ?? INLET_UNKNOWN;
    this.#gates.set(key, followInlet(before, { time: at, salinity: value }, most).state);
  }
}
