import { describe, expect, test } from 'vitest';
import { sleep } from '#src/base/clock';
import { createLocalTimes } from '#src/notify/local-times';
import { HOUR, MINUTE, NOON, openStand, type Stand } from './stand.ts';

const DAY = 24 * HOUR;

/** Local time of day at which each message came, with its title. */
function times({ provider }: Stand, timeZone = 'Asia/Ho_Chi_Minh'): string[] {
  const local = createLocalTimes(timeZone);
  return provider.received.map(({ at, title }) => `${local.show(at)} ${title.split(' – ')[0]}`);
}

describe('quiet hours', () => {
  const quietHours = { from: '22:00', to: '05:00' };

  test('let critical alerts through; the rest waits for their end', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { quietHours } });
    stand.clock.advance(11 * HOUR);
    await stand.tell('raised', { id: 'mild', severity: 'warning' });
    await stand.tell('raised', { id: 'grave' });
    await stand.tell('acknowledged', { id: 'grave', state: 'acknowledged' });
    await stand.tell('raised', { id: 'grave-2' });
    await stand.run(MINUTE);
    await stand.tell('acknowledged', { id: 'grave-2', state: 'acknowledged' });
    await stand.run(7 * HOUR);
    const at = times(stand).map((text) => text.slice(0, 11));
    expect(at).toEqual(['22/11 23:00', '23/11 05:00']);
  });

  test('what is over at their end is not told', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { quietHours } });
    stand.clock.advance(11 * HOUR);
    await stand.tell('raised', { severity: 'warning' });
    await stand.run(HOUR);
    await stand.tell('ended');
    await stand.run(12 * HOUR);
    expect(stand.provider.received).toEqual([]);
  });

  test('a retry that runs into them waits, and the next step waits for it', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { quietHours } });
    await stand.person('tu');
    await stand.duty([['ba'], ['tu']], { escalateFrom: 'warning' });
    stand.clock.advance(9.9 * HOUR);
    stand.provider.behaviour = { retryAfterMs: 30 * MINUTE };
    await stand.tell('raised', { severity: 'warning' });
    await stand.run();
    stand.provider.behaviour = 'ok';
    await stand.run(8 * HOUR);
    const at = stand.provider.received.map(({ address }, index) => [
      address,
      times(stand)[index]?.slice(0, 11),
    ]);
    expect(at).toEqual([
      ['tu', '22/11 22:04'],
      ['ba', '23/11 05:00'],
    ]);
  });

  test('begin and end where the clocks are, in a zone that changes its clocks too', () => {
    const paris = createLocalTimes('Europe/Paris');
    // 2026-10-25: at 03:00 clocks go back to 02:00.
    const evening = Date.parse('2026-10-24T21:00:00Z');
    expect(new Date(paris.next('05:00', evening)).toISOString()).toBe('2026-10-25T04:00:00.000Z');
    // 2026-03-29: at 02:00 clocks go on to 03:00, so 02:30 never comes that day.
    const spring = Date.parse('2026-03-28T23:30:00Z');
    expect(new Date(paris.next('05:00', spring)).toISOString()).toBe('2026-03-29T03:00:00.000Z');
    expect(paris.next('02:30', spring)).toBeGreaterThan(spring);
    const hanoi = createLocalTimes('Asia/Ho_Chi_Minh');
    const midnight = Date.parse('2026-11-22T17:00:00Z');
    expect(hanoi.next('00:00', midnight)).toBe(midnight + DAY);
    expect(hanoi.next('00:00', midnight - 1)).toBe(midnight);
    expect(hanoi.isBetween(midnight, quietHours)).toBe(true);
    expect(hanoi.isBetween(midnight - 2 * HOUR - 1, quietHours)).toBe(false);
    expect(hanoi.isBetween(midnight + 5 * HOUR, quietHours)).toBe(false);
    expect(hanoi.isBetween(midnight - 2 * HOUR, quietHours)).toBe(true);
  });
});

describe('the digest', () => {
  test('gathers what is not urgent, once a day, as far as it still stands', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { digestAt: '17:30' } });
    for (const id of ['a', 'b', 'c', 'over']) {
      await stand.tell('raised', { id, severity: 'info', site: id === 'c' ? null : 'ao-3' });
      await stand.run(HOUR);
    }
    await stand.tell('ended', { id: 'over' });
    await stand.run(DAY);
    expect(times(stand)).toEqual(['22/11 17:30 3 tin không gấp: Ao 3, d-1']);
    expect(stand.provider.received[0]?.text.split('\n')).toHaveLength(3);
    const states = (await stand.states()).sort();
    expect(states).toEqual([
      'ba digest 0 delivered',
      'ba raised 0 cancelled',
      'ba raised 0 delivered',
      'ba raised 0 delivered',
      'ba raised 0 delivered',
    ]);
    const alert = await stand.state.alerts.get('b');
    expect(alert?.timeline.at(-1)).toMatchObject({ event: 'delivered', who: 'Name of ba' });
  });

  test('with nothing left to tell is not sent', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { digestAt: '17:30' } });
    await stand.tell('raised', { severity: 'info' });
    await stand.tell('ended');
    await stand.run(DAY);
    expect(stand.provider.received).toEqual([]);
    expect((await stand.states()).every((state) => state.endsWith('cancelled'))).toBe(true);
  });

  test('given up, it comes whole when it is tried again', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { digestAt: '17:30' } });
    for (const id of ['a', 'b']) await stand.tell('raised', { id, severity: 'info' });
    stand.provider.behaviour = 'refuse';
    await stand.run(6 * HOUR);
    const dead = (await stand.deliveries()).find(({ event }) => event === 'digest');
    expect(dead?.state).toBe('dead');
    stand.provider.behaviour = 'ok';
    await stand.notifier.retry(dead?.id ?? '');
    await stand.run();
    expect(stand.provider.received[0]?.text.split('\n')).toHaveLength(2);
  });

  test('leaves what joins it while it is under way to go by itself', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { digestAt: '17:30' } });
    await stand.tell('raised', { id: 'a', severity: 'info' });
    stand.clock.advance(6 * HOUR);
    stand.provider.behaviour = 'slow';
    await stand.notifier.tick();
    await sleep(100);
    await stand.tell('raised', { id: 'b', severity: 'info' });
    stand.provider.behaviour = 'ok';
    stand.provider.release();
    await stand.run(MINUTE);
    expect(stand.provider.received.map(({ text }) => text.split('\n').length)).toEqual([1, 6]);
    expect((await stand.states()).every((state) => state.endsWith('delivered'))).toBe(true);
  });

  test('a graver turn of what waits in it is told at once', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { digestAt: '17:30' } });
    await stand.tell('raised', { severity: 'info' });
    await stand.run(HOUR);
    await stand.tell('escalated', { severity: 'warning' });
    await stand.run(DAY);
    expect(times(stand)).toHaveLength(1);
    expect(times(stand)[0]).toContain('22/11 13:00');
  });
});

describe('the rate of one person', () => {
  test('holds in any hour; critical messages go on top, the rest comes together', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { perHour: 3 } });
    for (let index = 0; index < 8; index++) {
      await stand.tell('raised', { id: `mild-${index}`, severity: 'warning' });
      await stand.run(MINUTE);
    }
    await stand.tell('raised', { id: 'grave' });
    await stand.run();
    expect(stand.provider.received).toHaveLength(4);
    await stand.tell('acknowledged', { id: 'grave', state: 'acknowledged' });
    await stand.run(2 * HOUR);
    expect(stand.provider.received).toHaveLength(5);
    expect(stand.provider.received[4]?.title).toContain('5 tin không gấp');
    expect(stand.provider.received[4]?.at).toBeGreaterThanOrEqual(NOON + HOUR);
  });

  test('goes into the daily digest where there is one', async () => {
    const stand = await openStand();
    await stand.person('ba', { policy: { perHour: 1, digestAt: '17:30' } });
    for (const id of ['a', 'b', 'c']) await stand.tell('raised', { id, severity: 'warning' });
    await stand.run(DAY);
    expect(times(stand).map((text) => text.slice(0, 11))).toEqual(['22/11 12:00', '22/11 17:30']);
  });
});

describe('the message', () => {
  test('says what, how bad, since when, the limit and what to do', async () => {
    const stand = await openStand();
    await stand.person('ba');
    await stand.person('anne', { language: 'fr' });
    await stand.person('ann', { language: 'en' });
    await stand.tell('raised');
    await stand.run(2_000, 500);
    const [vi] = stand.provider.to('ba');
    expect(vi?.title).toBe('Ao 3: dissolved_oxygen 2,1 ↓ – Bật quạt');
    expect(vi?.text.split('\n')).toEqual([
      'NGUY CẤP: một',
      'dissolved_oxygen: 2,1 mg/L ↓',
      'Từ 22/11 12:00.',
      'An toàn: từ 3 mg/L trở lên (Boyd 1998)',
      'Thiết bị: d-1',
      '1. Bật quạt',
    ]);
    expect(stand.provider.to('anne')[0]?.text).toContain('2,1 mg/L');
    expect(stand.provider.to('ann')[0]?.text).toContain('2.1 mg/L');
  });
});
