import { beforeEach, describe, expect, test } from 'vitest';
import { createAlerts } from '#src/alerts/alerts';
import type { Rule, ThresholdCondition } from '../../src/contracts/rule.ts';
import { LOW_OXYGEN, MINUTE, ruleOf, T0 } from './harness.ts';
import { Scene } from './scene.ts';

const scene = new Scene();

/** Below 4 is a warning, below 2 is critical at once. */
const BANDS: Rule = {
  ...ruleOf('bands', {
    ...(LOW_OXYGEN.condition as ThresholdCondition),
    bands: [{ severity: 'critical', limit: 2, clear: 2.5, forSeconds: 0, clearSeconds: 120 }],
  }),
  severity: 'warning',
};

describe('severity', () => {
  beforeEach(() => scene.begin([BANDS]));

  test('moves within the one alert, with the limit that stands', async () => {
    await scene.oxygen({ 0: 3.5, 5: 3.4, 6: 1.5, 7: 3, 8: 3, 9: 3, 10: 6, 15: 6 });
    expect(await scene.summary()).toEqual(['5-15 resolved: raised escalated eased resolved']);
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert).toMatchObject({ severity: 'warning', evidence: { limit: 4, worst: 1.5 } });
    expect(alert?.severities).toEqual([
      { time: T0 + 5 * MINUTE, severity: 'warning' },
      { time: T0 + 6 * MINUTE, severity: 'critical' },
      { time: T0 + 9 * MINUTE, severity: 'warning' },
    ]);
    expect(
      scene.farm.changes.map(({ before, after }) => [before?.severity, after.severity]),
    ).toEqual([
      [undefined, 'warning'],
      ['warning', 'critical'],
      ['critical', 'warning'],
      ['warning', 'warning'],
    ]);
  });

  test('that gets graver opens again what people had answered', async () => {
    const alerts = createAlerts({
      state: scene.state,
      live: { publish: () => undefined },
      clock: scene.farm.clock,
    });
    await scene.oxygen({ 0: 3.5, 5: 3.4 });
    const [raised] = await scene.farm.alerts(scene.device);
    const until = scene.farm.clock.now() + 60 * MINUTE;
    await alerts.shelve(raised?.id ?? '', { who: 'Lan', reason: 'máy bơm', until });
    await alerts.assign(raised?.id ?? '', { who: 'Lan', assignee: 'Minh' });
    await scene.oxygen({ 6: 1.5 });
    const [graver] = await scene.farm.alerts(scene.device);
    expect(graver).toMatchObject({ state: 'open', shelf: null, assignee: 'Minh' });
    expect(graver?.evidence.limit).toBe(2);
    expect(graver?.timeline.at(-1)).toMatchObject({ event: 'escalated', note: 'critical' });
  });

  test('stays what it is over a restart', async () => {
    await scene.oxygen({ 0: 3.5, 5: 3.4, 6: 1.5 });
    await scene.farm.restart();
    await scene.oxygen({ 7: 3, 9: 3 });
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert?.severities.map(({ severity }) => severity)).toEqual([
      'warning',
      'critical',
      'warning',
    ]);
  });
});

const FALL = ruleOf('fall', {
  type: 'threshold',
  metric: 'oxygen',
  view: { type: 'rate', overSeconds: 600, perSeconds: 3600 },
  beyond: 'below',
  limit: -6,
  clear: -6,
  forSeconds: 0,
  clearSeconds: 0,
  gapSeconds: 1800,
});

describe('a rule that looks back', () => {
  beforeEach(() => scene.begin([FALL]));

  test('is made from history after a start, and then judges at once', async () => {
    await scene.oxygen({ 0: 6, 5: 6, 10: 6 });
    await scene.farm.restart();
    await scene.oxygen({ 15: 5, 20: 4 });
    expect(await scene.summary()).toEqual([]);
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['20-… open: raised']);
    const reads = scene.farm.store.reads;
    await scene.oxygen({ 25: 4, 30: 4 });
    await scene.farm.settle();
    expect(scene.farm.store.reads).toBe(reads);
    expect(await scene.summary()).toEqual(['20-25 resolved: raised resolved']);
  });

  test('is judged again as far as a late sample reaches', async () => {
    await scene.oxygen({ 0: 6, 1: 6, 20: 6, 22: 6, 30: 4, 31: 4.4, 40: 4 });
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['30-40 resolved: recorded resolved']);
    // Ten minutes before the sample at 31: with it that one is no fall any more.
    await scene.oxygen({ 21: 4.5 });
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['30-31 resolved: recorded resolved revised']);
  });
});

describe('two devices', () => {
  const COLDER = (other: string): Rule =>
    ruleOf('difference', {
      type: 'threshold',
      metric: 'oxygen',
      view: { type: 'minus', metric: 'oxygen', device: other, maxAgeSeconds: 120 },
      beyond: 'below',
      limit: -2,
      clear: -2,
      forSeconds: 0,
      clearSeconds: 0,
      gapSeconds: 1800,
    });

  test('are judged up to the instant both were heard, over a restart too', async () => {
    const other = `${scene.device}-other`;
    await scene.begin([{ ...COLDER(other), scope: {} }]);
    await scene.farm.addDevice(other);
    const both = async (minute: number, mine: number, others: number): Promise<void> => {
      await scene.farm.report(scene.device, minute, { oxygen: mine });
      await scene.farm.report(other, minute, { oxygen: others });
    };
    scene.farm.clock.advance(10 * MINUTE);
    await both(0, 5, 5);
    await scene.farm.settle();
    await both(1, 5, 5);
    await scene.farm.report(scene.device, 2, { oxygen: 2.5 });
    await scene.farm.report(scene.device, 3, { oxygen: 2.5 });
    expect(await scene.summary()).toEqual([]);
    await scene.farm.engine.tick();
    await scene.farm.restart();
    await scene.farm.report(other, 3, { oxygen: 5 });
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['2-… open: raised']);
    await scene.state.devices.remove(other);
  });
});

describe('choice', () => {
  const tagged: Rule = {
    ...ruleOf('tagged', { ...LOW_OXYGEN.condition, limit: 2, clear: 2 } as ThresholdCondition),
    scope: { tag: 'nursery' },
    topic: 'oxygen',
  };

  test('a tag that a device gets moves it to the rule that names the tag', async () => {
    await scene.begin([{ ...LOW_OXYGEN, topic: 'oxygen' }, tagged]);
    await scene.oxygen({ 0: 3, 5: 3 });
    await scene.state.devices.update(scene.device, { tags: ['nursery'] });
    await scene.oxygen({ 10: 3, 15: 1, 20: 1 });
    const found = await scene.farm.alerts(scene.device);
    expect(found.map(({ rule, state }) => [rule, state])).toEqual([
      ['low-oxygen', 'resolved'],
      ['tagged', 'open'],
    ]);
  });

  test('a device that changes otherwise keeps what it remembers', async () => {
    await scene.begin([FALL]);
    await scene.oxygen({ 0: 6, 5: 6, 10: 6 });
    await scene.farm.settle();
    const reads = scene.farm.store.reads;
    await scene.state.devices.update(scene.device, { name: 'Ao 3' });
    await scene.oxygen({ 15: 5, 20: 4 });
    expect(await scene.summary()).toEqual(['20-… open: raised']);
    expect(scene.farm.store.reads).toBe(reads);
  });
});

describe('corrections', () => {
  beforeEach(() => scene.begin([LOW_OXYGEN]));

  test('a value is judged as it should have been', async () => {
    scene.farm.correct({
      device: scene.device,
      metric: 'oxygen',
      from: T0,
      to: null,
      work: { type: 'calibration', gain: 1, offset: 2 },
    });
    await scene.oxygen({ 0: 3, 5: 3, 10: 1, 15: 1 });
    expect(await scene.summary()).toEqual(['15-… open: raised']);
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert?.evidence.worst).toBe(3);
  });

  test('one that changes revises the alert and says why, and taking it back too', async () => {
    await scene.oxygen({ 0: 6, 10: 3, 20: 3, 30: 6, 40: 6 });
    const span = { device: scene.device, metric: 'oxygen', from: T0, to: T0 + 25 * MINUTE };
    scene.farm.correct({ ...span, work: { type: 'calibration', gain: 1, offset: 2 } });
    await scene.farm.settle();
    expect(await scene.summary()).toEqual(['20-20 resolved: raised resolved withdrawn']);
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert?.timeline.at(-1)?.note).toBe('the values were corrected');
    scene.farm.takeBack();
    await scene.farm.settle();
    expect(await scene.farm.alerts(scene.device)).toHaveLength(1);
    expect((await scene.summary())[0]).toMatch(/^20-40 /);
  });

  test('one recorded just before a crash is not forgotten', async () => {
    await scene.oxygen({ 0: 6, 10: 3, 20: 3, 30: 6, 40: 6 });
    const span = { device: scene.device, metric: 'oxygen', from: T0, to: T0 + 25 * MINUTE };
    scene.farm.correct({ ...span, work: { type: 'flag', flag: 'invalid' } });
    await scene.farm.restart();
    await scene.farm.settle();
    expect((await scene.summary())[0]).toMatch(/^20-20 .*withdrawn$/);
  });

  test('a value that a person doubts can open an alert and cannot end one', async () => {
    await scene.oxygen({ 0: 3, 5: 3 });
    const span = { device: scene.device, metric: 'oxygen', from: T0 + 6 * MINUTE, to: null };
    scene.farm.correct({ ...span, work: { type: 'flag', flag: 'suspect' } });
    await scene.oxygen({ 10: 6, 20: 6, 30: 6 });
    expect(await scene.summary()).toEqual(['5-… open: raised']);
  });
});

test('a doubtful value ends no alert of a rule that looks back either', async () => {
  await scene.begin([FALL]);
  await scene.oxygen({ 0: 6, 5: 6, 10: 6 });
  await scene.farm.settle();
  const span = { device: scene.device, metric: 'oxygen', from: T0 + 21 * MINUTE, to: null };
  scene.farm.correct({ ...span, work: { type: 'flag', flag: 'suspect' } });
  await scene.oxygen({ 15: 5, 20: 4, 25: 4, 35: 4 });
  expect(await scene.summary()).toEqual(['20-… open: raised']);
});

describe('the calendar of the machine', () => {
  for (const [what, hours] of [
    ['forward', 2],
    ['back', -2],
  ] as const) {
    test(`a wall clock that jumps two hours ${what} neither fires nor keeps quiet`, async () => {
      await scene.begin([
        LOW_OXYGEN,
        FALL,
        ruleOf('silence', { type: 'absence', afterSeconds: 600 }),
      ]);
      await scene.oxygen({ 0: 6, 1: 6, 2: 6 });
      scene.farm.clock.wall += hours * 60 * MINUTE;
      for (let minute = 3; minute <= 9; minute++) {
        await scene.farm.engine.tick();
        scene.farm.clock.advance(MINUTE);
        await scene.farm.report(scene.device, minute, { oxygen: 6 });
      }
      await scene.farm.settle();
      expect(scene.farm.changes).toEqual([]);
      for (let minute = 10; minute <= 15; minute++) {
        scene.farm.clock.advance(MINUTE);
        await scene.farm.report(scene.device, minute, { oxygen: 3 });
      }
      await scene.farm.settle();
      const low = (await scene.farm.alerts(scene.device)).filter(
        ({ rule }) => rule === 'low-oxygen',
      );
      expect(low.map(({ onset, timeline }) => [(onset - T0) / MINUTE, timeline[0]?.event])).toEqual(
        [[15, 'raised']],
      );
    });
  }

  test('19 January 2038 is a day like others', async () => {
    const end = 2 ** 31 * 1000;
    await scene.begin([{ ...LOW_OXYGEN, when: { hours: { from: '08:00', to: '12:00' } } }]);
    const report = async (minute: number, oxygen: number): Promise<void> => {
      scene.farm.clock.wall = end + minute * MINUTE;
      await scene.farm.report(scene.device, (end - T0) / MINUTE + minute, { oxygen });
    };
    for (let minute = -10; minute <= 10; minute += 5) await report(minute, minute < 0 ? 6 : 3);
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert).toMatchObject({ onset: end + 5 * MINUTE, end: null });
    await scene.farm.restart();
    for (let minute = 11; minute <= 16; minute++) await report(minute, 6);
    expect((await scene.farm.alerts(scene.device))[0]?.end).toBe(end + 16 * MINUTE);
  });
});
