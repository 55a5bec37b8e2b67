import fc from 'fast-check';
import { expect, test } from 'vitest';
import { countSlots, nextSlot, type Schedule } from '#simulators/schedule';
import { runs } from '../support/random.ts';

function slotsOf(schedule: Schedule): Array<{ time: number; intervalSeconds: number }> {
  const slots = [];
  for (let slot = nextSlot(schedule, null); slot !== null; slot = nextSlot(schedule, slot.time)) {
    slots.push(slot);
  }
  return slots;
}

test('slots grow, keep to their bounds, cover the time once and are counted right', () => {
  const schedules = fc.record({
    from: fc.integer({ min: 0, max: 50_000 }),
    length: fc.integer({ min: 0, max: 30_000 }),
    liveAfter: fc.integer({ min: -5_000, max: 40_000 }),
    intervalMs: fc.integer({ min: 100, max: 5_000 }),
    liveIntervalMs: fc.integer({ min: 100, max: 5_000 }),
    phaseMs: fc.nat(2 ** 31),
  });
  fc.assert(
    fc.property(schedules, ({ length, liveAfter, ...rest }) => {
      const schedule = { ...rest, until: rest.from + length, liveFrom: rest.from + liveAfter };
      const slots = slotsOf(schedule);
      expect(slots.length).toBe(countSlots(schedule, schedule.until));
      let before: number | undefined;
      for (const { time, intervalSeconds } of slots) {
        expect(time).toBeGreaterThanOrEqual(schedule.from);
        expect(time).toBeLessThan(schedule.until);
        if (before !== undefined) {
          expect(time).toBeGreaterThan(before);
          expect(intervalSeconds).toBeCloseTo((time - before) / 1000, 9);
        }
        const step = time >= schedule.liveFrom ? schedule.liveIntervalMs : schedule.intervalMs;
        expect(Math.abs((time - schedule.phaseMs) % step)).toBe(0);
        before = time;
      }
    }),
    runs(150),
  );
});
