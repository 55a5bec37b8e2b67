import { describe, expect, test } from 'vitest';
import { HOUR, MINUTE, NOON, openStand, type Stand } from './stand.ts';

/** Who heard when, in minutes since noon. */
function heard({ provider }: Stand): string[] {
  return provider.received.map(
    ({ address, at }) => `${address} ${Math.floor((at - NOON) / MINUTE)}`,
  );
}

async function threeSteps(): Promise<Stand> {
  const stand = await openStand();
  for (const id of ['ba', 'tu', 'nam']) await stand.person(id);
  await stand.duty([['ba'], ['tu'], ['nam']]);
  return stand;
}

describe('the ladder', () => {
  test('climbs until somebody answers', async () => {
    const stand = await threeSteps();
    const alert = await stand.tell('raised');
    await stand.run(15 * MINUTE);
    expect(heard(stand)).toEqual(['ba 0', 'tu 10']);
    await stand.tell('acknowledged', { ...alert, state: 'acknowledged' });
    await stand.run(5 * HOUR);
    expect(heard(stand)).toEqual(['ba 0', 'tu 10']);
  });

  test('calls its last step three times again, for critical alerts', async () => {
    const stand = await threeSteps();
    await stand.tell('raised');
    await stand.run(5 * HOUR);
    expect(heard(stand)).toEqual(['ba 0', 'tu 10', 'nam 20', 'nam 30', 'nam 40', 'nam 50']);
  });

  test('is not climbed by milder alerts, or only as far as its end', async () => {
    const stand = await threeSteps();
    await stand.tell('raised', { severity: 'warning' });
    await stand.run(2 * HOUR);
    expect(heard(stand)).toEqual(['ba 0']);
    await stand.duty([['ba'], ['tu']], { escalateFrom: 'warning' });
    await stand.tell('raised', { id: 'a-2', severity: 'warning' });
    await stand.run(2 * HOUR);
    expect(heard(stand)).toEqual(['ba 0', 'ba 120', 'tu 130']);
  });

  test('begins anew when the alert gets graver', async () => {
    const stand = await threeSteps();
    const alert = await stand.tell('raised', { severity: 'warning' });
    await stand.tell('acknowledged', { ...alert, state: 'acknowledged' });
    await stand.run(30 * MINUTE);
    await stand.tell('escalated', { ...alert, state: 'open', severity: 'critical' });
    await stand.run(15 * MINUTE);
    expect(heard(stand)).toEqual(['ba 30', 'tu 40']);
    expect(stand.provider.received[0]?.title).toContain('(Nặng hơn)');
  });

  test('passes over people who do not want it, and those of other cooperatives', async () => {
    const stand = await openStand();
    await stand.person('ba', { active: false });
    await stand.person('tu', { coops: ['phu-my'] });
    await stand.person('nam', { policy: { sites: ['ao-4'] } });
    await stand.person('sau');
    await stand.duty([['ba', 'tu'], ['nam'], ['sau', 'gone']]);
    await stand.tell('raised');
    await stand.run();
    expect(heard(stand)).toEqual(['sau 0']);
  });

  test('an alert that nobody hears is counted', async () => {
    const stand = await openStand();
    await stand.tell('raised');
    await stand.run(HOUR);
    expect((await stand.metrics.render()).text).toContain('sluice_notify_nobody_total 1');
  });

  test('goes on over a restart, which sends nothing of its own', async () => {
    const stand = await threeSteps();
    await stand.tell('raised');
    await stand.run(5 * MINUTE);
    for (let round = 0; round < 5; round++) {
      await stand.restart();
      await stand.run();
    }
    expect(heard(stand)).toEqual(['ba 0']);
    await stand.run(6 * MINUTE);
    expect(heard(stand)).toEqual(['ba 0', 'tu 10']);
  });

  test('a night without the server calls one step when it is back, not all at once', async () => {
    const stand = await threeSteps();
    await stand.tell('raised');
    await stand.run();
    await stand.notifier.stop();
    stand.clock.advance(8 * HOUR);
    await stand.start();
    await stand.run(5 * MINUTE);
    expect(heard(stand)).toEqual(['ba 0', 'tu 480']);
  });

  test('two alerts of one moment climb by themselves', async () => {
    const stand = await threeSteps();
    await stand.tell('raised');
    const second = await stand.tell('raised', { id: 'a-2' });
    await stand.run(5 * MINUTE);
    await stand.tell('acknowledged', { ...second, state: 'acknowledged' });
    await stand.run(6 * MINUTE);
    expect(heard(stand)).toEqual(['ba 0', 'ba 0', 'tu 10']);
  });
});

test('an alert that comes and goes says so once, and calls nobody further', async () => {
  const stand = await threeSteps();
  const quiet = { reason: 'flapping', since: NOON, until: NOON + HOUR } as const;
  const timeline = [{ at: NOON, event: 'quieted' as const, who: null, note: 'flapping' }];
  await stand.tell('raised', { quiet, timeline });
  await stand.run(HOUR);
  expect(heard(stand)).toEqual(['ba 0']);
  expect(stand.provider.received[0]?.title).toContain('(Chập chờn)');
  await stand.tell('unquieted', { quiet: null });
  await stand.run(15 * MINUTE);
  expect(heard(stand).slice(1)).toEqual(['ba 60', 'tu 70']);
  expect(stand.provider.received[1]?.text).toContain('Đã báo rồi hết nhiều lần, nay vẫn còn.');
});

describe('a clock that is set', () => {
  test.each([2 * HOUR, -2 * HOUR, 11 * 365 * 24 * HOUR, -11 * 365 * 24 * HOUR])(
    'by %i ms neither calls early nor keeps anybody waiting',
    async (jumpMs) => {
      const stand = await threeSteps();
      for (const id of ['a-1', 'a-2', 'a-3']) await stand.tell('raised', { id });
      await stand.run(4 * MINUTE);
      expect(stand.provider.received).toHaveLength(3);
      stand.clock.jump(jumpMs);
      await stand.run(4 * MINUTE);
      // A jump of years forward mends a clock: what it planned wrongly may come once.
      const early = jumpMs > 24 * HOUR ? 6 : 3;
      expect(stand.provider.received).toHaveLength(early);
      await stand.run(3 * MINUTE);
      expect(stand.provider.received.length).toBe(6);
    },
  );

  test('a waiting retry comes in its own time', async () => {
    const stand = await openStand();
    await stand.person('ba');
    stand.provider.behaviour = { retryAfterMs: 10 * MINUTE };
    await stand.tell('raised');
    await stand.run();
    stand.provider.behaviour = 'ok';
    stand.clock.jump(-2 * HOUR);
    await stand.run(11 * MINUTE);
    expect(stand.provider.received).toHaveLength(1);
  });
});
