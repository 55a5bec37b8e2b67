import { describe, expect, test } from 'vitest';
import { findPeaks, type NightlyCatch, nextPeak, threeNightMean } from '#src/pests/peaks';

const quiet: NightlyCatch[] = Array.from({ length: 14 }, () => 20);
const wave: NightlyCatch[] = [...quiet, 30, 80, 300, 900, 400, 120, 40, 20];

describe('peaks of a light trap', () => {
  test('a wave has one', () => {
    expect(findPeaks(wave)).toEqual([17]);
  });

  test('the night after confirms it when the fall is steep, else the one after that', () => {
    const steep = [...quiet, 200, 880, 900, 300];
    expect(findPeaks(steep.slice(0, 17))).toEqual([]);
    expect(findPeaks(steep)).toEqual([16]);
    // The wave swells again, so its middle lies a night later than was thought.
    expect(findPeaks([...steep, 1500])).toEqual([17]);
    expect(findPeaks(wave.slice(0, 19))).toEqual([]);
    expect(findPeaks(wave.slice(0, 20))).toEqual([17]);
  });

  test('one missing night of three is borne, two are not', () => {
    const without = (...gone: number[]): NightlyCatch[] =>
      wave.map((night, at) => (gone.includes(at) ? null : night));
    expect(threeNightMean([10, null, 20], 1)).toBe(15);
    expect(threeNightMean([10, null, null], 1)).toBeNull();
    expect(findPeaks(without(18))).toHaveLength(1);
    expect(findPeaks(without(16, 18))).toEqual([]);
  });

  test('a night not observed is not a night without insects', () => {
    expect(threeNightMean([300, null, 300], 1)).toBe(300);
    expect(threeNightMean([300, 0, 300], 1)).toBe(200);
  });

  test('must stand twice over the fortnight before', () => {
    const high = wave.map((night, at) => (at < 14 ? 270 : night));
    expect(findPeaks(high)).toEqual([]);
    const just = wave.map((night, at) => (at < 14 ? 266 : night));
    expect(findPeaks(just)).toEqual([17]);
  });

  test('must reach the floor of the site', () => {
    const small = [...quiet.map(() => 2), 10, 40, 60, 40, 10];
    expect(findPeaks(small)).toEqual([]);
    expect(findPeaks(small, 40)).toEqual([16]);
    expect(findPeaks([...quiet.map(() => 2), 10, 40, 70, 40, 10])).toEqual([16]);
  });

  test('a plateau peaks where it begins', () => {
    expect(findPeaks([...quiet, 100, 100, 100, 100, 100, 50, 20])).toEqual([15]);
  });

  test('says nothing before it knows what is usual', () => {
    expect(findPeaks(wave.slice(9))).toEqual([8]);
    expect(findPeaks(wave.slice(11))).toEqual([]);
    expect(findPeaks([])).toEqual([]);
  });
});

describe('the next peak', () => {
  test.each([
    ['2026-11-10', '2026-12-04', '2026-12-05'],
    ['2026-11-22', '2026-12-16', '2026-12-17'],
    ['2027-01-15', '2027-02-09', '2027-02-10'],
    ['2027-01-31', '2027-02-22', '2027-02-23'],
    ['2026-12-05', '2026-12-30', '2026-12-31'],
  ])('after %s is due %s to %s', (date, from, to) => {
    expect(nextPeak(date)).toEqual({ from, to });
  });

  test.each(['', '2026-02-30', '2026-13-01', '22/11/2026', '2026-11-22T00:00:00Z'])(
    'no date: "%s"',
    (date) => {
      expect(() => nextPeak(date)).toThrow(RangeError);
    },
  );
});
