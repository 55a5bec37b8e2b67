import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { Alert } from '../../src/contracts/alert.ts';
import type { StateService } from '../../src/state/state.ts';
import { Farm, MINUTE, openState, ruleOf, T0 } from '../rules/harness.ts';
import { Stand, throughDesk } from './stand.ts';

let state: StateService;
let close: () => Promise<void>;
let stand: Stand;

beforeAll(async () => {
  ({ state, close } = await openState());
});
afterAll(() => close());
beforeEach(async () => {
  stand = await Stand.over(state);
});

describe('a silent gateway', () => {
  let gateway: string;
  let children: string[];

  beforeEach(async () => {
    gateway = await stand.device('gateway');
    children = [];
    for (const name of ['a', 'b']) children.push(await stand.device(name, { gateway }));
  });

  test('explains those behind it, in whatever order they are found', async () => {
    const silences = [...children, gateway].map((device) => stand.silence(device));
    await stand.raise(...silences);
    const parent = silences.at(-1)?.id ?? '';
    expect(stand.heard()).toEqual([`raised ${parent}`]);
    for (const { id } of silences.slice(0, 2)) {
      expect(await stand.get(id)).toMatchObject({ cause: parent, quiet: { reason: 'cause' } });
      expect(await stand.events(id)).toEqual(['raised', `quieted (cause: ${parent})`]);
    }
    expect((await stand.get(parent)).quiet).toBeNull();
  });

  test('explains what was silent before it was known itself', async () => {
    const child = await stand.raise(stand.silence(children[0] ?? ''));
    expect(stand.heard()).toEqual([`raised ${child.id}`]);
    await stand.wait(5);
    const parent = await stand.raise(stand.silence(gateway));
    const now = await stand.get(child.id);
    expect(now).toMatchObject({ cause: parent.id, revision: child.revision + 1 });
    expect(now.quiet).toMatchObject({ reason: 'cause', until: null });
    expect(stand.heard()).toEqual([`raised ${parent.id}`]);
  });

  test('when it is back those that stay silent call after a grace, and the others do not', async () => {
    const silences = [gateway, ...children].map((device) => stand.silence(device));
    await stand.raise(...silences);
    const [parent = '', back = '', dead = ''] = silences.map(({ id }) => id);
    stand.heard();
    await stand.wait(60);
    await stand.end(parent);
    await stand.wait(5);
    await stand.end(back);
    expect(stand.heard()).toEqual([`ended ${parent}`]);
    stand.restart();
    await stand.wait(4);
    expect(stand.heard()).toEqual([]);
    await stand.wait(1);
    expect(stand.heard()).toEqual([`unquieted ${dead}`]);
    expect(await stand.get(dead)).toMatchObject({ cause: null, quiet: null });
  });

  test('says nothing about what is not silence', async () => {
    await stand.raise(stand.silence(gateway));
    stand.heard();
    const oxygen = await stand.raise(stand.begun('a', { device: children[0] ?? '' }));
    expect(stand.heard()).toEqual([`raised ${oxygen.id}`]);
  });

  test('a ring of gateways still calls once', async () => {
    await state.devices.update(gateway, { gateway: children[0] ?? null });
    const silences = [gateway, children[0] ?? ''].map((device) => stand.silence(device));
    await stand.raise(...silences);
    expect(stand.heard()).toHaveLength(1);
  });
});

describe('a link that is down', () => {
  async function devices(count: number): Promise<string[]> {
    const made: string[] = [];
    for (let index = 0; index < count; index++) {
      const device = await stand.device(`d${index}`);
      await stand.hear(device);
      made.push(device);
    }
    return made;
  }

  test('the first silence explains the others of the cooperative', async () => {
    const all = await devices(5);
    const [first, second, ...rest] = all.map((device) => stand.silence(device));
    if (first === undefined || second === undefined) throw new Error('five devices');
    await stand.raise(first);
    await stand.raise(second);
    expect(stand.heard()).toEqual([`raised ${first.id}`, `raised ${second.id}`]);
    await stand.raise(...rest);
    expect(stand.heard()).toEqual([]);
    for (const { id } of [second, ...rest]) {
      expect((await stand.get(id)).cause).toBe(first.id);
    }
    expect(await stand.get(first.id)).toMatchObject({ cause: null, quiet: null });
  });

  test('three of five silent devices are three troubles', async () => {
    const all = await devices(5);
    const silences = all.slice(0, 3).map((device) => stand.silence(device));
    await stand.raise(...silences);
    expect(stand.heard()).toHaveLength(3);
  });

  test('devices never heard are no sign of an outage', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const made = await Promise.all(names.map((name) => stand.device(name)));
    await stand.raise(...made.map((device) => stand.silence(device)));
    expect(stand.heard()).toHaveLength(4);
  });

  test('when only the first comes back another explains the rest: one call, no flood', async () => {
    const all = await devices(20);
    const silences = all.map((device) => stand.silence(device));
    await stand.raise(...silences);
    const [first] = stand.heard();
    const root = first?.replace('raised ', '') ?? '';
    expect((await stand.get(root)).quiet).toBeNull();
    await stand.wait(30);
    await stand.end(root);
    stand.heard();
    await stand.wait(30);
    expect(stand.heard()).toHaveLength(1);
  });

  test('when nearly all come back those that do not call', async () => {
    const all = await devices(10);
    const silences = all.map((device) => stand.silence(device));
    await stand.raise(...silences);
    const root = stand.heard()[0]?.replace('raised ', '') ?? '';
    const others = silences.map(({ id }) => id).filter((id) => id !== root);
    await stand.wait(30);
    for (const id of others.slice(1)) {
      await stand.hear((await stand.get(id)).device);
      await stand.end(id);
    }
    stand.heard();
    await stand.wait(9);
    expect(stand.heard()).toEqual([]);
    await stand.wait(1);
    expect(stand.heard()).toEqual([`unquieted ${others[0]}`]);
  });
});

describe('what was down', () => {
  const SILENCE = ruleOf('silence', { type: 'absence', afterSeconds: 600 });
  let farm: Farm;
  let device: string;

  // The engine's place in the journal is the state's own, so each has a state of its own.
  beforeEach(async () => {
    const own = await openState();
    onTestFinished(own.close);
    stand = await Stand.over(own.state);
    farm = new Farm(throughDesk(own.state, stand), [SILENCE]);
    device = `down-${stand.coop}`;
    await farm.addDevice(device);
  });

  async function silent(): Promise<Alert> {
    await farm.report(device, 0, { oxygen: 6 });
    await pass(30);
    const [alert] = await farm.alerts(device);
    if (alert === undefined) throw new Error('it was silent');
    expect(alert.end).toBeNull();
    return alert;
  }

  /** Both clocks go on; the engine and the desk look each minute. */
  async function pass(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      farm.clock.advance(MINUTE);
      await farm.engine.tick();
      await stand.wait(1);
    }
  }

  const outage = async (): Promise<unknown> => {
    const [alert] = await farm.alerts(device);
    return alert?.evidence.beside?.['outage'];
  };

  test('the link, when reports from the silence come late', async () => {
    const { id } = await silent();
    await farm.report(device, 30, { oxygen: 6 });
    expect(await outage()).toBeUndefined();
    const late = [5, 12, 20, 28].map((minute) => ({
      device,
      at: T0 + minute * MINUTE,
      values: { oxygen: 6 },
    }));
    farm.journal(...late);
    await farm.settle();
    expect(await outage()).toBe('link');
    await pass(70);
    expect(await outage()).toBe('link');
    expect(await stand.events(id)).toContain(
      'commented (the device recorded meanwhile: the link was down)',
    );
  });

  test('the device, when nothing came of it within an hour', async () => {
    await silent();
    await farm.report(device, 30, { oxygen: 6 });
    await pass(59);
    expect(await outage()).toBeUndefined();
    await pass(1);
    expect(await outage()).toBe('device');
  });

  test('one interval is one alert, whatever becomes known of it', async () => {
    const { id } = await silent();
    farm.journal({ device, at: T0 + 5 * MINUTE, values: { oxygen: 6 } });
    await farm.settle();
    await farm.report(device, 31, { oxygen: 6 });
    farm.journal({ device, at: T0 + 12 * MINUTE, values: { oxygen: 6 } });
    await farm.settle();
    const found = await farm.alerts(device);
    expect(found.filter(({ end, onset }) => end !== onset).map((alert) => alert.id)).toEqual([id]);
  });
});
