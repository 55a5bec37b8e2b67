import { expect } from 'vitest';
import type { Alert } from '../../src/contracts/alert.ts';
import type { Delivery } from '../../src/contracts/notify.ts';
import { LocalService, type Received } from '../notify/channels/local-service.ts';
import type { TestServer } from '../support/server.ts';

/** A receiver of webhooks that takes its time: a kill falls between sending and noting it. */
export async function openReceiver(random: () => number): Promise<LocalService> {
  const receiver = await new LocalService().open();
  receiver.replies = [
    (response) => void setTimeout(() => response.writeHead(204).end(), random() * 250),
  ];
  return receiver;
}

export const WEBHOOK_SETTINGS = {
  SLUICE_NOTIFY_WEBHOOK_SECRET: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  SLUICE_NOTIFY_WEBHOOK_ALLOW_NETWORKS: '127.0.0.0/8',
};

export interface Told {
  key: string;
  person: string;
  alert: string;
}

/** Which news reached whom, from the requests. */
export function toldIn(received: readonly Received[]): Told[] {
  return received.map(({ path, headers, text }) => {
    const { data } = JSON.parse(text) as { data: { id: string; alerts: Array<{ id: string }> } };
    expect(headers['webhook-id']).toBe(data.id);
    expect(data.alerts).toHaveLength(1);
    return { key: data.id, person: path.slice(1), alert: data.alerts[0]?.id ?? '' };
  });
}

export async function all<T>(server: TestServer, route: string): Promise<T[]> {
  const items: T[] = [];
  let cursor = '';
  for (;;) {
    const page: { items: T[]; next: string | null } = await server.call(
      'GET',
      `${route}${route.includes('?') ? '&' : '?'}limit=200${cursor}`,
    );
    items.push(...page.items);
    if (page.next === null) return items;
    cursor = `&cursor=${encodeURIComponent(page.next)}`;
  }
}

const BEGINNINGS = ['raised', 'reopened', 'escalated', 'unquieted'];

export interface Outcome {
  /** What the receiver got. */
  told: readonly Told[];
  alerts: readonly Alert[];
  deliveries: readonly Delivery[];
  /** Ids of alerts that every report of came too late to act on. */
  old: ReadonlySet<string>;
}

/**
 * What people were told is what they should have been: each news under one key, nothing of what was
 * over when it became known, and what stands now is known to those who are to know.
 */
export function expectRightlyTold({ told, alerts, deliveries, old }: Outcome): void {
  const byKey = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
  for (const { key, person, alert } of told) {
    expect(byKey.get(key), 'sent, and not in the outbox').toMatchObject({ person, alert });
  }
  const sent = new Set(told.map(({ key }) => key));
  const unfinished = deliveries.filter(({ state }) => state === 'waiting' || state === 'dead');
  expect(unfinished).toEqual([]);
  const claimed = deliveries.filter(({ state }) => state === 'delivered' || state === 'sent');
  expect(claimed.filter(({ id }) => !sent.has(id))).toEqual([]);
  expect(deliveries.filter(({ alert }) => old.has(alert ?? ''))).toEqual([]);
  for (const alert of alerts) expectOfAlert(alert, deliveries, sent);
}

function expectOfAlert(
  alert: Alert,
  deliveries: readonly Delivery[],
  sent: ReadonlySet<string>,
): void {
  const own = deliveries.filter((delivery) => delivery.alert === alert.id);
  const events = alert.timeline.map(({ event }) => event);
  const isRaised = events.includes('raised');
  if (!isRaised) expect(own, 'about an alert that was over when it was known').toEqual([]);
  for (const [event, entry] of [
    ['raised', 'raised'],
    ['reopened', 'reopened'],
    ['escalated', 'escalated'],
    ['ended', 'resolved'],
  ] as const) {
    const times = events.filter((each) => each === entry).length;
    const keys = own.filter((delivery) => delivery.event === event).length;
    expect(keys, `keys of ${event} of ${alert.id}`).toBeLessThanOrEqual(times);
  }
  const calls = isRaised && alert.end === null && alert.state === 'open' && alert.quiet === null;
  if (!calls) return;
  const told = own.filter(({ id, event }) => sent.has(id) && BEGINNINGS.includes(event));
  expect(told.length, `nobody was told of ${JSON.stringify(alert)}`).toBeGreaterThan(0);
}
