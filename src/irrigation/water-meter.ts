import type { ActuatorRepository } from '../contracts/command.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { History } from '../contracts/history.ts';
import { type DaySpan, type Measurements, readMetric } from './measurements.ts';

/** A reading of a meter: litres since it was reset, or litres a minute. */
export interface Reading {
  at: number;
  value: number;
}

/** Water that passed, counted when it was seen. */
export interface Passed {
  at: number;
  litres: number;
  note?: 'meter-restarted' | 'meter-implausible' | 'meter-silent';
}

/** What the drip lines can pass, so that a meter's leap is told from water. */
export interface MeterLimits {
  /** L/h of the whole zone. */
  nominalLitresPerHour: number;
}

/** A burst passes more than the emitters; thrice is no longer water that reaches the roots. */
const PLAUSIBLE_SHARE = 3;
/** Meters with one pulse for each cubic metre are the coarsest. */
const PULSE_LITRES_MAX = 1000;
const HOUR_MS = 3_600_000;

/**
 * Differences of a meter that only grows. One that falls was restarted and has counted from 0
 * since; what passed before that and after the last reading nobody knows. A leap beyond what the
 * lines can pass is not water and is left out.
 */
export function ofTotal(readings: readonly Reading[], limits: MeterLimits): Passed[] {
  const passed: Passed[] = [];
  for (const [index, { at, value }] of readings.entries()) {
    const before = readings[index - 1];
    if (before === undefined) continue;
    const isRestart = value < before.value;
    const litres = isRestart ? value : value - before.value;
    const hours = (at - before.at) / HOUR_MS;
    const most = PLAUSIBLE_SHARE * limits.nominalLitresPerHour * hours + PULSE_LITRES_MAX;
    if (litres > most) passed.push({ at, litres: 0, note: 'meter-implausible' });
    else if (isRestart) passed.push({ at, litres, note: 'meter-restarted' });
    else if (litres > 0) passed.push({ at, litres });
  }
  return passed;
}

/** Below this a meter at rest may still show something, L/min. */
const REST_FLOW = 0.2;

/** A flow integrated between readings; across a silence nothing is counted, and that is told. */
export function ofFlow(readings: readonly Reading[], silentMs: number): Passed[] {
  const passed: Passed[] = [];
  for (const [index, { at, value }] of readings.entries()) {
    const before = readings[index - 1];
    if (before === undefined) continue;
    const flow = (Math.max(0, value) + Math.max(0, before.value)) / 2;
    if (flow <= REST_FLOW) continue;
    const ms = at - before.at;
    if (ms > silentMs) passed.push({ at, litres: 0, note: 'meter-silent' });
    else passed.push({ at, litres: (flow * ms) / 60_000 });
  }
  return passed;
}

/** Water of one day. */
export interface MeterDay {
  litres: number;
  notes: Set<string>;
}

export interface ZoneWater {
  /** False when no meter of the zone ever spoke in the span: nothing is known then. */
  isMeasured: boolean;
  days: Map<number, MeterDay>;
}

/** A total before the span is looked for so far back. */
const LOOK_BACK_DAYS = 400;
/** Three reports may be lost before a flow is not taken for steady any more. */
const SILENT_INTERVALS = 3;

export interface WaterMeterOptions {
  history: History;
  kinds: KindRegistry;
  actuators: Pick<ActuatorRepository, 'list'>;
  measurements: Measurements;
}

/** Readings of one device's two metrics. */
interface Meter {
  totals: Reading[];
  flows: Reading[];
}

/** What the valves of a zone let through, by local day. */
export class WaterMeter {
  readonly #options: WaterMeterOptions;

  constructor(options: WaterMeterOptions) {
    this.#options = options;
  }

  async of(site: string, span: DaySpan, limits: MeterLimits): Promise<ZoneWater> {
    const { measurements } = this.#options;
    const water: ZoneWater = { isMeasured: false, days: new Map() };
    const supplies = await this.#supplies(site);
    for (const [device, { totals, flows }] of await this.#meters(site, span)) {
      // What feeds the zone is counted once more at its valves.
      if (supplies.has(device)) continue;
      const silentMs = SILENT_INTERVALS * measurements.intervalSeconds(device) * 1000;
      const passed = totals.length > 0 ? ofTotal(totals, limits) : ofFlow(flows, silentMs);
      const from = measurements.startOf(span.from);
      if ([...totals, ...flows].some(({ at }) => at >= from)) water.isMeasured = true;
      for (const { at, litres, note } of passed) {
        const day = measurements.dayOf(at);
        if (day < span.from || day >= span.to) continue;
        const known = water.days.get(day) ?? { litres: 0, notes: new Set<string>() };
        water.days.set(day, known);
        known.litres += litres;
        if (note !== undefined) known.notes.add(note);
      }
    }
    return water;
  }

  async #supplies(site: string): Promise<Set<string>> {
    // A zone has a few valves; a page of a thousand is all of them.
    const { items } = await this.#options.actuators.list({ site }, { limit: 1000 });
    return new Set(
      items.filter(({ role }) => role !== 'irrigation-valve').map(({ device }) => device),
    );
  }

  /** Readings by device, each with the last one before the span. */
  async #meters(site: string, span: DaySpan): Promise<Map<string, Meter>> {
    const { history, kinds, measurements } = this.#options;
    const from = measurements.startOf(span.from);
    const to = measurements.startOf(span.to);
    const earliest = measurements.startOf(span.from - LOOK_BACK_DAYS);
    const meters = new Map<string, Meter>();
    for (const kind of kinds.values()) {
      const metrics = (['flow_total', 'flow_rate'] as const).filter(
        (name) => readMetric(kind, name) !== undefined,
      );
      if (metrics.length === 0) continue;
      const query = { kind: kind.name, filter: { sites: [site] }, values: 'corrected' } as const;
      const earlier = history.query({
        ...{ ...query, metrics, from: earliest, to: from, order: 'descending', limit: 1 },
      });
      const within = history.query({ ...query, metrics, from, to, order: 'ascending' });
      for (const blocks of [earlier, within]) {
        for await (const { device, metric, times, columns } of blocks) {
          const meter = meters.get(device) ?? { totals: [], flows: [] };
          meters.set(device, meter);
          const readings = metric === 'flow_total' ? meter.totals : meter.flows;
          times.forEach((at, row) => {
            readings.push({ at, value: columns[0]?.[row] ?? Number.NaN });
          });
        }
      }
    }
    return meters;
  }
}
