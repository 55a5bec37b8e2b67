import { onTestFinished } from 'vitest';
import type { KindRegistry } from '#src/contracts/device-kind';
import { createRuleDesk } from '#src/rules/desk';
import { createRuleTrials } from '#src/rules/trials';
import type { Rule } from '../../src/contracts/rule.ts';
import type { RuleDesk, RuleTrials } from '../../src/contracts/rule-book.ts';
import type { Device } from '../../src/contracts/state.ts';
import type { StateService } from '../../src/state/state.ts';
import { MemorySeries, type Point } from '../api/support/memory-series.ts';
import { PlainHistory } from '../api/support/plain-history.ts';
import { kindOf, logger, ManualClock, openState, T0 } from './harness.ts';

export type PutSample = Pick<Point, 'time' | 'value' | 'quality'>;

export interface Stand {
  state: StateService;
  kinds: KindRegistry;
  clock: ManualClock;
  series: MemorySeries;
  history: PlainHistory;
  desk: RuleDesk;
  trials: RuleTrials;
  /** How often the engine was asked to take over rules; it fails while `engineFails`. */
  reloads: number;
  engineFails: boolean;
  addDevice(id: string, more?: Partial<Device>): Promise<void>;
  /** Values of a metric by time. */
  put(device: string, metric: string, samples: Iterable<PutSample>): void;
}

/** A rule desk and its trials on a real state, for probes of kinds with these rules. */
export async function openStand(rules: readonly Rule[] = []): Promise<Stand> {
  const { state, close } = await openState();
  const kinds = new Map([['probe', kindOf(rules)]]);
  const clock = new ManualClock();
  const series = new MemorySeries();
  series.blockRows = 10_000;
  const history = new PlainHistory(series);
  const { registry } = state;
  const stand = { reloads: 0, engineFails: false };
  const reload = async (): Promise<void> => {
    stand.reloads++;
    if (stand.engineFails) throw new Error('the engine is busy');
  };
  const desk = createRuleDesk({ state, registry, kinds, clock, logger, reload });
  await desk.start(new AbortController().signal);
  onTestFinished(async () => {
    await desk.stop();
    await close();
  });
  const timeZone = 'Asia/Ho_Chi_Minh';
  const trials = createRuleTrials({ desk, registry, kinds, history, clock, timeZone });
  return Object.assign(stand, {
    ...{ state, kinds, clock, series, history, desk, trials },
    addDevice: (id: string, more: Partial<Device> = {}) =>
      state.devices.create(
        {
          ...{ id, coop: 'coop', site: null, kind: 'probe', name: null, intervalSeconds: null },
          ...{ tags: [], gateway: null, createdAt: T0, ...more },
        },
        new Uint8Array(32),
      ),
    put(device: string, metric: string, samples: Iterable<PutSample>) {
      const place = { device, site: null, coop: 'coop', kind: 'probe', metric };
      for (const sample of samples) series.points.push({ ...place, ...sample });
    },
  });
}
