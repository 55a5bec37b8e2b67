import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createAlerts } from '#src/alerts/alerts';
import type { ThresholdCondition } from '../../src/contracts/rule.ts';
import type { StateService } from '../../src/state/state.ts';
import { Farm, LOW_OXYGEN, MINUTE, openState, ruleOf, T0 } from './harness.ts';

let state: StateService;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ state, close } = await openState());
});
afterAll(() => close());

let device = '';
let devices = 0;
let farm: Farm;
const SILENCE = ruleOf('silence', { type: 'absence', afterSeconds: 600 });

async function begin(rules = [LOW_OXYGEN]): Promise<void> {
  if (device !== '') await state.devices.remove(device);
  await state.rules.removeStates('*');
  await state.cursors.set('rules', 0);
  device = `probe-${devices++}`;
  farm = new Farm(state, rules);
  await farm.addDevice(device);
}
beforeEach(() => begin());

/** Reports oxygen minute by minute, each as it is observed. */
async function oxygen(values: Record<number, number>): Promise<void> {
  for (const [minute, value] of Object.entries(values)) {
    const at = T0 + Number(minute) * MINUTE;
    if (farm.clock.now() < at) farm.clock.advance(at - farm.clock.now());
    await farm.report(device, Number(minute), { oxygen: value });
  }
}

async function summary(): Promise<string[]> {
  return (await farm.alerts(device)).map(({ onset, end, state: now, timeline }) => {
    const minute = (time: number): number => (time - T0) / MINUTE;
    const events = timeline.map(({ event }) => event).join(' ');
    return `${minute(onset)}-${end === null ? '…' : minute(end)} ${now}: ${events}`;
  });
}

describe('an alert', () => {
  test('is raised with what a person needs, and resolved', async () => {
    await oxygen({ 0: 6, 5: 3.5, 10: 3, 10.5: 2 });
    const [alert] = await farm.alerts(device);
    expect(alert).toMatchObject({
      rule: 'low-oxygen',
      ruleVersion: 1,
      coop: 'coop',
      device,
      severity: 'critical',
      state: 'open',
      onset: T0 + 10 * MINUTE,
      known: T0 + 10 * MINUTE,
      end: null,
      revision: 1,
      evidence: { metric: 'oxygen', unit: 'mg/L', limit: 4, worst: 3, source: { evidence: 'D' } },
      timeline: [{ at: T0 + 10 * MINUTE, event: 'raised', who: null }],
    });
    expect(alert?.id).toMatch(/^[0-9a-z]{26}$/);
    await oxygen({ 20: 6, 25: 6 });
    const [over] = await farm.alerts(device);
    expect(over).toMatchObject({ id: alert?.id, state: 'resolved', end: T0 + 25 * MINUTE });
    expect(over?.evidence.worst).toBe(2);
    expect(farm.events.map(({ state: now }) => now)).toEqual(['open', 'open', 'resolved']);
  });

  test('follows a value that gets worse, at most once a minute', async () => {
    await oxygen({ 0: 3.9, 5: 3.8, 5.2: 3.7, 5.4: 3.6, 7: 3.5, 8: 3.9 });
    const [alert] = await farm.alerts(device);
    expect(alert).toMatchObject({ revision: 2, evidence: { worst: 3.5 } });
    expect(alert?.evidence.samples.at(-1)).toEqual({ time: T0 + 7 * MINUTE, value: 3.5 });
    expect(await summary()).toEqual(['5-… open: raised']);
  });

  test('keeps the same id when the same is observed elsewhere', async () => {
    await oxygen({ 0: 3, 5: 3 });
    const [first] = await farm.alerts(device);
    await state.alerts.save([]);
    await state.cursors.set('rules', 0);
    await state.rules.removeStates('*');
    await farm.restart();
    await farm.accept();
    expect((await farm.alerts(device)).map(({ id }) => id)).toEqual([first?.id]);
    expect(farm.events).toHaveLength(1);
  });
});

describe('late reports', () => {
  test('one lone late sample that arrives later than its duration raises nothing', async () => {
    await oxygen({ 0: 6, 5: 6, 20: 6, 25: 6 });
    await oxygen({ 10: 2 });
    await farm.settle();
    await oxygen({ 30: 6, 35: 6 });
    await farm.settle();
    expect(await farm.alerts(device)).toEqual([]);
    expect(farm.events).toEqual([]);
  });

  test('one lone sample far behind the clock raises nothing', async () => {
    farm.clock.advance(300 * MINUTE);
    await farm.report(device, 10, { oxygen: 2 });
    await farm.engine.tick();
    expect(farm.events).toEqual([]);
  });

  test('a batch that shows an interval already over is recorded, never raised', async () => {
    await oxygen({ 0: 6, 100: 6 });
    farm.journal(
      ...[20, 25, 30, 35, 40].map((minute) => ({
        device,
        at: T0 + minute * MINUTE,
        values: { oxygen: minute < 35 ? 3 : 6 },
      })),
    );
    await farm.settle();
    expect(await summary()).toEqual(['25-40 resolved: recorded resolved']);
    expect(farm.events).toHaveLength(1);
    const [alert] = await farm.alerts(device);
    expect(alert?.known).toBe(T0 + 100 * MINUTE);
  });

  test('a device back after hours: recorded while its reports are old, raised by the fresh one', async () => {
    farm.clock.advance(300 * MINUTE);
    for (const minute of [0, 5, 10]) await farm.report(device, minute, { oxygen: 3 });
    expect(await summary()).toEqual(['5-… open: recorded']);
    for (const minute of [290, 295, 300]) await farm.report(device, minute, { oxygen: 3 });
    expect(await summary()).toEqual(['5-… open: recorded raised']);
  });

  test('a device whose clock is slow by hours is heard at once', async () => {
    for (const minute of [0, 5, 10]) {
      farm.clock.wall = T0 + (minute + 180) * MINUTE;
      await farm.report(device, minute, { oxygen: 3 });
    }
    expect(await summary()).toEqual(['5-… open: raised']);
  });

  test('they move the onset and the end of an alert, which stays one alert', async () => {
    await oxygen({ 0: 6, 10: 3, 20: 3, 30: 6, 40: 6 });
    expect(await summary()).toEqual(['20-40 resolved: raised resolved']);
    const [before] = await farm.alerts(device);
    await oxygen({ 15: 3, 35: 6 });
    await farm.settle();
    expect(await summary()).toEqual(['15-35 resolved: raised resolved revised']);
    const [after] = await farm.alerts(device);
    expect(after?.id).toBe(before?.id);
    expect(after?.timeline.at(-1)).toMatchObject({ who: null, note: 'the reports arrived late' });
  });

  test('they take back an alert that never was, and reopen one that had not ended', async () => {
    await oxygen({ 0: 3, 5: 3, 10: 6, 15: 6, 20: 3, 30: 3, 40: 6, 50: 6 });
    expect(await summary()).toEqual([
      '5-15 resolved: raised resolved',
      '30-50 resolved: raised resolved',
    ]);
    await oxygen({ 4: 6 });
    await farm.settle();
    expect(await summary()).toEqual([
      '5-5 resolved: raised resolved withdrawn',
      '30-50 resolved: raised resolved',
    ]);
    await oxygen({ 42: 3 });
    await farm.settle();
    expect((await summary())[1]).toBe('30-… open: raised resolved reopened');
    await oxygen({ 55: 6 });
    expect((await summary())[1]).toBe('30-55 resolved: raised resolved reopened resolved');
  });

  test('a corrected value for the same instant is judged, its repeats are not', async () => {
    await oxygen({ 0: 3, 5: 3 });
    const reads = farm.store.reads;
    await oxygen({ 5: 3 });
    await farm.settle();
    expect(farm.store.reads).toBe(reads);
    await oxygen({ 5: 6 });
    await farm.settle();
    expect(await summary()).toEqual(['5-5 resolved: raised withdrawn']);
    await oxygen({ 5: 3 });
    await farm.settle();
    expect(await summary()).toEqual(['5-… open: raised withdrawn reopened']);
  });

  test('what came in time meanwhile counts, although the store does not have it yet', async () => {
    await oxygen({ 0: 6, 30: 6 });
    farm.journal({ device, at: T0 + 10 * MINUTE, values: { oxygen: 3 } });
    farm.journal({ device, at: T0 + 15 * MINUTE, values: { oxygen: 3 } });
    await farm.accept();
    farm.journal({ device, at: T0 + 35 * MINUTE, values: { oxygen: 3 } });
    await farm.accept();
    farm.store.stored = 4;
    expect(await farm.engine.reevaluate()).toBe(0);
    // Without the sample at 35 the time to clear would have begun at 30.
    await oxygen({ 36: 6 });
    expect(await summary()).toEqual(['15-… open: raised']);
  });

  test('they wait for the store, and the reports in time do not wait for them', async () => {
    await oxygen({ 0: 6, 30: 6 });
    farm.store.down = true;
    farm.journal({ device, at: T0 + 10 * MINUTE, values: { oxygen: 3 } });
    farm.journal({ device, at: T0 + 15 * MINUTE, values: { oxygen: 3 } });
    farm.clock.advance(10 * MINUTE);
    farm.journal({ device, at: T0 + 35 * MINUTE, values: { oxygen: 3 } });
    farm.journal({ device, at: T0 + 40 * MINUTE, values: { oxygen: 3 } });
    await farm.accept();
    expect(await farm.engine.reevaluate()).toBe(1);
    expect(await summary()).toEqual(['40-… open: raised']);
    await farm.restart();
    await farm.settle();
    expect(await summary()).toEqual(['15-… open: raised revised']);
  });

  test('a store that was down for long costs no memory without end, and no truth', async () => {
    await oxygen({ 0: 6, 30: 6 });
    farm.store.down = true;
    farm.journal({ device, at: T0 + 10 * MINUTE, values: { oxygen: 3 } });
    farm.journal({ device, at: T0 + 15 * MINUTE, values: { oxygen: 3 } });
    await farm.accept();
    for (let step = 1; step <= 400; step++) {
      const value = step === 2 ? 3 : 6;
      farm.journal({ device, at: T0 + (30 + step) * MINUTE, values: { oxygen: value } });
    }
    await farm.accept();
    farm.store.down = false;
    farm.store.stored = 5;
    expect(await farm.engine.reevaluate()).toBe(1);
    await farm.settle();
    expect(await summary()).toEqual(['15-38 resolved: recorded resolved']);
  });

  test('an interval that begins where a moved alert had begun gets an alert of its own', async () => {
    const condition = { ...LOW_OXYGEN.condition, forSeconds: 0, clearSeconds: 0 };
    await begin([ruleOf('at-once', condition as ThresholdCondition)]);
    await oxygen({ 0: 6, 10: 3, 20: 3 });
    await oxygen({ 5: 3 });
    await farm.settle();
    await oxygen({ 7: 6 });
    await farm.settle();
    expect(await summary()).toEqual(['5-7 resolved: raised revised resolved', '10-… open: raised']);
  });
});

describe('absence', () => {
  beforeEach(() => begin([SILENCE]));

  async function wait(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      farm.clock.advance(MINUTE);
      await farm.engine.tick();
    }
  }

  test('opens by the clock, ends with the next report', async () => {
    await oxygen({ 0: 6 });
    await wait(9);
    expect(await summary()).toEqual([]);
    await wait(1);
    expect(await summary()).toEqual(['10-… open: raised']);
    await wait(10);
    await oxygen({ 20: 6 });
    expect(await summary()).toEqual(['10-20 resolved: raised resolved']);
    expect(farm.events).toHaveLength(2);
  });

  test('opens for a device never seen, counted from its commissioning', async () => {
    await wait(11);
    expect(await summary()).toEqual(['10-… open: raised']);
    const [alert] = await farm.alerts(device);
    expect(alert?.evidence).toMatchObject({ metric: null, limit: 600, worst: null });
    expect(alert?.evidence.samples).toEqual([{ time: T0, value: null }]);
  });

  test('a late batch that fills the silence takes it back', async () => {
    await oxygen({ 0: 6 });
    await wait(30);
    farm.journal(
      ...[5, 12, 20, 28].map((minute) => ({
        device,
        at: T0 + minute * MINUTE,
        values: { oxygen: 6 },
      })),
    );
    await farm.accept();
    expect(await summary()).toEqual(['10-10 resolved: raised withdrawn']);
    const [alert] = await farm.alerts(device);
    expect(alert?.timeline.at(-1)?.note).toBe('the reports arrived late');
  });

  test('a late batch that fills part of it shrinks it, one that came after its end too', async () => {
    await oxygen({ 0: 6 });
    await wait(60);
    await oxygen({ 60: 6 });
    expect(await summary()).toEqual(['10-60 resolved: raised resolved']);
    await oxygen({ 8: 6 });
    expect(await summary()).toEqual(['18-60 resolved: raised resolved revised']);
    await oxygen({ 30: 6 });
    expect(await summary()).toEqual([
      '18-30 resolved: raised resolved revised revised',
      '40-60 resolved: recorded resolved',
    ]);
    await oxygen({ 16: 6, 24: 6, 35: 6, 45: 6, 52: 6 });
    expect((await summary()).every((line) => / resolved:.* withdrawn$/.test(line))).toBe(true);
  });

  test('back-filled history from before the commissioning raises nothing', async () => {
    const history = [-5000, -4000, -300, -5].map((minute) => ({
      device,
      at: T0 + minute * MINUTE,
      values: { oxygen: 6 },
    }));
    farm.journal(...history);
    await farm.settle();
    expect(farm.events).toEqual([]);
  });

  test('a start gives devices time to come back, and the rest is not forgotten', async () => {
    await oxygen({ 0: 6 });
    await farm.engine.stop();
    farm.clock.advance(300 * MINUTE);
    await farm.restart();
    await wait(9);
    expect(farm.events).toEqual([]);
    await wait(1);
    expect(await summary()).toEqual(['10-… open: raised']);
  });

  test('a jump of the wall clock is no silence', async () => {
    await oxygen({ 0: 6 });
    await wait(2);
    farm.clock.wall += 120 * MINUTE;
    await wait(7);
    expect(farm.events).toEqual([]);
    await oxygen({ 129: 6 });
    // The device's own clock says now what ours says: between the two it was heard nowhere.
    expect(farm.events.map(({ timeline }) => timeline[0]?.event)).toEqual(['recorded']);
  });

  test('silence is judged only after everything received before was read', async () => {
    await oxygen({ 0: 6 });
    farm.clock.advance(9 * MINUTE);
    farm.journal({ device, at: T0 + 9 * MINUTE, values: { oxygen: 6 } });
    farm.clock.advance(3 * MINUTE);
    await farm.engine.tick();
    expect(farm.events).toEqual([]);
    await farm.accept();
    expect(farm.events).toEqual([]);
  });
});

describe('a restart', () => {
  test('publishes nothing and loses nothing, also in the middle of a duration', async () => {
    await begin([LOW_OXYGEN, SILENCE]);
    await oxygen({ 0: 6, 5: 3 });
    await farm.engine.tick();
    await farm.restart();
    await farm.accept();
    await farm.engine.tick();
    expect(farm.events).toEqual([]);
    await oxygen({ 10: 3 });
    expect(farm.events).toHaveLength(1);
    await farm.engine.stop();
    for (let start = 0; start < 3; start++) {
      await farm.restart();
      await farm.accept();
      await farm.settle();
    }
    expect(farm.events).toHaveLength(1);
    await oxygen({ 15: 6, 20: 6 });
    expect(await summary()).toEqual(['10-20 resolved: raised resolved']);
  });

  test('accepting a batch twice changes nothing', async () => {
    await oxygen({ 0: 3, 5: 3, 6: 6 });
    await farm.engine.accept(farm.batch(0, 2));
    await farm.engine.accept(farm.batch(0, 3));
    expect(await summary()).toEqual(['5-… open: raised']);
    expect(farm.events).toHaveLength(1);
  });

  test('a gap in the frames is refused rather than overlooked', async () => {
    await expect(farm.engine.accept(farm.batch(5, 6))).rejects.toMatchObject({
      code: 'RULES_BEHIND',
    });
  });

  test('what people did stays: acknowledged through new evidence, late reports, the end', async () => {
    const alerts = createAlerts({ state, live: { publish: () => undefined }, clock: farm.clock });
    await oxygen({ 0: 6, 10: 3, 20: 3 });
    const [raised] = await farm.alerts(device);
    await alerts.acknowledge(raised?.id ?? '', { who: 'Lan', note: 'đang xem' });
    await oxygen({ 22: 2 });
    await oxygen({ 15: 3 });
    await farm.settle();
    await farm.restart();
    const [revised] = await farm.alerts(device);
    expect(revised).toMatchObject({
      id: raised?.id,
      state: 'acknowledged',
      onset: T0 + 15 * MINUTE,
    });
    await oxygen({ 30: 6, 35: 6 });
    const [over] = await farm.alerts(device);
    expect(over?.timeline.map(({ event }) => event)).toEqual([
      'raised',
      'acknowledged',
      'revised',
      'resolved',
    ]);
    expect(over?.timeline[1]).toMatchObject({ who: 'Lan', note: 'đang xem' });
  });

  test('an alert ended by a person stays ended while the condition lasts', async () => {
    const alerts = createAlerts({ state, live: { publish: () => undefined }, clock: farm.clock });
    await oxygen({ 0: 3, 5: 3 });
    const [raised] = await farm.alerts(device);
    await alerts.resolve(raised?.id ?? '', { who: 'Lan' });
    await oxygen({ 10: 2 });
    expect((await farm.alerts(device))[0]).toMatchObject({ state: 'resolved', end: null });
    await oxygen({ 20: 6, 25: 6 });
    expect(await summary()).toEqual(['5-25 resolved: raised resolved resolved']);
  });
});

describe('rules', () => {
  const stricter = {
    ...LOW_OXYGEN,
    version: 2,
    condition: { ...LOW_OXYGEN.condition, limit: 2, clear: 2 },
  };

  test('a new version takes over the open alert and ends it by its own limits', async () => {
    await oxygen({ 0: 3, 5: 3 });
    await state.rules.save(stricter as typeof LOW_OXYGEN);
    await farm.engine.reload();
    await oxygen({ 10: 3, 15: 3 });
    await state.rules.remove(LOW_OXYGEN.id);
    expect(await summary()).toEqual(['5-15 resolved: raised resolved']);
    expect((await farm.alerts(device))[0]?.ruleVersion).toBe(1);
  });

  test('late reports do not reach behind the version they are judged by', async () => {
    await oxygen({ 0: 3, 5: 3, 6: 3 });
    await state.rules.save(stricter as typeof LOW_OXYGEN);
    await farm.engine.reload();
    await state.rules.remove(LOW_OXYGEN.id);
    await oxygen({ 7: 3 });
    await oxygen({ 3: 6, 6.5: 3 });
    await farm.settle();
    // The time to clear begins at 6.5: the sample at 6 was judged by the version before.
    await oxygen({ 11.2: 3 });
    expect(await summary()).toEqual(['5-… open: raised']);
    await oxygen({ 11.6: 3 });
    expect(await summary()).toEqual(['5-11.6 resolved: raised resolved']);
  });

  test('a rule that is disabled ends its alerts and says why', async () => {
    await oxygen({ 0: 3, 5: 3 });
    await state.rules.save({ ...LOW_OXYGEN, version: 2, enabled: false });
    await farm.engine.reload();
    await state.rules.remove(LOW_OXYGEN.id);
    const [alert] = await farm.alerts(device);
    expect(alert).toMatchObject({ state: 'resolved', end: T0 + 5 * MINUTE + 1 });
    expect(alert?.timeline.at(-1)?.note).toBe('the rule no longer reads this device');
  });

  test('a rule for other devices does not read this one', async () => {
    await begin([
      ruleOf('elsewhere', LOW_OXYGEN.condition, { scope: { device: 'another' } }),
      ruleOf('here', LOW_OXYGEN.condition, { scope: { coop: 'coop' } }),
    ]);
    await oxygen({ 0: 3, 5: 3 });
    expect((await farm.alerts(device)).map(({ rule }) => rule)).toEqual(['here']);
  });

  test('a saved rule that cannot be is left out, the others stand', async () => {
    await state.rules.save(
      ruleOf('broken', {
        ...LOW_OXYGEN.condition,
        metric: 'nothing',
      } as typeof LOW_OXYGEN.condition),
    );
    await farm.engine.reload();
    await state.rules.remove('broken');
    await oxygen({ 0: 3, 5: 3 });
    expect(await summary()).toEqual(['5-… open: raised']);
  });

  test('a removed device ends its alerts', async () => {
    await farm.engine.start(new AbortController().signal);
    await oxygen({ 0: 3, 5: 3 });
    await state.devices.remove(device);
    await farm.engine.tick();
    await farm.engine.stop();
    const [alert] = await farm.alerts(device);
    expect(alert).toMatchObject({ state: 'resolved' });
    expect(alert?.timeline.at(-1)?.note).toBe('the device was removed');
    expect(await state.rules.states()).toEqual([]);
  });
});
