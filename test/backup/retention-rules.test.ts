import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '#src/config';
import { RETENTION_TIERS } from '#src/contracts/series';
import {
  type Age,
  ageOf,
  checkRetentionKinds,
  cutOff,
  parseRetention,
  type RetentionRule,
} from '#src/series/retention-rules';
import { runs } from '../support/random.ts';

const DAY_MS = 86_400_000;
const LETTERS = { day: 'd', week: 'w', month: 'mo', year: 'y' } as const;
const unit = fc.constantFrom('day', 'week', 'month', 'year') as fc.Arbitrary<Age['unit']>;
const age = fc.record({ count: fc.integer({ min: 1, max: 900 }), unit });
const rule = fc.record({
  kind: fc.option(fc.constantFrom('pond-sensor', 'insect-trap')),
  tier: fc.constantFrom(...RETENTION_TIERS),
  age: fc.option(age),
});
const rules = fc.uniqueArray(rule, { selector: ({ kind, tier }) => `${kind} ${tier}` });

const textOf = ({ kind, tier, age: old }: RetentionRule): string =>
  `${kind === null ? '' : `${kind}.`}${tier}=${old === null ? 'forever' : old.count + LETTERS[old.unit]}`;

describe('retention as text', () => {
  test('every list of rules is read as it was written', () => {
    fc.assert(
      fc.property(rules, (given) => {
        const read = parseRetention(given.map(textOf), { keepsArchive: true });
        for (const { kind, tier, age: old } of given) expect(ageOf(read, tier, kind)).toEqual(old);
      }),
      runs(300),
    );
  });

  test('a kind without a rule has its tier’s, a tier without one its default', () => {
    const read = parseRetention(['pond-sensor.raw=forever', 'hour=3y'], { keepsArchive: true });
    expect(ageOf(read, 'raw', 'pond-sensor')).toBeNull();
    expect(ageOf(read, 'raw', 'insect-trap')).toEqual({ count: 400, unit: 'day' });
    expect(ageOf(read, 'hour', 'insect-trap')).toEqual({ count: 3, unit: 'year' });
    expect(ageOf(read, 'day', 'insect-trap')).toBeNull();
    expect(ageOf(read, 'rejections', null)).toEqual({ count: 400, unit: 'day' });
    expect(ageOf(read, 'alerts', null)).toBeNull();
    expect(
      ageOf(parseRetention(['raw=forever'], { keepsArchive: true }), 'raw', 'pond-sensor'),
    ).toBeNull();
  });

  test.each([
    ['raw', /not \[kind\.\]tier=age/],
    ['rae=4d', /no tier rae; did you mean raw/],
    ['raw=0d', /0d is no age/],
    ['raw=-1d', /no age/],
    ['raw=4', /no age/],
    ['raw=4h', /no age/],
    ['raw=1001y', /no age/],
    ['raw=10000d', /no age/],
    ['raw=for ever', /not \[kind\.\]tier=age/],
    ['a.b.raw=4d', /not \[kind/],
    ['pond-sensor.alerts=4d', /alike for all kinds/],
  ])('%s is refused and says why', (entry, why) => {
    const load = (): unknown => loadConfig({ environment: { SLUICE_RETENTION: entry } });
    expect(load).toThrow(why);
    expect(load).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  test('the same tier twice is refused, an unknown kind named with the nearest', () => {
    expect(() => parseRetention(['raw=4d', 'raw=5d'], { keepsArchive: true })).toThrow(/twice/);
    const kinds = new Map([['pond-sensor', 1]]);
    const check = (entry: string): void =>
      checkRetentionKinds(parseRetention([entry], { keepsArchive: true }), kinds);
    expect(() => check('pond-senser.raw=4d')).toThrow(/did you mean pond-sensor/);
    check('pond-sensor.raw=4d');
  });

  test('points leave unasked only for an archive', () => {
    const raw = (keepsArchive: boolean) =>
      ageOf(parseRetention([], { keepsArchive }), 'raw', 'pond');
    expect(raw(true)).toEqual({ count: 400, unit: 'day' });
    expect(raw(false)).toBeNull();
  });

  test('the setting takes a list from the file as well as a text', () => {
    const environment = { SLUICE_RETENTION: 'raw=90d, hour=3y' };
    expect(loadConfig({ environment }).retention).toEqual(['raw=90d', 'hour=3y']);
    expect(loadConfig({ environment: {} }).retention).toEqual([]);
  });
});

describe('where a tier ends', () => {
  const zones = ['Asia/Ho_Chi_Minh', 'Europe/Berlin', 'America/St_Johns', 'UTC'];

  test('is a local midnight, never later than that long ago, less than a day earlier', () => {
    const instant = fc.integer({
      min: Date.parse('1990-01-01T00:00:00Z'),
      max: Date.parse('2090-01-01T00:00:00Z'),
    });
    fc.assert(
      fc.property(
        instant,
        fc.integer({ min: 1, max: 900 }),
        fc.constantFrom(...zones),
        (...given) => {
          const [now, count, zone] = given;
          const end = cutOff({ count, unit: 'day' }, now, zone);
          const shown = new Date(end).toLocaleTimeString('en-GB', { timeZone: zone });
          expect(shown).toBe('00:00:00');
          // A day may have 25 hours where clocks change.
          expect(now - end).toBeGreaterThan(count * DAY_MS - 2 * 3_600_000);
          expect(now - end).toBeLessThan((count + 1) * DAY_MS + 2 * 3_600_000);
        },
      ),
      runs(300),
    );
  });

  test('follows the calendar for months and years', () => {
    const at = (text: string): number => Date.parse(`${text}T12:00:00+07:00`);
    const day = (old: Age, now: string): string =>
      new Date(cutOff(old, at(now), 'Asia/Ho_Chi_Minh') + 7 * 3_600_000).toISOString().slice(0, 16);
    expect(day({ count: 1, unit: 'month' }, '2026-03-31')).toBe('2026-02-28T00:00');
    expect(day({ count: 1, unit: 'year' }, '2024-02-29')).toBe('2023-02-28T00:00');
    expect(day({ count: 10, unit: 'month' }, '2026-05-15')).toBe('2025-07-15T00:00');
    expect(day({ count: 8, unit: 'week' }, '2026-03-01')).toBe('2026-01-04T00:00');
    expect(day({ count: 10, unit: 'year' }, '2026-11-22')).toBe('2016-11-22T00:00');
  });
});
