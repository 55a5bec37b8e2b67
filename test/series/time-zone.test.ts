import fc from 'fast-check';
import { expect, it } from 'vitest';
import { zoneOffset, zonePieces } from '#src/series/time-zone';
import { runs } from '../support/random.ts';

const ZONES = ['Asia/Ho_Chi_Minh', 'Europe/Paris', 'Australia/Lord_Howe', 'Africa/Casablanca'];
const DAY = 86_400_000;
/** Fifty-two weeks from 1970 on: here the years meet that changes are remembered by. */
const YEAR = 364 * DAY;

it('pieces of a zone have the offset its clocks show, and change where they do', () => {
  const edge = fc.integer({ min: -20, max: 90 }).map((year) => year * YEAR);
  const near = fc.tuple(edge, fc.integer({ min: -2, max: 2 })).map(([time, ms]) => time + ms);
  const from = fc.oneof(near, fc.integer({ min: -20 * YEAR, max: 90 * YEAR }));
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), from, fc.nat(3 * YEAR), (zone, start, length) => {
      const end = start + length;
      const pieces = zonePieces(zone, start, end);
      expect(pieces.at(0)?.from).toBe(Number.NEGATIVE_INFINITY);
      expect(pieces.at(-1)?.to).toBe(Number.POSITIVE_INFINITY);
      pieces.slice(1).forEach(({ from: change, offset }, place) => {
        expect(change).toBe(pieces[place]?.to);
        expect(change > start && change <= end).toBe(true);
        expect(zoneOffset(zone, change)).toBe(offset);
        expect(zoneOffset(zone, change - 1)).toBe(pieces[place]?.offset);
      });
      for (const share of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
        const time = start + Math.floor(share * length);
        const piece = pieces.find((one) => time >= one.from && time < one.to);
        expect(piece?.offset).toBe(zoneOffset(zone, time));
      }
    }),
    runs(300),
  );
});

it('a change at the end of the range is told, one at its start is not', () => {
  const change = Date.parse('2026-03-29T01:00:00Z');
  const changes = (from: number, to: number): number =>
    zonePieces('Europe/Paris', from, to).length - 1;
  expect(changes(change - 1, change)).toBe(1);
  expect(changes(change - 2, change - 1)).toBe(0);
  expect(changes(change, change + 1)).toBe(0);
});
