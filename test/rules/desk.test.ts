import { describe, expect, test } from 'vitest';
import { createRuleDesk } from '#src/rules/desk';
import type { Rule } from '../../src/contracts/rule.ts';
import { LOW_OXYGEN, logger, ruleOf } from './harness.ts';
import { openStand } from './trial-stand.ts';

const OWN: Rule = { ...LOW_OXYGEN, topic: 'oxygen' };
const { version: _, ...MINE } = { ...OWN, id: 'mine', scope: { device: 'probe-1' } };
const { version: __, ...CHANGED } = { ...OWN, enabled: false };

async function farm() {
  const stand = await openStand([OWN]);
  await stand.addDevice('probe-1');
  await stand.addDevice('probe-2');
  return stand;
}

const devicesOf = (found?: { devices: ReadonlyMap<string, number> }) => [...(found?.devices ?? [])];

describe('the rules in force', () => {
  test('are those of the kinds with the saved ones over them, each with its devices', async () => {
    const { desk } = await farm();
    expect(desk.list()).toMatchObject([{ rule: OWN, origin: 'kind' }]);
    expect(devicesOf(desk.get(OWN.id))).toEqual([['coop', 2]]);
    const mine = await desk.save(MINE, 'mai');
    expect([mine.origin, mine.rule.version, devicesOf(mine)]).toEqual(['saved', 1, [['coop', 1]]]);
    // Of one topic the more specific stands before the other, on its device alone.
    expect(devicesOf(desk.get(OWN.id))).toEqual([['coop', 1]]);
    expect(desk.list().map(({ rule }) => rule.id)).toEqual([OWN.id, 'mine']);
    expect(desk.get('nothing')).toBeUndefined();
  });

  test('count the devices anew after one came or went', async () => {
    const { desk, addDevice, state } = await farm();
    expect(devicesOf(desk.get(OWN.id))).toEqual([['coop', 2]]);
    await addDevice('probe-3');
    expect(devicesOf(desk.get(OWN.id))).toEqual([['coop', 3]]);
    await state.devices.remove('probe-1');
    expect(devicesOf(desk.get(OWN.id))).toEqual([['coop', 2]]);
    expect(devicesOf(await desk.save({ ...MINE, scope: { tag: 'none' } }, 'mai'))).toEqual([]);
  });
});

describe('saving', () => {
  test('follows the version of the kind, and of every state before', async () => {
    const stand = await farm();
    const { desk } = stand;
    expect((await desk.save(CHANGED, 'mai')).rule).toMatchObject({ version: 2, enabled: false });
    expect((await desk.save({ ...CHANGED, version: 2 }, 'ba')).rule.version).toBe(3);
    expect(await desk.remove(OWN.id, 'tư')).toBe(true);
    expect(desk.get(OWN.id)).toMatchObject({ rule: OWN, origin: 'kind' });
    expect(await desk.remove(OWN.id, 'tư')).toBe(false);
    expect((await desk.save({ ...CHANGED, version: 1 }, 'mai')).rule.version).toBe(4);
    const versions = await desk.versions(OWN.id);
    expect(versions.map(({ rule, savedBy, removed }) => [rule.version, savedBy, removed])).toEqual([
      [4, 'mai', false],
      [3, 'tư', true],
      [3, 'ba', false],
      [2, 'mai', false],
    ]);
    expect(versions[0]?.savedAt).toBe(stand.clock.now());
    expect(stand.reloads).toBe(4);
  });

  test('is refused to who read an older version; of two at once one wins', async () => {
    const { desk } = await farm();
    const conflict = { code: 'RULE_CONFLICT', field: 'version' };
    await expect(desk.save({ ...CHANGED, version: 2 }, 'mai')).rejects.toMatchObject(conflict);
    await expect(desk.save({ ...MINE, version: 1 }, 'mai')).rejects.toMatchObject(conflict);
    const both = await Promise.allSettled(
      ['mai', 'ba'].map((who) => desk.save({ ...MINE, version: 0 }, who)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await desk.versions('mine')).toHaveLength(1);
    await desk.save(CHANGED, 'mai');
    await expect(desk.save({ ...CHANGED, version: 1 }, 'ba')).rejects.toMatchObject(conflict);
  });

  test('stands although the engine cannot take it over now', async () => {
    const stand = await farm();
    stand.engineFails = true;
    await stand.desk.save(MINE, 'mai');
    expect(stand.desk.get('mine')).toMatchObject({ origin: 'saved' });
    const { state, kinds, clock } = stand;
    const { registry } = state;
    const next = createRuleDesk({ state, registry, kinds, clock, logger, reload: async () => {} });
    await next.start(new AbortController().signal);
    expect(next.get('mine')).toMatchObject({ origin: 'saved' });
    await next.stop();
  });

  const limits = { beyond: 'below', limit: 4, clear: 4.3 } as const;
  const durations = { forSeconds: 300, clearSeconds: 300, gapSeconds: 1800 };
  const minus = (device: string, metric = 'ph') =>
    ruleOf('minus', {
      ...{ type: 'threshold', metric: 'oxygen', ...limits, ...durations },
      view: { type: 'minus', metric, device, maxAgeSeconds: 600 },
    });
  const WRONG: Array<[what: string, rule: Rule, field: string, hint: RegExp]> = [
    [
      'a metric nobody has',
      ruleOf('x', { type: 'threshold', metric: 'oxigen', ...limits, ...durations }),
      'condition.metric',
      /Did you mean oxygen/,
    ],
    [
      'bands out of order',
      ruleOf('x', {
        ...{ type: 'threshold', metric: 'oxygen', ...limits, ...durations },
        bands: [{ severity: 'warning', limit: 3, clear: 3.5 }],
      }),
      'condition.bands.0.severity',
      /milder first/,
    ],
    [
      'a hysteresis wider than the band',
      {
        ...ruleOf('x', {
          ...{ type: 'threshold', metric: 'oxygen', ...limits, ...durations },
          bands: [{ severity: 'critical', limit: 3, clear: 4.1 }],
        }),
        severity: 'warning',
      },
      'condition.bands.0.clear',
      /between 3 and 4/,
    ],
    ['an empty scope', { ...LOW_OXYGEN, scope: { tag: '' } }, 'scope.tag', /leave it out/],
    [
      'an id that another kind has',
      { ...LOW_OXYGEN, kind: 'trap' },
      'kind',
      /stays with its kind of device/,
    ],
    [
      'a device that is not there',
      { ...minus('probe-11'), scope: { coop: 'coop' } },
      'condition.view.device',
      /Did you mean probe-1/,
    ],
    ['one device for all cooperatives', minus('probe-1'), 'scope.coop', /Name the cooperative/],
    [
      'a device of another cooperative',
      { ...minus('theirs'), scope: { coop: 'coop' } },
      'condition.view.device',
      /same cooperative/,
    ],
    [
      'a metric the other device has not',
      { ...minus('probe-1', 'salt'), scope: { coop: 'coop' } },
      'condition.view.metric',
      /oxygen, ph/,
    ],
  ];
  for (const [what, rule, field, hint] of WRONG) {
    test(`refuses ${what} with the field and the fix`, async () => {
      const { desk, state, addDevice } = await farm();
      await state.coops.create({ id: 'others', name: 'Others' });
      await addDevice('theirs', { coop: 'others' });
      const { version: _version, ...asked } = rule;
      await expect(desk.save(asked, 'mai')).rejects.toMatchObject({
        code: 'RULE_INVALID',
        field,
        hint: expect.stringMatching(hint),
      });
      expect(await desk.versions(rule.id)).toEqual([]);
    });
  }

  test('takes a rule that compares with another device of the same cooperative', async () => {
    const { desk } = await farm();
    const { version: _version, ...asked } = { ...minus('probe-2'), scope: { device: 'probe-1' } };
    expect(devicesOf(await desk.save(asked, 'mai'))).toEqual([['coop', 1]]);
  });
});
