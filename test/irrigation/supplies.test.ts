import { describe, expect, test } from 'vitest';
import type { Command } from '#src/contracts/command';
import { HAND, MINUTE, SECOND } from '../commands/stand.ts';
import { Field } from './support/field.ts';

const TWO = [{ device: 'v-1' }, { device: 'v-2' }];
/** What a valve may stand open without water: valve, main and pump after each other. */
const DRY_SECONDS = 16;
const noNeedsOpen = { interlocks: [] };

async function commands(field: Field, device: string): Promise<Command[]> {
  const { items } = await field.stand.desk.list({ device }, { limit: 50 });
  return items.reverse();
}

async function faults(field: Field): Promise<string[]> {
  const views = await Promise.all(
    [...field.parts.keys()].map((device) => field.stand.desk.actuator(device)),
  );
  return views.flatMap((view) => view?.state.fault?.code ?? []);
}

/** Everything that was open had its water, and all stands now. */
async function expectSound(field: Field, { dry = DRY_SECONDS, pushed = 2 } = {}): Promise<void> {
  for (const seconds of field.dry.values()) expect(seconds).toBeLessThanOrEqual(dry);
  expect(field.pushed.get('p-1') ?? 0).toBeLessThanOrEqual(pushed);
  expect([...field.parts.keys()].filter((device) => field.isOn(device))).toEqual([]);
  expect(await faults(field)).toEqual([]);
}

async function person(field: Field, device: string, maxSeconds: number | null): Promise<void> {
  const { stand } = field;
  const close = { action: 'close' };
  await stand.desk.order(stand.request(device, maxSeconds === null ? close : { maxSeconds }));
  await stand.desk.idle();
  await field.answer();
}

describe('what feeds a valve', () => {
  test('is opened after it from the field upward, and a pump stands before its valves', async () => {
    const field = await Field.open();
    await field.plant(2);
    await field.save({ zones: TWO });
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(13 * MINUTE);
    expect(field.times('v-1', 'v-2')).toEqual(['v-1 120-420', 'v-2 490-790']);
    // Its own rest of a minute lies between the two; the main stays open over it.
    expect(field.times('p-1')).toEqual(['p-1 124-415', 'p-1 492-785']);
    expect(field.times('m-1')).toEqual(['m-1 122-790']);
    expect(await field.run()).toMatchObject({ state: 'done', note: null });
    for (const { owner, to } of await commands(field, 'p-1')) {
      expect([owner, to]).toEqual(['programmes', 'on']);
    }
    await expectSound(field);
  });

  test('stays on from zone to zone, longer than its cap, when nothing forbids it', async () => {
    const field = await Field.open();
    const bare = { ...noNeedsOpen, maxSeconds: 240 };
    await field.plant(2, { pump: bare, main: bare });
    const programme = await field.save({ zones: TWO, dose: { type: 'minutes', minutes: 8 } });
    const [preview] = await field.programmes.preview(
      { ...programme, mode: 'auto', start: { type: 'times', at: ['11:00'] } },
      field.stand.clock.now(),
      1,
    );
    expect(preview?.supplies?.map(({ device }) => device)).toEqual(['m-1', 'p-1']);
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(18 * MINUTE);
    expect(field.times('v-1', 'v-2')).toEqual(['v-1 120-600', 'v-2 610-1090']);
    expect(field.on.filter(({ device }) => device === 'p-1')).toHaveLength(1);
    const own = await commands(field, 'p-1');
    expect(own.filter(({ to }) => to === 'on').length).toBeGreaterThan(4);
    expect(own.every(({ maxSeconds }) => (maxSeconds ?? 0) <= 240)).toBe(true);
    expect(own.filter(({ to }) => to === 'off')).toHaveLength(1);
    // Over the pause between the zones.
    await expectSound(field, { pushed: 12 });
  });

  test('of two programmes runs until the last of them is done', async () => {
    const field = await Field.open();
    await field.plant(2);
    await field.save({ id: 'a' });
    await field.save({
      ...{ id: 'b', zones: [{ device: 'v-2' }], dose: { type: 'minutes', minutes: 4 } },
    });
    await field.programmes.runNow('a', 'Lan');
    await field.pass(3 * MINUTE);
    await field.programmes.runNow('b', 'Lan');
    await field.pass(MINUTE);
    await field.programmes.stopRun('a', 'Lan');
    await field.pass(30 * SECOND);
    expect([field.isOn('v-1'), field.isOn('v-2'), field.isOn('p-1')]).toEqual([false, true, true]);
    await field.pass(5 * MINUTE);
    expect(field.on.filter(({ device }) => device === 'p-1')).toHaveLength(1);
    expect(await field.run('b')).toMatchObject({ state: 'done', note: null });
    const [stopped] = (await field.run('a')).pieces;
    expect(stopped?.seconds).toBeGreaterThan(230);
    expect(stopped?.seconds).toBeLessThan(250);
    await expectSound(field);
  });

  test('is not stopped under a valve that a person has open, nor made longer for it', async () => {
    const field = await Field.open();
    await field.plant(2, { pump: noNeedsOpen });
    await field.save();
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(MINUTE);
    await person(field, 'v-2', 1_800);
    await field.pass(30 * SECOND);
    await field.programmes.stopRun('p-1', 'Lan');
    await field.pass(30 * SECOND);
    expect([field.isOn('v-1'), field.isOn('v-2'), field.isOn('p-1')]).toEqual([false, true, true]);
    await person(field, 'v-2', null);
    await field.pass(10 * SECOND);
    expect([field.isOn('m-1'), field.isOn('p-1')]).toEqual([false, false]);
    await expectSound(field);
  });

  test('that a person runs is used and left to them', async () => {
    const field = await Field.open();
    await field.plant(1, { pump: noNeedsOpen, main: noNeedsOpen });
    await field.save();
    await person(field, 'm-1', 600);
    await person(field, 'p-1', 600);
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(7 * MINUTE);
    expect(await field.run()).toMatchObject({ state: 'done', note: null });
    expect(field.times('v-1')).toEqual(['v-1 120-420']);
    expect([field.isOn('m-1'), field.isOn('p-1')]).toEqual([true, true]);
    const own = [...(await commands(field, 'p-1')), ...(await commands(field, 'm-1'))];
    expect(own.map(({ source }) => source.type)).toEqual(['person', 'person']);
    // What would outlast their run waits until it is over and has rested.
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(11 * MINUTE);
    expect(await field.run()).toMatchObject({ state: 'done', note: null });
    expect(field.times('m-1')[0]).toBe('m-1 120-720');
    expect(field.times('v-1')[1]).toMatch(/^v-1 7[89]\d-10[89]\d$/);
    await expectSound(field, { pushed: 600 });
  });
});

test('the preview names what runs for it, and who else holds what', async () => {
  const field = await Field.open();
  await field.plant(2);
  const start = { type: 'times', at: ['11:00'] } as const;
  const programme = await field.save({ mode: 'auto', zones: TWO, start });
  const beside = { ...programme, name: 'Ớt', start: { type: 'times', at: ['11:03'] } as const };
  await field.programmes.save({ ...beside, id: 'b', zones: [{ device: 'v-1' }] }, 'Lan');
  await field.programmes.save({ ...beside, id: 'c', name: 'Hành', mode: 'manual' }, 'Lan');
  const runs = await field.programmes.preview(programme, field.stand.clock.now(), 14);
  expect(runs).toHaveLength(14);
  for (const { pieces, supplies, reasons } of runs) {
    const spans = (list: ReadonlyArray<{ device: string; from: number; seconds: number }> = []) =>
      list.map(({ device, from, seconds }) => [device, from, from + seconds * SECOND]);
    const [first, second] = spans(pieces);
    expect(spans(supplies)).toEqual([
      ['m-1', first?.[1], second?.[2]],
      ['p-1', ...(first?.slice(1) ?? [])],
      ['p-1', ...(second?.slice(1) ?? [])],
    ]);
    expect(reasons).toEqual([
      { code: 'valve-taken', values: { device: 'v-1', programme: 'Ớt' } },
      { code: 'supply-shared', values: { device: 'm-1', programme: 'Ớt' } },
    ]);
  }
  expect(await field.programmes.calendar({})).not.toContain('p-1: ');
});

describe('without water', () => {
  test('of a supply that is away nothing is opened', async () => {
    const field = await Field.open();
    await field.plant(2);
    field.stand.wire.online.delete('p-1');
    await field.save({ zones: TWO });
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(3 * MINUTE);
    expect(field.on).toEqual([]);
    const run = await field.run();
    expect(run).toMatchObject({ state: 'done', pieces: [] });
    expect(run.reasons.at(-1)).toEqual({
      code: 'supply-failed',
      values: { supply: 'p-1', why: 'COMMAND_OFFLINE', seconds: 600 },
    });
  });

  test.each([
    ['refuses', { refuses: 'dry-well' }, 'dry-well'],
    ['never answers', { isDeaf: true }, 'supply-silent'],
  ])('a supply that %s costs all that it feeds, and the valve is closed', async (_, ways, why) => {
    const field = await Field.open();
    await field.plant(2);
    field.ways.set('p-1', ways);
    await field.save({ zones: TWO });
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(5 * MINUTE);
    const run = await field.run();
    expect(run.state).toBe('done');
    expect(run.pieces).toMatchObject([{ device: 'v-1', seconds: 0, litres: 0 }]);
    expect(run.reasons.slice(1)).toEqual([
      { code: 'piece-failed', values: { device: 'v-1', piece: 0, why, supply: 'p-1' } },
      { code: 'supply-failed', values: { supply: 'p-1', why, seconds: 300 } },
    ]);
    expect(field.on.filter(({ device }) => device === 'v-2')).toEqual([]);
    await expectSound(field, { dry: 60 });
  });

  test('of a supply that moves nothing the run ends by its fault', async () => {
    const field = await Field.open();
    await field.plant(2);
    field.ways.set('p-1', { isStuck: true });
    await field.save({ zones: TWO });
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(6 * MINUTE);
    const run = await field.run();
    expect(run).toMatchObject({ state: 'stopped', note: expect.stringContaining('p-1') });
    expect(field.isOn('v-1')).toBe(false);
    expect(field.on.filter(({ device }) => device === 'v-2')).toEqual([]);
  });

  test('a pump that a person stops ends what it feeds, and is not begun again', async () => {
    const field = await Field.open();
    await field.plant(2);
    await field.save({ zones: TWO });
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(2 * MINUTE);
    await person(field, 'p-1', null);
    await field.pass(8 * MINUTE);
    const run = await field.run();
    expect(run.state).toBe('done');
    expect(run.reasons.slice(1).map(({ values }) => values['why'])).toEqual([
      'supply-stopped',
      'supply-stopped',
    ]);
    expect(field.on.map(({ device }) => device)).toEqual(['v-1', 'm-1', 'p-1']);
    expect(run.pieces[0]?.seconds).toBeGreaterThan(110);
    expect(run.pieces[0]?.seconds).toBeLessThanOrEqual(122);
    await expectSound(field);
  });
});

describe('an emergency stop', () => {
  async function stopAndRelease(field: Field, scope: string): Promise<void> {
    const { desk } = field.stand;
    await desk.emergencyStop(scope, 'vỡ ống', HAND);
    await desk.idle();
    await field.answer();
    const asked: unknown = await desk.release(scope, HAND).catch((error: unknown) => error);
    const { confirmation } = asked as { confirmation: string };
    expect(await desk.release(scope, { ...HAND, confirmation })).toBe(true);
  }

  test.each([
    ['everywhere', 'coop:coop', MINUTE],
    ['of its pump', 'device:p-1', MINUTE],
    ['before its first valve has answered', 'coop:coop', 0],
  ])('%s, released between two looks, ends the run for good', async (_, scope, after) => {
    const field = await Field.open();
    await field.plant(2);
    await field.save({ zones: TWO });
    await field.programmes.runNow('p-1', 'Lan');
    await field.stand.desk.idle();
    if (after === 0) field.lose();
    await field.pass(after);
    await stopAndRelease(field, scope);
    await field.pass(10 * MINUTE);
    expect(await field.run()).toMatchObject({ state: 'stopped', note: 'ACTUATOR_STOPPED' });
    expect(field.on.filter(({ device }) => device === 'v-2')).toEqual([]);
    expect(field.on.filter(({ device }) => device === 'p-1').length).toBeLessThanOrEqual(1);
    await expectSound(field);
  });
});

describe('a program that is killed', () => {
  test.each([
    [0, 0],
    [2, 20],
    [4, 0],
    [6, 20],
    [60, 0],
    [298, 20],
    [320, 0],
    [372, 20],
  ])('%i s into a run, for %i s, goes on with nothing twice', async (into, away) => {
    const field = await Field.open();
    await field.plant(2);
    await field.save({ zones: TWO });
    await field.programmes.runNow('p-1', 'Lan');
    await field.stand.desk.idle();
    await field.pass(into * SECOND);
    await field.restart(away * SECOND);
    await field.pass(14 * MINUTE);
    expect(await field.run()).toMatchObject({ state: 'done', note: null });
    const times = (device: string) => field.on.filter((one) => one.device === device).length;
    expect([times('v-1'), times('v-2'), times('p-1')]).toEqual([1, 1, 2]);
    for (const { device, from, to } of field.on) {
      if (device.startsWith('v-')) expect(to - from).toBeLessThanOrEqual(302 * SECOND);
    }
    await expectSound(field, { dry: DRY_SECONDS + away, pushed: 4 });
  });

  test('and stays away leaves nothing running past its time', async () => {
    const field = await Field.open();
    await field.plant(2, { pump: noNeedsOpen });
    await field.save({ zones: TWO });
    await field.programmes.runNow('p-1', 'Lan');
    await field.pass(MINUTE);
    await field.restart(40 * MINUTE);
    const ends = field.on.map(({ to }) => (to - field.begunAt) / SECOND);
    // The valve's 300 s, and the pause over which the next one would have followed.
    expect(Math.max(...ends)).toBeLessThanOrEqual(120 + 300 + 130 + 4);
    await field.pass(2 * MINUTE);
    await field.programmes.stopRun('p-1', 'Lan').catch(() => false);
    await field.pass(MINUTE);
    expect([...field.parts.keys()].filter((device) => field.isOn(device))).toEqual([]);
  });
});

test('a run by hand begins within seconds of what is in its way', async () => {
  const field = await Field.open();
  await field.plant(1);
  await field.save();
  await person(field, 'v-1', 60);
  await field.pass(10 * SECOND);
  await field.programmes.runNow('p-1', 'Lan');
  await field.pass(4 * MINUTE);
  const [first, second] = field.on.filter(({ device }) => device === 'v-1');
  // It closes after its minute, and rests the minute in which its meter shows that it has.
  const restedAt = (first?.to ?? 0) + MINUTE;
  expect((second?.from ?? Number.NaN) - restedAt).toBeLessThanOrEqual(10 * SECOND);
  const idle = await Field.open();
  await idle.plant(1);
  await idle.save();
  await idle.pass(38 * SECOND);
  await idle.programmes.runNow('p-1', 'Lan');
  await idle.pass(10 * SECOND);
  expect(idle.times('v-1')[0]).toMatch(/^v-1 15[89]-|^v-1 160-/);
});
