import { expect, onTestFinished, test } from 'vitest';
import { loadKinds } from '#src/ingest/kinds';
import type { Alert } from '../../src/contracts/alert.ts';
import type { Delivery } from '../../src/contracts/notify.ts';
import type { Rule } from '../../src/contracts/rule.ts';
import type { LocalService } from '../notify/channels/local-service.ts';
import { type DeviceAccount, deviceSecret, eventually } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { createRandom, seed } from '../support/random.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { expectAlertsAreThoseOfStore, metricsPage, settled } from './invariants.ts';
import { all, expectRightlyTold, openReceiver, toldIn, WEBHOOK_SETTINGS } from './messages.ts';
import { asArriving, pondReports, ScriptedDevice } from './pond-trace.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 10);
const PONDS = 4;
const HOUR_MS = 3_600_000;
/** What a restart may send of its own accord it sends within its first rounds, twice a second. */
const QUIET_MS = 2_500;

const pondOf = (place: number): string => `ao-${place}`;
const personOf = (place: number): string => `person-${place}`;

function savedRule(id: string, condition: Rule['condition']): Omit<Rule, 'version'> {
  return {
    ...{ id, enabled: true, kind: 'pond-sensor', severity: 'warning', condition },
    title: { vi: id, en: id, fr: id },
    scope: { device: pondOf(0) },
    source: { text: 'a test', evidence: 'D' },
    advice: { vi: ['a'], en: ['a'], fr: ['a'] },
  };
}

const held = { forSeconds: 600, clearSeconds: 300, gapSeconds: 7_200 };
const savedRules = [
  savedRule('ponds-apart', {
    ...{ type: 'threshold', metric: 'water_temperature', beyond: 'above', limit: 2, clear: 1.5 },
    view: { type: 'minus', metric: 'water_temperature', device: pondOf(1), maxAgeSeconds: 600 },
    ...held,
    bands: [{ severity: 'critical', limit: 4, clear: 3.5 }],
  }),
  savedRule('salt-falls', {
    ...{ type: 'threshold', metric: 'salinity', beyond: 'below', limit: -0.6, clear: -0.3 },
    view: { type: 'rate', overSeconds: 3_600, perSeconds: 3_600 },
    ...held,
  }),
];

/** Ponds with a site and a person each, who wants to hear everything at once. */
async function setUp(server: TestServer, receiver: LocalService): Promise<DeviceAccount[]> {
  const coop = 'c';
  await server.call('POST', '/coops', { id: coop, name: coop });
  const accounts = Array.from({ length: PONDS }, (_, place) => {
    const id = pondOf(place);
    return { id, coop, secret: deviceSecret(id) };
  });
  for (const [place, { id, secret }] of accounts.entries()) {
    const site = `site-${place}`;
    await server.call('POST', '/sites', { id: site, coop, kind: 'pond', name: site });
    await server.call('POST', '/devices', { id, coop, site, kind: 'pond-sensor', secret });
    await addPerson(server, {
      id: personOf(place),
      contact: { channel: 'webhook', address: `${receiver.url()}/${personOf(place)}` },
      sites: [site],
    });
  }
  for (const rule of savedRules) await server.call('POST', '/rules', rule);
  return accounts;
}

function addPerson(
  server: TestServer,
  { id, contact, sites }: { id: string; contact: object; sites: string[] | null },
): Promise<unknown> {
  return server.call('POST', '/people', {
    ...{ id, name: id, coops: ['c'], language: 'en', contacts: [contact] },
    policy: { minimum: 'info', sites, quietHours: null, digestAt: null, perHour: 60 },
  });
}

/** Answers some open alerts until the server is gone; those that it confirmed are noted. */
async function acknowledgeSome(
  server: TestServer,
  { random, confirmed }: { random: () => number; confirmed: Set<string> },
): Promise<void> {
  const pauses = [random() * 300, random() * 300];
  for (const pauseMs of pauses) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    try {
      const { items } = await server.call<{ items: Alert[] }>('GET', '/alerts?state=open');
      const some = items[Math.floor(random() * items.length)];
      if (some === undefined) continue;
      await server.call('POST', `/alerts/${some.id}/acknowledge`, { note: 'on my way' });
      confirmed.add(some.id);
    } catch {
      // Killed meanwhile, or the alert has just ended.
    }
  }
}

/** Everything was judged, late reports too, and every message has left. */
async function drained(server: TestServer): Promise<void> {
  await settled(server);
  await eventually(
    'late reports and messages',
    async () => {
      const page = await metricsPage(server);
      if (!/^sluice_rules_late_devices 0$/m.test(page)) return false;
      const waiting = '/notifications?state=waiting&limit=1';
      return (await server.call<{ items: unknown[] }>('GET', waiting)).items.length === 0;
    },
    60_000,
  );
}

test(
  `alerts and messages are as they should be after ${ROUNDS} kills (seed ${seed})`,
  async () => {
    const random = createRandom();
    const receiver = await openReceiver(random);
    const environment = {
      ...{ SLUICE_DATA_DIR: temporaryFolder(), SLUICE_MESSAGES_PER_SECOND: '0' },
      ...WEBHOOK_SETTINGS,
    };
    const startedAt = Date.now();
    let server = await startServer(environment);
    onTestFinished(() => server.kill());
    const accounts = await setUp(server, receiver);
    const traces = accounts.map(() => pondReports(random, startedAt));
    const devices = accounts.map((account, place) => {
      // The last one reports in order: no late report heals what a start forgot.
      const chance = place === PONDS - 1 ? () => 0.5 : random;
      return new ScriptedDevice(account, asArriving(chance, traces[place] ?? []));
    });
    const confirmed = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) server = await startServer(environment);
      const ms = 150 + random() * 900;
      const share = 1 / (ROUNDS + 1);
      const busy = [
        ...devices.map((device) => device.run(server.mqttPort, { share, ms })),
        acknowledgeSome(server, { random, confirmed }),
      ];
      await new Promise((resolve) => setTimeout(resolve, ms));
      await server.kill();
      await Promise.all(busy);
    }
    server = await startServer(environment);
    for (const device of devices) await device.finish(server.mqttPort);
    await drained(server);

    const stretch = { from: startedAt - 31 * HOUR_MS, to: startedAt + HOUR_MS };
    const saved = savedRules.map((rule) => ({ ...rule, version: 1 }));
    let count = 0;
    for (const { id: device } of accounts) {
      const of = { device, kind: 'pond-sensor', saved };
      count += await expectAlertsAreThoseOfStore(server, { ...of, ...stretch });
    }
    expect(count).toBeGreaterThan(PONDS * 20);
    await drained(server);
    await server.stop();
    server = await startServer(environment);
    const alerts = await all<Alert>(server, '/alerts');
    const deliveries = await all<Delivery>(server, '/notifications');
    const old = await tooOld(alerts, startedAt);
    expect(old.size).toBeGreaterThan(PONDS * 10);
    expectRightlyTold({ told: toldIn(receiver.received), alerts, deliveries, old });
    expect(receiver.received.length).toBeGreaterThan(PONDS * 3);
    expectStillAcknowledged(confirmed, alerts);
    await expectQuietStarts(server, { environment, receiver });
  },
  60_000 + ROUNDS * 8_000,
);

/** Alerts over for longer than their rule's gap before the first report of all was sent. */
async function tooOld(alerts: readonly Alert[], startedAt: number): Promise<Set<string>> {
  const rules = [...savedRules, ...[...(await loadKinds()).values()].flatMap((kind) => kind.rules)];
  const gapMs = new Map(
    rules.map(({ id, condition }) => [
      id,
      condition.type === 'absence' ? Infinity : condition.gapSeconds * 1_000,
    ]),
  );
  const isOld = ({ rule, end }: Alert): boolean =>
    end !== null && startedAt - Date.parse(String(end)) > (gapMs.get(rule) ?? Infinity);
  return new Set(alerts.filter(isOld).map(({ id }) => id));
}

function expectStillAcknowledged(confirmed: ReadonlySet<string>, alerts: readonly Alert[]): void {
  expect(confirmed.size).toBeGreaterThan(ROUNDS / 4);
  for (const id of confirmed) {
    const alert = alerts.find((one) => one.id === id);
    const events = alert?.timeline.map(({ event }) => event) ?? [];
    const answered = events.lastIndexOf('acknowledged');
    expect(answered, `the answer to ${id}`).toBeGreaterThan(-1);
    const isAsked = events.slice(answered).some((event) => /reopened|escalated/.test(event));
    const isWithdrawn = alert?.onset === alert?.end;
    if (!isAsked && !isWithdrawn) expect(alert?.state, id).toMatch(/acknowledged|resolved/);
  }
}

/** Neither a stop nor a kill makes the next start repeat anything. */
async function expectQuietStarts(
  running: TestServer,
  { environment, receiver }: { environment: Record<string, string>; receiver: LocalService },
): Promise<void> {
  const before = new Set(toldIn(receiver.received).map(({ key }) => key));
  const from = receiver.received.length;
  await running.kill();
  const server = await startServer(environment);
  onTestFinished(() => server.kill());
  await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  await server.stop();
  // What flapped may have become calm meanwhile: that is news, under a key of its own.
  const since = toldIn(receiver.received.slice(from));
  expect(since.filter(({ key }) => before.has(key))).toEqual([]);
}
