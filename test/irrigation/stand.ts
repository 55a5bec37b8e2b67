import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createMetrics } from '#src/base/metrics';
import { type DeviceKind, defineDeviceKind, type KindRegistry } from '#src/contracts/device-kind';
import type { Forecast, Forecasts } from '#src/contracts/forecast';
import type { History } from '#src/contracts/history';
import type { Plot } from '#src/contracts/irrigation';
import type { Observation } from '#src/contracts/observation';
import { loadKinds } from '#src/ingest/kinds';
import { createWaterBalance, type WaterBalanceService } from '#src/irrigation/balance';
import { createDuckDbStore } from '#src/series/duckdb/store';
import { createCorrections } from '#src/series/history/corrections';
import { createHistory } from '#src/series/history/history';
import { RollupLedger } from '#src/series/history/rollup-ledger';
import { createSeriesWriter } from '#src/series/writer';
import { createState, type StateService } from '#src/state/state';
import { deviceOf, hashOf, siteOf } from '../state/examples.ts';
import { quietLogger } from '../support/quiet.ts';

export const ZONE = 'Asia/Ho_Chi_Minh';
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

/** An instant by the clock on a wall of the delta. */
export const local = (text: string): number => Date.parse(`${text}:00+07:00`);

export class HandClock {
  time: number;
  constructor(time: number) {
    this.time = time;
  }
  now = (): number => this.time;
  monotonic = (): number => this.time;
}

const words = (en: string) => ({ vi: en, en, fr: en });
const gauge = (name: string, unit: string, [min, max]: [number, number]) => ({
  ...{ name, label: words(name), unit, min, max, decimals: 2, shape: 'gauge' as const },
});

/** What the shipped kinds do not measure: wind and sun. */
const station: DeviceKind = defineDeviceKind({
  name: 'weather-station',
  title: words('Weather station'),
  siteKind: 'field',
  intervalSeconds: 3600,
  metrics: [
    gauge('air_temperature', 'Cel', [-40, 60]),
    gauge('relative_humidity', '%', [0, 105]),
    gauge('wind_speed', 'm/s', [0, 60]),
    gauge('solar_radiation', 'W/m2', [0, 1400]),
  ],
  rules: [],
  simulator: { idPrefix: 'station', values: () => ({ air_temperature: 25 }) },
});

/** A zone of shallot in Vĩnh Châu: TAW 60 mm, p 0.3, Kc 1 in its middle. */
export function plotOf(change: Partial<Plot> = {}): Plot {
  return {
    ...{ site: 'zone-1', coop: 'an-binh', crop: 'shallot', plantedOn: '2026-12-01' },
    stageDays: { initial: 10, development: 10, middle: 30, late: 10 },
    soil: { fieldCapacity: 0.36, wiltingPoint: 0.21 },
    ...{ rootDepth: 0.4, areaM2: 1000 },
    drip: {
      ...{ plantSpacing: 0.3, rowSpacing: 1.2, emittersPerPlant: 1, emitterFlow: 1.6 },
      efficiency: 0.9,
    },
    ...{ waterConductivity: null, soilConductivityMax: null },
    sensors: { soilMoisture: null, rain: null, weather: null },
    place: { latitude: 9.33, longitude: 105.98, altitude: 2 },
    ...change,
  };
}

/** Forecasts that say what a test puts there. */
export class SaidForecasts implements Forecasts {
  readonly said = new Map<string, Forecast>();
  async of(site: string): Promise<Forecast | undefined> {
    return this.said.get(site);
  }
  async skill(): Promise<[]> {
    return [];
  }
}

/** A state, a series store and a water balance over both, as in the program. */
export class Stand {
  readonly clock = new HandClock(local('2026-12-20T20:00'));
  readonly forecasts = new SaidForecasts();
  kinds: KindRegistry = new Map();
  state!: StateService;
  history!: History;
  balance!: WaterBalanceService;
  #accept: (observations: Observation[]) => Promise<void> = async () => undefined;
  #stops: Array<() => Promise<void>> = [];
  #folder = mkdtempSync(path.join(tmpdir(), 'sluice-'));

  async open(): Promise<void> {
    const { clock } = this;
    const metrics = createMetrics();
    this.kinds = new Map([...(await loadKinds()), [station.name, station]]);
    const shared = { clock, metrics, logger: quietLogger, kinds: this.kinds, timeZone: ZONE };
    const state = createState({ file: path.join(this.#folder, 'state.db'), ...shared });
    const store = createDuckDbStore({ dir: path.join(this.#folder, 'series'), ...shared });
    for (const part of [state, store]) {
      await part.start(new AbortController().signal);
      this.#stops.push(() => part.stop());
    }
    const rollups = new RollupLedger({ state, ...shared });
    await rollups.start();
    const corrections = createCorrections({ state, store, rollups, ...shared });
    await corrections.start();
    this.history = createHistory({ store, rollups, corrections: corrections.applied, ...shared });
    const writer = createSeriesWriter(store, rollups.marker());
    let next = 0;
    this.#accept = async (observations) => {
      const from = next;
      next += observations.length;
      const batch = observations.map((one, index) => ({ ...one, offset: from + index }));
      const nothing = { rejections: [], claims: [], statuses: [], acks: [] };
      await writer.accept({ from, next, observations: batch, ...nothing });
    };
    this.state = state;
    await state.coops.create({ id: 'an-binh', name: 'An Bình' });
    const { registry } = state;
    this.balance = createWaterBalance({
      ...{ state, registry, history: this.history, forecasts: this.forecasts },
      ...shared,
    });
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.reverse()) await stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  /** A zone of its own for a test, with devices by kind, named after it. */
  async zone(site: string, kinds: readonly string[] = []): Promise<void> {
    const place = { type: 'Point', coordinates: [105.98, 9.33] };
    await this.state.sites.create(siteOf({ id: site, kind: 'zone', name: site, location: place }));
    for (const kind of kinds) {
      const device = deviceOf({ id: `${site}-${kind}`, site, kind });
      await this.state.devices.create(device, hashOf(device.id));
    }
  }

  async report(device: string, at: number, values: Record<string, number>): Promise<void> {
    await this.reports([{ device, at, values }]);
  }

  async reports(
    reports: ReadonlyArray<{ device: string; at: number; values: Record<string, number> }>,
  ): Promise<void> {
    await this.#accept(
      reports.map(({ device, at, values }) => {
        const source = this.state.registry.source(device);
        if (source === undefined) throw new Error(`there is no device ${device}`);
        return {
          ...{ source, offset: 0, index: 0, observedAt: at, receivedAt: at },
          ...{ quality: 'good' as const, values },
        };
      }),
    );
  }

  /** Each hour of a day: warm at two in the afternoon, cold at two at night. */
  async weather(
    device: string,
    day: string,
    { least = 24, most = 33, rain, hours = 24 }: WeatherWish = {},
  ): Promise<void> {
    const start = local(`${day}T00:30`);
    await this.reports(
      Array.from({ length: hours }, (_, hour) => {
        const share = (1 - Math.cos(((hour - 2) / 12) * Math.PI)) / 2;
        const values = {
          air_temperature: least + share * (most - least),
          relative_humidity: 95 - 40 * share,
          ...(rain !== undefined && { rain: hour === 15 ? rain : 0 }),
        };
        return { device, at: start + hour * HOUR, values };
      }),
    );
  }
}

interface WeatherWish {
  least?: number;
  most?: number;
  rain?: number;
  hours?: number;
}
