import { describe, expect, test } from 'vitest';
import { localClock } from '#src/base/local-clock';
import type { ProgrammeStart } from '#src/contracts/irrigation';
import { startsOf, windowMs } from '#src/irrigation/programmes/starts';

const BERLIN = 'Europe/Berlin';

function starts(start: ProgrammeStart, zone: string, from: string, to: string): string[] {
  const time = { from: Date.parse(from), to: Date.parse(to) };
  return startsOf(start, localClock(zone), time).map(({ at }) => new Date(at).toISOString());
}

describe('starts', () => {
  test('come at local times on their weekdays', () => {
    const start: ProgrammeStart = { type: 'times', at: ['18:00', '05:30'], days: [1, 3] };
    expect(
      starts(start, 'Asia/Ho_Chi_Minh', '2026-11-22T00:00:00Z', '2026-11-29T00:00:00Z'),
    ).toEqual([
      '2026-11-22T22:30:00.000Z',
      '2026-11-23T11:00:00.000Z',
      '2026-11-24T22:30:00.000Z',
      '2026-11-25T11:00:00.000Z',
    ]);
  });

  test('in the hour that clocks skip come once, as far off as they were moved', () => {
    const times: ProgrammeStart = { type: 'times', at: ['02:30'] };
    const cron: ProgrammeStart = { type: 'cron', expression: '30 2 * * *' };
    for (const start of [times, cron]) {
      expect(starts(start, BERLIN, '2027-03-27T00:00:00Z', '2027-03-30T00:00:00Z')).toEqual([
        '2027-03-27T01:30:00.000Z',
        '2027-03-28T01:30:00.000Z',
        '2027-03-29T00:30:00.000Z',
      ]);
    }
  });

  test('in the hour that clocks show twice come once', () => {
    const times: ProgrammeStart = { type: 'times', at: ['02:30'] };
    const cron: ProgrammeStart = { type: 'cron', expression: '30 2 * * *' };
    for (const start of [times, cron]) {
      expect(starts(start, BERLIN, '2026-10-24T12:00:00Z', '2026-10-26T12:00:00Z')).toEqual([
        '2026-10-25T01:30:00.000Z',
        '2026-10-26T01:30:00.000Z',
      ]);
    }
  });

  test('of a day that a zone left out come with the next one, not beside it', () => {
    const start: ProgrammeStart = { type: 'times', at: ['05:00'] };
    const found = starts(start, 'Pacific/Apia', '2011-12-28T00:00:00Z', '2012-01-02T00:00:00Z');
    expect(new Set(found).size).toBe(found.length);
    expect(found.length).toBe(5);
  });

  test('two in the same instant are one', () => {
    const start: ProgrammeStart = { type: 'times', at: ['02:30', '03:30'] };
    expect(starts(start, BERLIN, '2027-03-28T00:00:00Z', '2027-03-28T12:00:00Z')).toEqual([
      '2027-03-28T01:30:00.000Z',
    ]);
  });

  test('by cron come on the days the library says', () => {
    const second: ProgrammeStart = { type: 'cron', expression: '15 0 5 * * 1#2' };
    expect(starts(second, 'Etc/UTC', '2026-11-01T00:00:00Z', '2027-01-01T00:00:00Z')).toEqual([
      '2026-11-09T05:00:15.000Z',
      '2026-12-14T05:00:15.000Z',
    ]);
  });

  test('of a window are when it opens; over midnight it ends the next day', () => {
    const window: ProgrammeStart = { type: 'window', from: '22:00', to: '04:00' };
    const clock = localClock('Asia/Ho_Chi_Minh');
    const from = Date.parse('2026-11-22T00:00:00Z');
    expect(startsOf(window, clock, { from, to: from + 86_400_000 })).toEqual([
      { at: Date.parse('2026-11-22T15:00:00Z'), until: Date.parse('2026-11-22T21:00:00Z') },
    ]);
    expect(windowMs(window)).toBe(6 * 3_600_000);
  });

  test('a window in the skipped hour keeps its length', () => {
    const window: ProgrammeStart = { type: 'window', from: '02:00', to: '03:00' };
    const from = Date.parse('2027-03-28T00:00:00Z');
    const [start] = startsOf(window, localClock(BERLIN), { from, to: from + 12 * 3_600_000 });
    expect((start?.until ?? 0) - (start?.at ?? 0)).toBe(3_600_000);
  });

  test('that cannot be have none', () => {
    for (const start of [
      { type: 'times', at: ['25:00'] },
      { type: 'window', from: '05:00', to: '05:00' },
      { type: 'cron', expression: '* * * * * *' },
      { type: 'cron', expression: '@daily' },
      { type: 'cron', expression: '0 5 31 2 *' },
    ] as ProgrammeStart[]) {
      expect(starts(start, BERLIN, '2026-11-01T00:00:00Z', '2026-11-15T00:00:00Z')).toEqual([]);
    }
  });
});
