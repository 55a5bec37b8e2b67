import { beforeEach, describe, expect, test } from 'vitest';
import { MINUTE, ruleOf, T0 } from './harness.ts';
import { Scene } from './scene.ts';

const scene = new Scene();
const SILENCE = ruleOf('silence', { type: 'absence', afterSeconds: 600 });

describe('absence', () => {
  beforeEach(() => scene.begin([SILENCE]));

  async function wait(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      scene.farm.clock.advance(MINUTE);
      await scene.farm.engine.tick();
    }
  }

  test('opens by the clock, ends with the next report', async () => {
    await scene.oxygen({ 0: 6 });
    await wait(9);
    expect(await scene.summary()).toEqual([]);
    await wait(1);
    expect(await scene.summary()).toEqual(['10-… open: raised']);
    await wait(10);
    await scene.oxygen({ 20: 6 });
    expect(await scene.summary()).toEqual(['10-20 resolved: raised resolved']);
    expect(scene.farm.events).toHaveLength(2);
  });

  test('opens for a device never seen, counted from its commissioning', async () => {
    await wait(11);
    expect(await scene.summary()).toEqual(['10-… open: raised']);
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert?.evidence).toMatchObject({ metric: null, limit: 600, worst: null });
    expect(alert?.evidence.samples).toEqual([{ time: T0, value: null }]);
  });

  test('a late batch that fills the silence takes it back', async () => {
    await scene.oxygen({ 0: 6 });
    await wait(30);
    scene.farm.journal(
      ...[5, 12, 20, 28].map((minute) => ({
        device: scene.device,
        at: T0 + minute * MINUTE,
        values: { oxygen: 6 },
      })),
    );
    await scene.farm.accept();
    expect(await scene.summary()).toEqual(['10-10 resolved: raised withdrawn']);
    const [alert] = await scene.farm.alerts(scene.device);
    expect(alert?.timeline.at(-1)?.note).toBe('the reports arrived late');
  });

  test('a late batch that fills part of it shrinks it, also after its end', async () => {
    await scene.oxygen({ 0: 6 });
    await wait(60);
    await scene.oxygen({ 60: 6 });
    expect(await scene.summary()).toEqual(['10-60 resolved: raised resolved']);
    await scene.oxygen({ 8: 6 });
    expect(await scene.summary()).toEqual(['18-60 resolved: raised resolved revised']);
    await scene.oxygen({ 30: 6 });
    expect(await scene.summary()).toEqual([
      '18-30 resolved: raised resolved revised revised',
      '40-60 resolved: recorded resolved',
    ]);
    await scene.oxygen({ 16: 6, 24: 6, 35: 6, 45: 6, 52: 6 });
    expect((await scene.summary()).every((line) => / resolved:.* withdrawn$/.test(line))).toBe(
      true,
    );
  });

  test('a metric that was never reported is not missing, one that was is', async () => {
    const condition = { type: 'absence', afterSeconds: 600, metric: 'oxygen' } as const;
    await scene.begin([ruleOf('oxygen-missing', condition)]);
    const report = async (minute: number, values: Record<string, number>): Promise<void> => {
      await wait(minute - (scene.farm.clock.now() - T0) / MINUTE);
      scene.farm.journal({ device: scene.device, at: T0 + minute * MINUTE, values });
      await scene.farm.accept();
    };
    await report(30, { ph: 8 });
    expect(scene.farm.events).toEqual([]);
    await report(40, { oxygen: 6 });
    expect(await scene.summary()).toEqual(['10-40 resolved: recorded resolved']);
    await report(60, { ph: 8 });
    expect((await scene.summary()).at(-1)).toBe('50-… open: raised');
  });

  test('back-filled history from before the commissioning raises nothing', async () => {
    const history = [-5000, -4000, -300, -5].map((minute) => ({
      device: scene.device,
      at: T0 + minute * MINUTE,
      values: { oxygen: 6 },
    }));
    scene.farm.journal(...history);
    await scene.farm.settle();
    expect(scene.farm.events).toEqual([]);
  });

  test('a start gives devices time to come back, and the rest is not forgotten', async () => {
    await scene.oxygen({ 0: 6 });
    await scene.farm.engine.stop();
    scene.farm.clock.advance(300 * MINUTE);
    await scene.farm.restart();
    await wait(9);
    expect(scene.farm.events).toEqual([]);
    await wait(1);
    expect(await scene.summary()).toEqual(['10-… open: raised']);
  });

  test('a jump of the wall clock is no silence', async () => {
    await scene.oxygen({ 0: 6 });
    await wait(2);
    scene.farm.clock.wall += 120 * MINUTE;
    await wait(7);
    expect(scene.farm.events).toEqual([]);
    await scene.oxygen({ 129: 6 });
    // The device's own clock says now what ours says: between the two it was heard nowhere.
    expect(scene.farm.events.map(({ timeline }) => timeline[0]?.event)).toEqual(['recorded']);
  });

  test('silence is judged only after everything received before was read', async () => {
    await scene.oxygen({ 0: 6 });
    scene.farm.clock.advance(9 * MINUTE);
    scene.farm.journal({ device: scene.device, at: T0 + 9 * MINUTE, values: { oxygen: 6 } });
    scene.farm.clock.advance(3 * MINUTE);
    await scene.farm.engine.tick();
    expect(scene.farm.events).toEqual([]);
    await scene.farm.accept();
    expect(scene.farm.events).toEqual([]);
  });
});

describe('the expected interval', () => {
  test('of a device that declares none is the learned one, from the moment it is known', async () => {
    await scene.begin([ruleOf('silence', { type: 'absence', afterSeconds: null })]);
    const { farm, state, device } = scene;
    const wait = async (minutes: number): Promise<void> => {
      farm.clock.advance(minutes * MINUTE);
      await farm.engine.tick();
    };
    await state.presence.saveLearned([{ device, seconds: 600, spacings: '[0,0]' }]);
    await scene.oxygen({ 0: 6 });
    await wait(29);
    expect(await scene.summary()).toEqual([]);
    await wait(2);
    expect(await scene.summary()).toEqual(['30-… open: raised']);
    await scene.oxygen({ 32: 6 });
    await state.presence.saveLearned([{ device, seconds: 60, spacings: '[0,0]' }]);
    await farm.restart();
    await wait(4);
    await wait(10);
    expect(await scene.summary()).toEqual(['30-32 resolved: raised resolved', '35-… open: raised']);
  });
});
