import { describe, expect, test } from 'vitest';
import { createMetrics } from '#src/base/metrics';
import type { LiveEvent, LiveFilter, LiveHub, LiveSubscription } from '#src/contracts/live';
import { createStreamHub, type StreamHubOptions } from '#src/live/stream-hub';
import { alertOf } from '../api/support/alerts.ts';

const turns = async (count = 20): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

function createHub(change: Partial<StreamHubOptions> = {}): LiveHub {
  const clock = { now: () => 0, monotonic: () => performance.now() };
  return createStreamHub({ clock, metrics: createMetrics(), ...change });
}

function observation(
  value: number,
  change: Partial<{ coop: string; site: string; device: string }> = {},
): LiveEvent {
  const { coop = 'c', site = 's', device = 'd' } = change;
  const data = { coop, site, device, kind: 'k', time: value, quality: 'good' as const };
  return { type: 'observation', coop, data: { ...data, values: { a: value } } };
}

interface Reader {
  subscription: LiveSubscription;
  text: string;
  closed: number;
  accepts: boolean;
  ids(): string[];
  names(): string[];
  values(): number[];
}

function read(hub: LiveHub, filter: LiveFilter = {}, lastEventId?: string): Reader {
  const reader: Reader = {
    subscription: { drained: () => undefined, end: () => undefined },
    text: '',
    closed: 0,
    accepts: true,
    ids: () => [...reader.text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? ''),
    names: () => [...reader.text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name ?? ''),
    values: () =>
      [...reader.text.matchAll(/"values":\{"a":(\d+)\}/g)].map(([, value]) => Number(value)),
  };
  const sink = {
    write: (text: string) => {
      reader.text += text;
      return reader.accepts;
    },
    close: () => {
      reader.closed++;
    },
  };
  reader.subscription = hub.subscribe(filter, sink, lastEventId);
  return reader;
}

describe('fan-out', () => {
  test('every reader gets what it asked for, in order, as the routes would write it', async () => {
    const hub = createHub();
    const all = read(hub);
    const alerts = read(hub, { types: ['alert'] });
    const others = read(hub, { coops: ['other'] });
    const nothing = read(hub, { coops: [] });
    const site = read(hub, { sites: ['s2'], devices: ['d'] });
    hub.publish(observation(1));
    hub.publish({ type: 'alert', coop: 'c', data: alertOf({ coop: 'c' }) });
    hub.publish(observation(2, { coop: 'other' }));
    hub.publish(observation(3, { site: 's2' }));
    await turns();
    expect(all.values()).toEqual([1, 2, 3]);
    expect(all.names()).toEqual(['observation', 'alert', 'observation', 'observation']);
    expect(alerts.names()).toEqual(['alert']);
    expect(alerts.text).toContain('"onset":"2026-11-22T05:00:00.000Z"');
    expect(others.values()).toEqual([2]);
    expect(nothing.text).toBe('');
    expect(site.values()).toEqual([3]);
    expect(all.text).toMatch(/^id: [0-9a-f]{12}-1\nevent: observation\ndata: \{.*\}\n\nid: /);
    hub.close();
  });

  test('old observations go out as they come, with their own time', async () => {
    const hub = createHub();
    const reader = read(hub);
    hub.publish(observation(9_000));
    hub.publish(observation(5));
    await turns();
    expect(reader.values()).toEqual([9_000, 5]);
    expect(reader.text).toContain('"time":"1970-01-01T00:00:00.005Z"');
    hub.close();
  });

  test('one that ended or left gets nothing more', async () => {
    const hub = createHub();
    const left = read(hub);
    const stays = read(hub);
    left.subscription.end();
    hub.publish(observation(1));
    await turns();
    expect([left.text, stays.values()]).toEqual(['', [1]]);
    hub.close();
    hub.close();
    expect([left.closed, stays.closed, hub.subscribers]).toEqual([0, 1, 0]);
  });
});

describe('resuming', () => {
  test('from the last id, exactly what followed', async () => {
    const hub = createHub();
    const first = read(hub);
    for (const value of [1, 2, 3]) hub.publish(observation(value));
    await turns();
    const [, second] = first.ids();
    first.subscription.end();
    hub.publish(observation(4));
    const back = read(hub, {}, second);
    hub.publish(observation(5));
    await turns();
    expect([back.names().includes('resync'), back.values()]).toEqual([false, [3, 4, 5]]);
    hub.close();
  });

  test.each([
    ['of another run', '0123456789ab-1'],
    ['of the future', 'later'],
    ['no longer kept', 'oldest'],
    ['nonsense', 'x'.repeat(90)],
    ['empty', ''],
  ])('an id %s: a resync first, then what is new', async (_what, which) => {
    const hub = createHub({ eventsMax: 4 });
    const first = read(hub);
    hub.publish(observation(1));
    await turns();
    const [id = ''] = first.ids();
    const boot = id.split('-')[0];
    for (let value = 2; value < 9; value++) hub.publish(observation(value));
    const asked = which === 'oldest' ? id : which === 'later' ? `${boot}-999` : which;
    const back = read(hub, {}, asked);
    hub.publish(observation(10));
    await turns();
    expect(back.names()).toEqual(['resync', 'observation']);
    expect(back.values()).toEqual([10]);
    const [resyncId] = back.ids();
    const again = read(hub, {}, resyncId);
    await turns();
    expect([again.names(), again.values()]).toEqual([['observation'], [10]]);
    hub.close();
  });

  test('ids differ from run to run', async () => {
    const boots = [createHub(), createHub()].map(async (hub) => {
      const reader = read(hub);
      hub.publish(observation(1));
      await turns();
      hub.close();
      return reader.ids()[0];
    });
    const [left, right] = await Promise.all(boots);
    expect(left).not.toBe(right);
  });
});

describe('a slow reader', () => {
  test('waits without costing anybody anything, and goes on where it was', async () => {
    const hub = createHub();
    const slow = read(hub);
    const quick = read(hub);
    slow.accepts = false;
    hub.publish(observation(1));
    await turns();
    for (let value = 2; value <= 100; value++) hub.publish(observation(value));
    await turns();
    expect([slow.values(), quick.values().length]).toEqual([[1], 100]);
    slow.accepts = true;
    slow.subscription.drained();
    await turns();
    expect(slow.values()).toEqual(quick.values());
    hub.close();
  });

  test('that the ring overtakes gets a resync in place of what it missed, and goes on', async () => {
    const hub = createHub({ eventsMax: 50 });
    const slow = read(hub);
    slow.accepts = false;
    hub.publish(observation(0));
    await turns();
    for (let value = 1; value <= 200; value++) hub.publish(observation(value));
    await turns();
    expect([slow.closed, slow.values()]).toEqual([0, [0]]);
    slow.accepts = true;
    slow.subscription.drained();
    await turns();
    hub.publish(observation(201));
    await turns();
    expect(slow.names()).toEqual(['observation', 'resync', 'observation']);
    expect(slow.values()).toEqual([0, 201]);
    const back = read(hub, {}, slow.ids()[1]);
    await turns();
    expect(back.values()).toEqual([201]);
    hub.close();
  });

  test('in a flood is told once a second to read its lists again, not at every turn', async () => {
    let now = 0;
    const hub = createHub({ eventsMax: 50, clock: { now: () => 0, monotonic: () => now } });
    const reader = read(hub);
    const flood = async (): Promise<void> => {
      for (let burst = 0; burst < 10; burst++) {
        for (let value = 0; value < 100; value++) hub.publish(observation(value));
        await turns(3);
      }
    };
    await flood();
    expect(reader.names()).toEqual(['resync']);
    now = 1_000;
    await expect.poll(() => reader.names(), { timeout: 3_000 }).toEqual(['resync', 'resync']);
    hub.publish(observation(7));
    await turns();
    expect(reader.values()).toEqual([7]);
    hub.close();
  });

  test('that takes nothing for five seconds is closed', async () => {
    let now = 0;
    const hub = createHub({ clock: { now: () => 0, monotonic: () => now } });
    const frozen = read(hub);
    const fine = read(hub);
    frozen.accepts = false;
    hub.publish(observation(1));
    await turns();
    now = 5_000;
    await expect.poll(() => frozen.closed, { timeout: 4_000 }).toBe(1);
    expect([fine.closed, hub.subscribers]).toEqual([0, 1]);
    hub.close();
  });
});

describe('cost', () => {
  test('nothing is serialised while nobody listens, and once for all who do', async () => {
    let serialised = 0;
    const event = observation(1);
    Object.defineProperty(event.data, 'values', {
      enumerable: true,
      get: () => {
        serialised++;
        return { a: 1 };
      },
    });
    const hub = createHub();
    hub.publish(event);
    await turns();
    expect(serialised).toBe(0);
    const readers = [read(hub), read(hub), read(hub)];
    hub.publish(event);
    await turns();
    expect(serialised).toBe(1);
    expect(readers.map((reader) => reader.values())).toEqual([[1], [1], [1]]);
    hub.close();
  });

  test('memory is bounded by size as well as by count', async () => {
    const hub = createHub({ bytesMax: 64 * 1024 });
    const first = read(hub);
    for (let count = 0; count < 100; count++) {
      hub.publish({ type: 'alert', coop: 'c', data: alertOf({ id: `a${count}` }) });
      await turns(2);
    }
    const ids = first.ids();
    const kept = read(hub, {}, ids[92]);
    const gone = read(hub, {}, ids[90]);
    await turns();
    expect([kept.names()[0], gone.names()]).toEqual(['alert', ['resync']]);
    hub.close();
  });
});
