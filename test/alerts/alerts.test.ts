import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createAlerts } from '#src/alerts/alerts';
import type { Alert, AlertActions } from '../../src/contracts/alert.ts';
import type { StateService } from '../../src/state/state.ts';
import { LOW_OXYGEN, ManualClock, openState, T0 } from '../rules/harness.ts';

let state: StateService;
let close: () => Promise<void>;
let alerts: AlertActions;
let published: Alert[];
let id = '';
let count = 0;

beforeAll(async () => {
  ({ state, close } = await openState());
});
afterAll(() => close());

beforeEach(async () => {
  published = [];
  const live = { publish: (event: { data: unknown }) => void published.push(event.data as Alert) };
  alerts = createAlerts({ state, live, clock: new ManualClock() });
  id = `alert-${count++}`;
  await state.alerts.save([
    {
      id,
      rule: LOW_OXYGEN.id,
      ruleVersion: 1,
      coop: 'coop',
      site: null,
      device: 'probe',
      severity: 'critical',
      severities: [{ time: T0, severity: 'critical' }],
      state: 'open',
      onset: T0,
      known: T0,
      end: null,
      revision: 1,
      evidence: {
        metric: 'oxygen',
        unit: 'mg/L',
        limit: 4,
        worst: 3,
        samples: [],
        source: LOW_OXYGEN.source,
      },
      title: LOW_OXYGEN.title,
      advice: LOW_OXYGEN.advice,
      advises: 'act',
      cause: null,
      quiet: null,
      shelf: null,
      assignee: null,
      timeline: [{ at: T0, event: 'raised', who: null, note: null }],
    },
  ]);
});

test('acknowledging says who and when, is published, and twice is once', async () => {
  const first = await alerts.acknowledge(id, { who: 'Lan', note: ' đang xem ' });
  expect(first).toMatchObject({ state: 'acknowledged', revision: 2 });
  expect(first.timeline.at(-1)).toEqual({
    at: T0,
    event: 'acknowledged',
    who: 'Lan',
    note: 'đang xem',
  });
  expect(await alerts.acknowledge(id, { who: 'Minh' })).toEqual(first);
  expect(await state.alerts.get(id)).toEqual(first);
  expect(published).toEqual([first]);
});

test('a resolved alert can be commented, and nothing else', async () => {
  await alerts.resolve(id, { who: 'Lan', note: 'bơm đã chạy' });
  await expect(alerts.resolve(id, { who: 'Lan' })).rejects.toMatchObject({
    code: 'ALERT_RESOLVED',
  });
  await expect(alerts.acknowledge(id, { who: 'Lan' })).rejects.toMatchObject({
    code: 'ALERT_RESOLVED',
  });
  const commented = await alerts.comment(id, { who: 'Minh', note: 'ok' });
  expect(commented.timeline.map(({ event }) => event)).toEqual(['raised', 'resolved', 'commented']);
  expect(commented).toMatchObject({ state: 'resolved', end: null });
});

test('an unknown alert, a long note and a full timeline are refused with their codes', async () => {
  await expect(alerts.acknowledge('none', { who: 'Lan' })).rejects.toMatchObject({
    code: 'ALERT_NOT_FOUND',
  });
  await expect(alerts.comment(id, { who: 'Lan', note: 'x'.repeat(1_001) })).rejects.toMatchObject({
    code: 'ALERT_NOTE_TOO_LONG',
    field: 'note',
  });
  const alert = await state.alerts.get(id);
  const entry = { at: T0, event: 'commented' as const, who: 'Lan', note: null };
  if (alert) await state.alerts.save([{ ...alert, timeline: new Array(200).fill(entry) }]);
  await expect(alerts.comment(id, { who: 'Lan', note: 'x' })).rejects.toMatchObject({
    code: 'ALERT_TIMELINE_FULL',
  });
  expect(published).toEqual([]);
});

test('people who act at the same time all stand in the timeline', async () => {
  const names = ['Lan', 'Minh', 'Hoa', 'Tuấn'];
  await Promise.all(names.map((who) => alerts.comment(id, { who, note: who })));
  const alert = await state.alerts.get(id);
  expect(alert?.timeline.slice(1).map(({ who }) => who)).toEqual(names);
  expect(alert?.revision).toBe(5);
});
