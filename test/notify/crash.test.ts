import { expect, test } from 'vitest';
import { sleep } from '#src/base/clock';
import { MINUTE, openStand } from './stand.ts';

test('a power cut at any step loses nothing, and what comes twice has one key', async () => {
  const stand = await openStand();
  await stand.person('ba');
  let again = 0;
  for (let step = 1; ; step++) {
    const id = `a-${step}`;
    await stand.tell('raised', { id, severity: 'warning' });
    stand.failAfter = step;
    await stand.notifier.tick();
    // The outcome that could not be kept waits in memory: the stop loses it, as a power cut does.
    await Promise.race([stand.notifier.idle(), sleep(150)]);
    const isThrough = stand.failAfter > 0;
    stand.failAfter = Number.POSITIVE_INFINITY;
    await stand.restart();
    await stand.run(MINUTE, 500);
    const deliveries = await stand.deliveries({ alert: id });
    expect(deliveries.map(({ state }) => state)).toEqual(['delivered']);
    const keys = stand.provider.received.filter(({ key }) => key === deliveries[0]?.id);
    expect(keys.length).toBeGreaterThanOrEqual(1);
    again += keys.length - 1;
    expect(step).toBeLessThan(10);
    if (isThrough) break;
  }
  // The cut between the sending and the keeping, and no other.
  expect(again).toBe(1);
});

test('news whose transaction fails are told to nobody', async () => {
  const stand = await openStand();
  await stand.person('ba');
  const alert = await stand.tell('raised');
  await stand.run();
  const failing = stand.state.transaction(async (tx) => {
    const news = { event: 'escalated', alert, at: stand.clock.now() } as const;
    await stand.notifier.enqueue(tx, [news]);
    throw new Error('the power went');
  });
  await expect(failing).rejects.toThrow('the power went');
  await stand.run(5 * MINUTE);
  expect(stand.provider.received).toHaveLength(1);
});

test('the same news again is the same message', async () => {
  const stand = await openStand();
  await stand.person('ba');
  const alert = await stand.tell('raised');
  for (const revision of [5, 6]) {
    const news = { event: 'raised', alert: { ...alert, revision }, at: revision } as const;
    await stand.state.transaction((tx) => stand.notifier.enqueue(tx, [news]));
    await stand.run();
  }
  await stand.run();
  expect(stand.provider.received).toHaveLength(1);
});

test('a send that the stop cuts short is made again by the next start', async () => {
  const stand = await openStand({ sendDeadlineMs: 60_000 });
  await stand.person('ba');
  stand.provider.behaviour = 'hang';
  await stand.tell('raised');
  await stand.notifier.tick();
  await sleep(100);
  const begun = performance.now();
  await stand.restart();
  expect(performance.now() - begun).toBeLessThan(2_500);
  expect((await stand.deliveries())[0]).toMatchObject({ state: 'waiting', attempts: 0 });
  stand.provider.behaviour = 'ok';
  await stand.run();
  expect(stand.provider.received).toHaveLength(1);
});
