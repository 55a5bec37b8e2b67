import { expect, test } from 'vitest';
import type { TimelineEntry } from '../../src/contracts/alert.ts';
import { alertOf } from '../api/support/alerts.ts';
import { MINUTE, T0 } from './harness.ts';
import { openStand } from './trial-stand.ts';

const HOUR = 60 * MINUTE;
/** 23:00 local time. */
const LATE = T0 + 16 * HOUR;

function entry(at: number, event: TimelineEntry['event'], more: Partial<TimelineEntry> = {}) {
  return { at, event, who: null, note: null, ...more };
}

test('noise is counted by rule as a person counts it, the noisiest first', async () => {
  const { trials } = await openStand();
  const alerts = [
    alertOf({
      rule: 'oxygen',
      onset: LATE,
      end: LATE + 40 * MINUTE,
      timeline: [
        entry(LATE, 'raised'),
        entry(LATE + 10 * MINUTE, 'escalated'),
        entry(LATE + 12 * MINUTE, 'acknowledged', { who: 'mai' }),
        entry(LATE + 40 * MINUTE, 'resolved'),
      ],
    }),
    // Began before the week, and came back in it.
    alertOf({
      rule: 'oxygen',
      onset: T0 - HOUR,
      timeline: [entry(T0 - HOUR, 'raised'), entry(T0 + HOUR, 'reopened')],
    }),
    // Quieted in the same breath: nobody was called.
    alertOf({
      rule: 'silence',
      onset: T0 + HOUR,
      end: T0 + HOUR + 20_000,
      timeline: [
        entry(T0 + HOUR, 'raised'),
        entry(T0 + HOUR, 'quieted', { note: 'flapping' }),
        entry(T0 + 2 * HOUR, 'resolved'),
      ],
    }),
    alertOf({
      rule: 'silence',
      onset: T0 + 2 * HOUR,
      timeline: [entry(T0 + 2 * HOUR, 'recorded')],
    }),
    alertOf({ rule: 'old', onset: T0 - 2 * HOUR, timeline: [entry(T0 - 2 * HOUR, 'raised')] }),
  ];
  expect(await trials.noise(alerts, { from: T0, to: T0 + 24 * HOUR })).toEqual([
    {
      ...{ rule: 'oxygen', alerts: 1, notifications: 3, acknowledged: 1, unanswered: 0 },
      ...{ wakings: 2, flapping: 0, medianSeconds: 2400 },
    },
    {
      ...{ rule: 'silence', alerts: 2, notifications: 0, acknowledged: 0, unanswered: 1 },
      ...{ wakings: 0, flapping: 1, medianSeconds: 20 },
    },
  ]);
});

test('half of the alerts last less than the median', async () => {
  const { trials } = await openStand();
  const lasting = (minutes: number) =>
    alertOf({ onset: T0, end: T0 + minutes * MINUTE, timeline: [entry(T0, 'raised')] });
  const median = async (...minutes: number[]) =>
    (await trials.noise(minutes.map(lasting), { from: T0, to: T0 + HOUR }))[0]?.medianSeconds;
  expect(await median(10)).toBe(600);
  expect(await median(30, 10)).toBe(1200);
  expect(await median(30, 10, 20)).toBe(1200);
});
