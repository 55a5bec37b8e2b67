import { describe, expect, test } from 'vitest';
import { sleep } from '#src/base/clock';
import { HOUR, MINUTE, openStand } from './stand.ts';

describe('one message', () => {
  test('reaches the person, and the alert says so', async () => {
    const stand = await openStand();
    await stand.person('ba');
    await stand.tell('raised');
    await stand.run();
    const [message] = stand.provider.to('ba');
    const [delivery] = await stand.deliveries();
    expect(message?.key).toBe(delivery?.id);
    expect(delivery).toMatchObject({ state: 'delivered', answer: 'taken 1', attempts: 1 });
    const alert = await stand.state.alerts.get('a-1');
    expect(alert?.timeline.at(-1)).toEqual({
      at: stand.clock.now(),
      event: 'delivered',
      who: 'Name of ba',
      note: 'chat',
    });
    expect(stand.published).toEqual([alert]);
    const { text } = await stand.metrics.render();
    expect(text).toContain('sluice_notify_sent_total{channel="chat"} 1');
  });

  test('that is over before it leaves is cancelled, and nobody hears of it', async () => {
    const stand = await openStand();
    await stand.person('ba');
    for (const event of ['ended', 'acknowledged', 'shelved'] as const) {
      const id = `a-${event}`;
      const state = event === 'ended' ? 'resolved' : event;
      await stand.tell('raised', { id });
      await stand.tell(event, { id, state });
    }
    await stand.run(HOUR);
    expect(stand.provider.received).toEqual([]);
    expect(await stand.states()).toEqual(Array(3).fill('ba raised 0 cancelled'));
  });

  test('whose alert is over without news is looked at before it leaves', async () => {
    const stand = await openStand();
    await stand.person('ba');
    const quiet = { reason: 'maintenance', since: 0, until: null } as const;
    const reasons = [{ state: 'resolved' as const }, { state: 'shelved' as const }, { quiet }];
    for (const [index, change] of reasons.entries()) {
      const alert = await stand.tell('raised', { id: `a-${index}` });
      await stand.state.alerts.save([{ ...alert, ...change }]);
    }
    await stand.run(2_000, 500);
    expect(stand.provider.received).toEqual([]);
    expect((await stand.deliveries()).map(({ state }) => state)).toEqual(
      Array(3).fill('cancelled'),
    );
  });

  test('its end is told to those who heard of it, once, in short', async () => {
    const stand = await openStand();
    await stand.person('ba');
    await stand.person('tu', { policy: { sites: ['ao-4'] } });
    await stand.tell('raised');
    await stand.run();
    await stand.tell('ended');
    await stand.run(HOUR);
    expect(stand.provider.received.map(({ address, title }) => [address, title])).toEqual([
      ['ba', 'Ao 3: dissolved_oxygen 2,1 ↓ – Bật quạt'],
      ['ba', '✓ Đã hết – Ao 3: một'],
    ]);
  });

  test('that ends while it is under way is followed by its end', async () => {
    const stand = await openStand();
    await stand.person('ba');
    const alert = await stand.tell('raised');
    stand.provider.behaviour = 'slow';
    await stand.notifier.tick();
    await sleep(100);
    await stand.tell('ended', { ...alert, state: 'resolved', end: stand.clock.now() });
    expect(await stand.states()).toEqual(['ba raised 0 cancelled']);
    stand.provider.behaviour = 'ok';
    stand.provider.release();
    await stand.notifier.idle();
    await stand.run(HOUR);
    expect(stand.provider.received).toHaveLength(2);
    expect(await stand.states()).toEqual(['ba raised 0 delivered', 'ba ended 0 delivered']);
  });
});

describe('when it does not work', () => {
  test('a provider that is down is asked again with growing pauses', async () => {
    const stand = await openStand();
    await stand.person('ba');
    stand.provider.behaviour = 'broken';
    await stand.tell('raised', { severity: 'warning' });
    await stand.run(10 * MINUTE, 1_000);
    const [waiting] = await stand.deliveries();
    expect(waiting?.state).toBe('waiting');
    expect(waiting?.attempts).toBeGreaterThanOrEqual(6);
    expect(waiting?.attempts).toBeLessThanOrEqual(9);
    stand.provider.behaviour = 'ok';
    await stand.run(20 * MINUTE);
    expect(stand.provider.to('ba')).toHaveLength(1);
  });

  test('Retry-After is honoured', async () => {
    const stand = await openStand();
    await stand.person('ba');
    stand.provider.behaviour = { retryAfterMs: 20 * MINUTE };
    await stand.tell('raised');
    await stand.run();
    stand.provider.behaviour = 'ok';
    await stand.run(19 * MINUTE);
    expect(stand.provider.received).toEqual([]);
    await stand.run(2 * MINUTE);
    expect(stand.provider.received).toHaveLength(1);
  });

  test('the next contact is used when one refuses, and after three failures', async () => {
    const stand = await openStand({
      channels: (provider) => [provider.channel('chat'), provider.channel('letter')],
    });
    const contacts = ['old', 'new'].map((address) => ({ channel: 'chat', address }));
    await stand.person('ba', { contacts: [...contacts, { channel: 'letter', address: 'home' }] });
    stand.provider.unknown.add('old');
    await stand.tell('raised');
    await stand.run(1_000, 500);
    expect(stand.provider.received.map(({ address }) => address)).toEqual(['new']);
    stand.provider.behaviour = 'broken';
    await stand.tell('raised', { id: 'a-2' });
    await stand.run(30_000, 500);
    const [, second] = await stand.deliveries();
    expect(second).toMatchObject({ contact: 2, channel: 'letter', refused: [0] });
  });

  test('what every contact refuses is given up, seen, and tried again when asked', async () => {
    const stand = await openStand();
    await stand.person('ba');
    stand.provider.behaviour = 'refuse';
    await stand.tell('raised', { severity: 'warning' });
    await stand.run(HOUR);
    const [dead] = await stand.deliveries();
    expect(dead).toMatchObject({ state: 'dead', reason: 'unknown', answer: 'no such address' });
    expect((await stand.state.alerts.get('a-1'))?.timeline.at(-1)).toMatchObject({
      event: 'failed',
      who: 'Name of ba',
      note: 'chat: unknown',
    });
    expect(stand.notifier.readiness().detail).toContain('1 were given up');
    expect((await stand.metrics.render()).text).toContain('sluice_notify_dead{channel="chat"} 1');
    stand.provider.behaviour = 'ok';
    await stand.notifier.retry(dead?.id ?? '');
    await stand.run();
    expect(stand.provider.to('ba').map(({ key }) => key)).toEqual([dead?.id]);
    await expect(stand.notifier.retry(dead?.id ?? '')).rejects.toMatchObject({
      code: 'DELIVERY_OVER',
    });
    await expect(stand.notifier.retry('x')).rejects.toMatchObject({ code: 'DELIVERY_NOT_FOUND' });
  });

  test('after forty attempts it is given up', async () => {
    const stand = await openStand();
    await stand.person('ba');
    stand.provider.behaviour = 'broken';
    await stand.tell('raised');
    await stand.run(11 * HOUR, 5 * MINUTE);
    expect((await stand.deliveries())[0]).toMatchObject({ state: 'dead', attempts: 40 });
  });

  test('a channel that hangs delays no other, and nobody else for long', async () => {
    const stand = await openStand({
      sendDeadlineMs: 3_000,
      channels: (provider) => [
        provider.channel('chat'),
        {
          ...provider.channel('stuck'),
          open: () => ({ send: () => new Promise(() => undefined) }),
        },
      ],
    });
    for (let index = 0; index < 20; index++) {
      await stand.person(`stuck-${index}`, { contacts: [{ channel: 'stuck', address: 'x' }] });
    }
    for (let index = 0; index < 20; index++) await stand.person(`chat-${index}`);
    await stand.tell('raised');
    const begun = performance.now();
    while (stand.provider.received.length < 20 && performance.now() - begun < 2_800) {
      await stand.notifier.tick();
      await sleep(10);
    }
    expect(stand.provider.received).toHaveLength(20);
    expect(performance.now() - begun).toBeLessThan(2_800);
    await stand.notifier.idle();
    const stuck = (await stand.deliveries()).filter(({ attempts }) => attempts > 0);
    expect(stuck.some(({ reason }) => reason?.startsWith('CHANNEL_LATE'))).toBe(true);
  });

  test("a provider's rate is never passed", async () => {
    const stand = await openStand({ channels: (provider) => [provider.channel('chat', 6)] });
    for (let index = 0; index < 25; index++) await stand.person(`p-${index}`);
    await stand.tell('raised');
    await stand.run(6 * MINUTE, 1_000);
    const times = stand.provider.received.map(({ at }) => at);
    expect(times).toHaveLength(25);
    for (const [index, at] of times.entries()) {
      const minute = times.slice(index).filter((other) => other < at + MINUTE);
      expect(minute.length).toBeLessThanOrEqual(6);
    }
  });

  test('critical messages leave first', async () => {
    const stand = await openStand({ channels: (provider) => [provider.channel('chat', 1)] });
    await stand.person('ba');
    await stand.person('tu');
    await stand.tell('raised', { id: 'mild', severity: 'warning' });
    stand.clock.advance(1_000);
    await stand.tell('raised', { id: 'grave' });
    await stand.run(10 * MINUTE);
    const about = await Promise.all(
      stand.provider.received.map(({ key }) => stand.state.outbox.get(key)),
    );
    expect(about.map((one) => one?.alert)).toEqual(['grave', 'grave', 'mild', 'mild']);
  });

  test('no secret is in what is kept or answered', async () => {
    const value = 'hunter2-token';
    const stand = await openStand({
      settings: [{ name: 'CHAT_TOKEN', value, source: 'a test', inFile: false }],
    });
    await stand.person('ba');
    stand.provider.behaviour = 'broken';
    await stand.tell('raised');
    await stand.run();
    const answer = await stand.notifier.test('chat', 'ba', 'en');
    const said = JSON.stringify([await stand.deliveries(), answer, stand.notifier.channels()]);
    expect(said).toContain('broken for (hidden)');
    expect(said).not.toContain(value);
  });
});
