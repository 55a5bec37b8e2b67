import { describe, expect, test } from 'vitest';
import { dayName, dayNumber, localClock, minutesOfDay } from '#src/base/local-clock';

const HOUR = 3_600_000;

/** What the platform says, asked anew for each instant. */
function slowly(timeZone: string, time: number): { day: string; minutes: number } {
  const text = new Date(time).toLocaleString('sv-SE', { timeZone });
  const [day = '', clock = ''] = text.split(' ');
  const [hours, minutes] = clock.split(':').map(Number);
  return { day, minutes: (hours ?? 0) * 60 + (minutes ?? 0) };
}

describe('local time', () => {
  // Clock changes by an hour, by half of one, a skipped day, and none; odd offsets.
  const zones = [
    'Asia/Ho_Chi_Minh',
    'Europe/Paris',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Asia/Kathmandu',
    'UTC',
  ];
  test.each(zones)('%s is as the platform shows it', (zone) => {
    const clock = localClock(zone);
    for (let time = Date.UTC(2011, 11, 1); time < Date.UTC(2012, 11, 1); time += 11 * HOUR) {
      const at = time + 7 * 60_000;
      expect({ day: dayName(clock.day(at)), minutes: clock.minutes(at) }).toEqual(slowly(zone, at));
    }
  });

  test('its pieces meet, and change where the clocks do', () => {
    const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1)];
    const pieces = localClock('Europe/Paris').pieces(from, to);
    expect(pieces).toEqual([
      { from, to: Date.UTC(2026, 2, 29, 1), offset: HOUR },
      { from: Date.UTC(2026, 2, 29, 1), to: Date.UTC(2026, 9, 25, 1), offset: 2 * HOUR },
      { from: Date.UTC(2026, 9, 25, 1), to, offset: HOUR },
    ]);
  });

  test('is told to the end of time', () => {
    const clock = localClock('Asia/Ho_Chi_Minh');
    expect(clock.offset(8_640_000_000_000_000)).toBe(7 * HOUR);
  });

  test('an unknown zone is refused', () => {
    expect(() => localClock('Asia/Atlantis')).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_TIME_ZONE' }),
    );
  });
});

test('days and times of day are what they say, or nothing', () => {
  expect(dayNumber('1970-01-02')).toBe(1);
  expect(dayName(dayNumber('2024-02-29'))).toBe('2024-02-29');
  for (const wrong of ['2023-02-29', '2026-13-01', '2026-1-1', '']) {
    expect(dayNumber(wrong)).toBeNaN();
  }
  expect(minutesOfDay('18:30')).toBe(1110);
  for (const wrong of ['24:00', '7:00', '07:60', '']) expect(minutesOfDay(wrong)).toBeNaN();
});
