import path from 'node:path';
import { onTestFinished } from 'vitest';
import { AppError } from '#src/base/errors';
import { localDayOf } from '#src/base/local-day';
import type { AerationPlan } from '#src/contracts/aeration';
import type { CommandDesk } from '#src/contracts/command';
import type { History, HistoryBlock, PointQuality } from '#src/contracts/history';
import { loadKinds } from '#src/ingest/kinds';
import { type AerationService, createAeration } from '#src/irrigation/aeration';
import { createState, type StateService } from '#src/state/state';
import { ManualClock } from '../../notify/stand.ts';
import { deviceOf, hashOf, siteOf } from '../../state/examples.ts';
import { temporaryFolder } from '../../support/folder.ts';
import { quietLogger } from '../../support/quiet.ts';
import { PaperDesk } from './paper-desk.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
const ZONE = 'Asia/Ho_Chi_Minh';
/** Midnight in Hà Nội that 22 November 2026 begins with. */
export const MIDNIGHT = Date.parse('2026-11-21T17:00:00Z');
const REPORT_MS = 10 * MINUTE;
/** What paddle wheels add, and what a pond breathes by night and makes by day, mg/L an hour. */
const AERATED = 1.4;
const OXYGEN_MIN = 0.2;

export interface NightSettings {
  /** mg/L an hour between dusk and dawn. */
  respiration?: number;
  plan?: Partial<AerationPlan>;
}

/** A pond with a sensor and two aerators, in virtual time. */
export class Night {
  readonly clock = new ManualClock();
  readonly desk: PaperDesk;
  readonly state: StateService;
  /** True oxygen, mg/L. */
  oxygen = 8;
  /** What the sensor says of it; null: it is silent. */
  senses: (oxygen: number) => number | null = (oxygen) => Math.round(oxygen * 100) / 100;
  quality: PointQuality = 'good';
  /** Reports reach the store. */
  isStored = true;
  isHistoryUp = true;
  /** By the first minute of each: what was decided. */
  readonly decisions: Array<{ hour: number; decision: string; code: string }> = [];
  aeration!: AerationService;
  readonly #times: number[] = [];
  readonly #values: number[] = [];
  readonly #qualities: PointQuality[] = [];
  readonly #respiration: number;
  readonly #plan: Partial<AerationPlan>;

  constructor({ respiration = 0.55, plan = {} }: NightSettings) {
    this.#respiration = respiration;
    this.#plan = plan;
    this.clock.wall = MIDNIGHT + 17 * HOUR;
    this.desk = new PaperDesk(() => this.clock.now(), localDayOf(ZONE));
    const file = path.join(temporaryFolder(), 'state.db');
    this.state = createState({ file, clock: this.clock, logger: quietLogger });
  }

  /** Local hours since the midnight before. */
  get hour(): number {
    return (this.clock.now() - MIDNIGHT) / HOUR;
  }

  async open(): Promise<void> {
    await this.state.start(new AbortController().signal);
    await this.state.coops.create({ id: 'an-binh', name: 'An Bình' });
    await this.state.sites.create(siteOf());
    const devices = [
      deviceOf({ id: 'do-1', site: 'ao-1', intervalSeconds: REPORT_MS / 1_000 }),
      deviceOf({ id: 'sq-1', site: 'ao-1', kind: 'drip-controller' }),
      deviceOf({ id: 'sq-2', site: 'ao-1', kind: 'drip-controller' }),
    ];
    for (const device of devices) await this.state.devices.create(device, hashOf(device.id));
    for (const device of ['sq-1', 'sq-2']) {
      await this.state.actuators.save(this.desk.add(device, { maxSeconds: 12 * 3_600 }));
    }
    await this.restart();
    await this.aeration.save(this.planOf(), 'Lan');
  }

  planOf(change: Partial<AerationPlan> = {}): AerationPlan {
    return {
      ...{ site: 'ao-1', coop: 'an-binh', mode: 'auto', sensor: 'do-1' },
      ...{ aerators: ['sq-1', 'sq-2'], startBelow: 4, stopAbove: 5, powerKw: 3, baseline: null },
      ...this.#plan,
      ...change,
    };
  }

  /** The program begins anew. */
  async restart(): Promise<void> {
    await this.aeration?.stop();
    this.aeration = createAeration({
      ...{ state: this.state, registry: this.state.registry, kinds: await loadKinds() },
      ...{ history: this.#history(), clock: this.clock, logger: quietLogger, timeZone: ZONE },
      commands: this.desk as unknown as CommandDesk,
    });
    await this.aeration.start(AbortSignal.abort());
  }

  /** Observed time of the newest sample that was stored by then. */
  storedBefore(time: number): number {
    return this.#times.findLast((at) => at <= time) ?? -Infinity;
  }

  /** Until a local hour; `isUp` false: the program is not there. */
  async until(hour: number, isUp = true): Promise<void> {
    while (this.hour < hour - 1e-9) {
      this.clock.advance(MINUTE);
      this.#breathe();
      this.desk.pass();
      this.desk.expire();
      if ((this.clock.now() - MIDNIGHT) % REPORT_MS === 0) this.#report();
      if (isUp) await this.aeration.tick();
      if (isUp && (this.clock.now() - MIDNIGHT) % REPORT_MS === 0) await this.#note();
    }
  }

  async #note(): Promise<void> {
    const said = await this.aeration.decision('ao-1');
    if (said === undefined) return;
    const code = said.reasons.at(-1)?.code ?? '';
    const last = this.decisions.at(-1);
    if (last?.decision === said.decision && last.code === code) return;
    this.decisions.push({ hour: this.hour, decision: said.decision, code });
  }

  #breathe(): void {
    const clock = this.hour % 24;
    const isDark = clock < 5.75 || clock >= 18;
    const running = ['sq-1', 'sq-2'].filter((device) => this.desk.isOn(device)).length;
    const day = Math.max(0, 1.2 - Math.abs(clock - 11) / 8);
    const change =
      (isDark ? -this.#respiration : day) + (AERATED / 2) * running * isFar(this.oxygen);
    this.oxygen = Math.min(14, Math.max(OXYGEN_MIN, this.oxygen + change / 60));
  }

  #report(): void {
    const value = this.senses(this.oxygen);
    if (value === null || !this.isStored) return;
    this.#times.push(this.clock.now());
    this.#values.push(value);
    this.#qualities.push(this.quality);
  }

  #history(): Pick<History, 'query'> {
    const rows = (from: number, to: number): number[] =>
      this.#times.flatMap((time, row) => (time >= from && time < to ? [row] : []));
    const isUp = (): boolean => this.isHistoryUp;
    const read = (all: number[], at: number[]) => Float64Array.from(at, (row) => all[row] ?? 0);
    const blockOf = (at: number[]): HistoryBlock => ({
      ...{ device: 'do-1', site: 'ao-1', coop: 'an-binh', kind: 'pond-sensor' },
      ...{ metric: 'dissolved_oxygen', times: read(this.#times, at) },
      columns: [read(this.#values, at)],
      quality: at.map((row) => this.#qualities[row] ?? 'good'),
    });
    return {
      async *query({ from, to }) {
        if (!isUp()) throw new AppError('SERIES_UNAVAILABLE', 'the store is down');
        yield blockOf(rows(from, to));
      },
    };
  }

  async close(): Promise<void> {
    await this.aeration?.stop();
    await this.state.stop();
  }
}

/** Water in balance with the air takes no more from it. */
function isFar(oxygen: number): number {
  return Math.max(0, Math.min(1, (7.5 - oxygen) / 3));
}

export async function openNight(settings: NightSettings = {}): Promise<Night> {
  const night = new Night(settings);
  onTestFinished(() => night.close());
  await night.open();
  return night;
}
