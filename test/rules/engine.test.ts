import { beforeEach, describe, expect, test } from 'vitest';
import { createAlerts } from '#src/alerts/alerts';
import type { ThresholdCondition } from '../../src/contracts/rule.ts';
import { LOW_OXYGEN, MINUTE, ruleOf, T0 } from './harness.ts';
import { Scene } from './scene.ts';

const scene = new Scene();
const SILENCE = ruleOf('silence', { type: 'absence', afterSeconds: 600 });
beforeEach(() => scene.begin());

describe('an alert', () => {
  test('is raised with what a person needs, and resolved', async () => {
    await scene.oxygen({ 0: 6, 5: 3.5, 10: 3, 10.5: 2 });
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert).toMatchObject({
      rule: 'low-oxygen',
      ruleVersion: 1,
      coop: 'coop',
      device: scene.device,
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
    await scene.oxygen({ 20: 6, 25: 6 });
    const [over] = await scene.farm.alerts(scene.device);
    expect(over).toMatchObject({ id: alert?.id, state: 'resolved', end: T0 + 25 * MINUTE });
    expect(over?.evidence.worst).toBe(2);
    expect(scene.farm.events.map(({ state: now }) => now)).toEqual(['open', 'open', 'resolved']);
  });

  test('follows a value that gets worse, at most once a minute', async () => {
    await scene.oxygen({ 0: 3.9, 5: 3.8, 5.2: 3.7, 5.4: 3.6, 7: 3.5, 8: 3.9 });
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert).toMatchObject({ revision: 2, evidence: { worst: 3.5 } });
    expect(alert?.evidence.samples.at(-1)).toEqual({ time: T0 + 7 * MINUTE, value: 3.5 });
    expect(await scene.summary()).toEqual(['5-… open: raised']);
  });

  test('keeps the same id when the same is observed elsewhere', async () => {
    await scene.oxygen({ 0: 3, 5: 3 });
    const [first] = await scene.farm.alerts(scene.device);
    await scene.state.alerts.save([]);
    await scene.state.cursors.set('rules', 0);
    await scene.state.rules.removeStates('*');
    await scene.farm.restart();
    await scene.farm.accept();
    expect((await scene.farm.alerts(scene.device)).map(({ id }) => id)).toEqual([first?.id]);
    expect(scene.farm.events).toHaveLength(1);
  });
});

describe('late reports', () => {
  test('one lone late sample that arrives later than its duration raises nothing', async () => {
    await scene.oxygen({ 0: 6, 5: 6, 20: 6, 25: 6 });
    await scene.oxygen({ 10: 2 });
    await scene.farm.settle();
    await scene.oxygen({ 30: 6, 35: 6 });
    await scene.farm.settle();
    expect(await scene.farm.alerts(scene.device)).toEqual([]);
    expect(scene.farm.events).toEqual([]);
  });

  test('one lone sample far behind the clock raises nothing', async () => {
    scene.farm.clock.advance(300 * MINUTE);
    await scene.farm.report(scene.device, 10, { oxygen: 2 });
    await scene.farm.engine.tick();
    expect(scene.farm.events).toEqual([]);
  });

  test('a batch that shows an interval already over is recorded, never raised', async () => {
    await scene.oxygen({ 0: 6, 100: 6 });
    scene.farm.journal(
      ...[20, 25, 30, 35, 40].map((minute) => ({
        device: scene.device,
        at: T0 + minute * MINUTE,
        values: { oxygen: minute < 35 ? 3 : 6 },
      })),
    );
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['25-40 resolved: recorded resolved']);
    expect(scene.farm.events).toHaveLength(1);
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert?.known).toBe(T0 + 100 * MINUTE);
  });

  test('a device back after hours: recorded by old reports, raised by a fresh one', async () => {
    scene.farm.clock.advance(300 * MINUTE);
    for (const minute of [0, 5, 10]) await scene.farm.report(scene.device, minute, { oxygen: 3 });
    expect(await scene.summary()).toEqual(['5-… open: recorded']);
    for (const minute of [290, 295, 300])
      await scene.farm.report(scene.device, minute, { oxygen: 3 });
    expect(await scene.summary()).toEqual(['5-… open: recorded raised']);
  });

  test('a device whose clock is slow by hours is heard at once', async () => {
    for (const minute of [0, 5, 10]) {
      scene.farm.clock.wall = T0 + (minute + 180) * MINUTE;
      await scene.farm.report(scene.device, minute, { oxygen: 3 });
    }
    expect(await scene.summary()).toEqual(['5-… open: raised']);
  });

  test('they move the onset and the end of an alert, which stays one alert', async () => {
    await scene.oxygen({ 0: 6, 10: 3, 20: 3, 30: 6, 40: 6 });
    expect(await scene.summary()).toEqual(['20-40 resolved: raised resolved']);
    const [before] = await scene.farm.alerts(scene.device);
    await scene.oxygen({ 15: 3, 35: 6 });
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['15-35 resolved: raised resolved revised']);
    const [after] = await scene.farm.alerts(scene.device);
    expect(after?.id).toBe(before?.id);
    expect(after?.timeline.at(-1)).toMatchObject({ who: null, note: 'the reports arrived late' });
  });

  test('they take back an alert that never was, and reopen one that had not ended', async () => {
    await scene.oxygen({ 0: 3, 5: 3, 10: 6, 15: 6, 20: 3, 30: 3, 40: 6, 50: 6 });
    expect(await scene.summary()).toEqual([
      '5-15 resolved: raised resolved',
      '30-50 resolved: raised resolved',
    ]);
    await scene.oxygen({ 4: 6 });
    await scene.farm.settle();
    expect(await scene.summary()).toEqual([
      '5-5 resolved: raised resolved withdrawn',
      '30-50 resolved: raised resolved',
    ]);
    await scene.oxygen({ 42: 3 });
    await scene.farm.settle();
    expect((await scene.summary())[1]).toBe('30-… open: raised resolved reopened');
    await scene.oxygen({ 55: 6 });
    expect((await scene.summary())[1]).toBe('30-55 resolved: raised resolved reopened resolved');
  });

  test('a corrected value for the same instant is judged, its repeats are not', async () => {
    await scene.oxygen({ 0: 3, 5: 3 });
    const reads = scene.farm.store.reads;
    await scene.oxygen({ 5: 3 });
    await scene.farm.settle();
    expect(scene.farm.store.reads).toBe(reads);
    await scene.oxygen({ 5: 6 });
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['5-5 resolved: raised withdrawn']);
    await scene.oxygen({ 5: 3 });
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['5-… open: raised withdrawn reopened']);
  });

  test('what came in time meanwhile counts, although the store does not have it yet', async () => {
    await scene.oxygen({ 0: 6, 30: 6 });
    scene.farm.journal({ device: scene.device, at: T0 + 10 * MINUTE, values: { oxygen: 3 } });
    scene.farm.journal({ device: scene.device, at: T0 + 15 * MINUTE, values: { oxygen: 3 } });
    await scene.farm.accept();
    scene.farm.journal({ device: scene.device, at: T0 + 35 * MINUTE, values: { oxygen: 3 } });
    await scene.farm.accept();
    scene.farm.store.stored = 4;
    expect(await scene.farm.engine.reevaluate()).toBe(0);
    // Without the sample at 35 the time to clear would have begun at 30.
    await scene.oxygen({ 36: 6 });
    expect(await scene.summary()).toEqual(['15-… open: raised']);
  });

  test('they wait for the store, and the reports in time do not wait for them', async () => {
    await scene.oxygen({ 0: 6, 30: 6 });
    scene.farm.store.down = true;
    scene.farm.journal({ device: scene.device, at: T0 + 10 * MINUTE, values: { oxygen: 3 } });
    scene.farm.journal({ device: scene.device, at: T0 + 15 * MINUTE, values: { oxygen: 3 } });
    scene.farm.clock.advance(10 * MINUTE);
    scene.farm.journal({ device: scene.device, at: T0 + 35 * MINUTE, values: { oxygen: 3 } });
    scene.farm.journal({ device: scene.device, at: T0 + 40 * MINUTE, values: { oxygen: 3 } });
    await scene.farm.accept();
    expect(await scene.farm.engine.reevaluate()).toBe(1);
    expect(await scene.summary()).toEqual(['40-… open: raised']);
    await scene.farm.restart();
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['15-… open: raised revised']);
  });

  test('a store that was down for long costs no memory without end, and no truth', async () => {
    await scene.oxygen({ 0: 6, 30: 6 });
    scene.farm.store.down = true;
    scene.farm.journal({ device: scene.device, at: T0 + 10 * MINUTE, values: { oxygen: 3 } });
    scene.farm.journal({ device: scene.device, at: T0 + 15 * MINUTE, values: { oxygen: 3 } });
    await scene.farm.accept();
    for (let step = 1; step <= 400; step++) {
      const value = step === 2 ? 3 : 6;
      scene.farm.journal({
        device: scene.device,
        at: T0 + (30 + step) * MINUTE,
        values: { oxygen: value },
      });
    }
    await scene.farm.accept();
    scene.farm.store.down = false;
    scene.farm.store.stored = 5;
    expect(await scene.farm.engine.reevaluate()).toBe(1);
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['15-38 resolved: recorded resolved']);
  });

  test('an interval that begins where a moved alert had begun gets its own alert', async () => {
    const condition = { ...LOW_OXYGEN.condition, forSeconds: 0, clearSeconds: 0 };
    await scene.begin([ruleOf('at-once', condition as ThresholdCondition)]);
    await scene.oxygen({ 0: 6, 10: 3, 20: 3 });
    await scene.oxygen({ 5: 3 });
    await scene.farm.settle();
    await scene.oxygen({ 7: 6 });
    await scene.farm.settle();
    expect(await scene.summary()).toEqual([
      '5-7 resolved: raised revised resolved',
      '10-… open: raised',
    ]);
  });
});

describe('a restart', () => {
  test('with the memory of an earlier version ends what only that could, and judges anew', async () => {
    await scene.oxygen({ 0: 6, 5: 3, 10: 3 });
    expect(await scene.summary()).toEqual(['10-… open: raised']);
    const [row] = await scene.state.rules.states();
    const body = JSON.stringify({ ...JSON.parse(row?.body ?? ''), form: 1 });
    await scene.state.rules.saveStates([{ rule: '*', device: scene.device, body }]);
    await scene.farm.restart();
    await scene.farm.engine.tick();
    const [alert] = await scene.farm.alerts(scene.device);
    expect([alert?.state, alert?.timeline.at(-1)?.note]).toEqual([
      'resolved',
      'a later version of the rules judges this device anew',
    ]);
    await scene.oxygen({ 20: 3, 25: 3 });
    expect((await scene.summary()).filter((line) => line.includes('open'))).toHaveLength(1);
  });

  test('publishes nothing and loses nothing, also in the middle of a duration', async () => {
    await scene.begin([LOW_OXYGEN, SILENCE]);
    await scene.oxygen({ 0: 6, 5: 3 });
    await scene.farm.engine.tick();
    await scene.farm.restart();
    await scene.farm.accept();
    await scene.farm.engine.tick();
    expect(scene.farm.events).toEqual([]);
    await scene.oxygen({ 10: 3 });
    expect(scene.farm.events).toHaveLength(1);
    await scene.farm.engine.stop();
    for (let start = 0; start < 3; start++) {
      await scene.farm.restart();
      await scene.farm.accept();
      await scene.farm.settle();
    }
    expect(scene.farm.events).toHaveLength(1);
    await scene.oxygen({ 15: 6, 20: 6 });
    expect(await scene.summary()).toEqual(['10-20 resolved: raised resolved']);
  });

  test('accepting a batch twice changes nothing', async () => {
    await scene.oxygen({ 0: 3, 5: 3, 6: 6 });
    await scene.farm.engine.accept(scene.farm.batch(0, 2));
    await scene.farm.engine.accept(scene.farm.batch(0, 3));
    expect(await scene.summary()).toEqual(['5-… open: raised']);
    expect(scene.farm.events).toHaveLength(1);
  });

  test('a commit that fails leaves nothing, says nothing, and comes again', async () => {
    await scene.oxygen({ 0: 3 });
    scene.farm.journal({ device: scene.device, at: T0 + 5 * MINUTE, values: { oxygen: 3 } });
    scene.farm.failures = 2;
    await expect(scene.farm.accept()).rejects.toThrow('the state failed');
    expect(await scene.farm.alerts(scene.device)).toEqual([]);
    expect(await scene.state.cursors.get('rules')).toBe(0);
    expect(scene.farm.events).toEqual([]);
    await scene.farm.accept();
    expect(await scene.summary()).toEqual(['5-… open: raised']);
    expect(await scene.state.cursors.get('rules')).toBe(2);
    expect(scene.farm.events).toHaveLength(1);
  });

  test('a gap in the frames is refused rather than overlooked', async () => {
    await expect(scene.farm.engine.accept(scene.farm.batch(5, 6))).rejects.toMatchObject({
      code: 'RULES_BEHIND',
    });
  });

  test('what people did stays, through new evidence, late reports and the end', async () => {
    const alerts = createAlerts({
      state: scene.state,
      live: { publish: () => undefined },
      clock: scene.farm.clock,
    });
    await scene.oxygen({ 0: 6, 10: 3, 20: 3 });
    const [raised] = await scene.farm.alerts(scene.device);
    await alerts.acknowledge(raised?.id ?? '', { who: 'Lan', note: 'đang xem' });
    await scene.oxygen({ 22: 2 });
    await scene.oxygen({ 15: 3 });
    await scene.farm.settle();
    await scene.farm.restart();
    const [revised] = await scene.farm.alerts(scene.device);
    expect(revised).toMatchObject({
      id: raised?.id,
      state: 'acknowledged',
      onset: T0 + 15 * MINUTE,
    });
    await scene.oxygen({ 30: 6, 35: 6 });
    const [over] = await scene.farm.alerts(scene.device);
    expect(over?.timeline.map(({ event }) => event)).toEqual([
      'raised',
      'acknowledged',
      'revised',
      'resolved',
    ]);
    expect(over?.timeline[1]).toMatchObject({ who: 'Lan', note: 'đang xem' });
  });

  test('an alert ended by a person stays ended while the condition lasts', async () => {
    const alerts = createAlerts({
      state: scene.state,
      live: { publish: () => undefined },
      clock: scene.farm.clock,
    });
    await scene.oxygen({ 0: 3, 5: 3 });
    const [raised] = await scene.farm.alerts(scene.device);
    await alerts.resolve(raised?.id ?? '', { who: 'Lan' });
    await scene.oxygen({ 10: 2 });
    expect((await scene.farm.alerts(scene.device))[0]).toMatchObject({
      state: 'resolved',
      end: null,
    });
    await scene.oxygen({ 20: 6, 25: 6 });
    expect(await scene.summary()).toEqual(['5-25 resolved: raised resolved resolved']);
  });
});

describe('rules', () => {
  const stricter = {
    ...LOW_OXYGEN,
    version: 2,
    condition: { ...LOW_OXYGEN.condition, limit: 2, clear: 2 },
  };

  test('a new version takes over the open alert and ends it by its own limits', async () => {
    await scene.oxygen({ 0: 3, 5: 3 });
    await scene.state.rules.save(stricter as typeof LOW_OXYGEN);
    await scene.farm.engine.reload();
    await scene.oxygen({ 10: 3, 15: 3 });
    await scene.state.rules.remove(LOW_OXYGEN.id);
    expect(await scene.summary()).toEqual(['5-15 resolved: raised resolved']);
    expect((await scene.farm.alerts(scene.device))[0]?.ruleVersion).toBe(1);
  });

  test('late reports do not reach behind the version they are judged by', async () => {
    await scene.oxygen({ 0: 3, 5: 3, 6: 3 });
    await scene.state.rules.save(stricter as typeof LOW_OXYGEN);
    await scene.farm.engine.reload();
    await scene.state.rules.remove(LOW_OXYGEN.id);
    await scene.oxygen({ 7: 3 });
    await scene.oxygen({ 3: 6, 6.5: 3 });
    await scene.farm.settle();
    // The time to clear begins at 6.5: the sample at 6 was judged by the version before.
    await scene.oxygen({ 11.2: 3 });
    expect(await scene.summary()).toEqual(['5-… open: raised']);
    await scene.oxygen({ 11.6: 3 });
    expect(await scene.summary()).toEqual(['5-11.6 resolved: raised resolved']);
  });

  test('a rule that is disabled ends its alerts and says why', async () => {
    await scene.oxygen({ 0: 3, 5: 3 });
    await scene.state.rules.save({ ...LOW_OXYGEN, version: 2, enabled: false });
    await scene.farm.engine.reload();
    await scene.state.rules.remove(LOW_OXYGEN.id);
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert).toMatchObject({ state: 'resolved', end: T0 + 5 * MINUTE + 1 });
    expect(alert?.timeline.at(-1)?.note).toBe('the rule no longer reads this device');
  });

  test('a rule for other devices does not read this one', async () => {
    await scene.begin([
      ruleOf('elsewhere', LOW_OXYGEN.condition, { scope: { device: 'another' } }),
      ruleOf('here', LOW_OXYGEN.condition, { scope: { coop: 'coop' } }),
    ]);
    await scene.oxygen({ 0: 3, 5: 3 });
    expect((await scene.farm.alerts(scene.device)).map(({ rule }) => rule)).toEqual(['here']);
  });

  test('a saved rule that cannot be is left out, the others stand', async () => {
    await scene.state.rules.save(
      ruleOf('broken', {
        ...LOW_OXYGEN.condition,
        metric: 'nothing',
      } as typeof LOW_OXYGEN.condition),
    );
    await scene.farm.engine.reload();
    await scene.state.rules.remove('broken');
    await scene.oxygen({ 0: 3, 5: 3 });
    expect(await scene.summary()).toEqual(['5-… open: raised']);
  });

  test('a removed device ends its alerts', async () => {
    await scene.farm.engine.start(new AbortController().signal);
    await scene.oxygen({ 0: 3, 5: 3 });
    await scene.state.devices.remove(scene.device);
    await scene.farm.engine.tick();
    await scene.farm.engine.stop();
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert).toMatchObject({ state: 'resolved' });
    expect(alert?.timeline.at(-1)?.note).toBe('the device was removed');
    expect(await scene.state.rules.states()).toEqual([]);
  });
});
