import { describe, expect, test } from 'vitest';
import { seedOf } from '#simulators/worlds/chance';
import { createWorld, fallingOxygen } from '#simulators/worlds/world';
import { oxygenSaturation } from '#src/water/oxygen';
import { salinityFromConductivity } from '#src/water/salinity';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Midnight in Vietnam, 22 November 2026. */
const midnight = Date.UTC(2026, 10, 21, 17);
const world = createWorld(1);
const ponds = Array.from({ length: 12 }, (_, index) => seedOf(`pond-${index}`));

describe('a world', () => {
  test('is a function of its seed and the time alone', () => {
    const again = createWorld(1);
    const other = createWorld(2);
    for (let time = midnight; time < midnight + 3 * DAY; time += 7 * HOUR) {
      expect(again.sky(time)).toEqual(world.sky(time));
      expect(again.pond(5, time)).toEqual(world.pond(5, time));
      expect(again.field(5, time)).toEqual(world.field(5, time));
      expect(again.drip(5, time)).toEqual(world.drip(5, time));
      expect(other.pond(5, time)).not.toEqual(world.pond(5, time));
    }
  });

  test('rolls even dice', () => {
    const counts = new Array<number>(10).fill(0);
    const rolls = 20_000;
    for (let time = 0; time < rolls; time++) {
      const place = Math.floor(world.chance(3, midnight + time, 9) * 10);
      counts[place] = (counts[place] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - rolls / 10)).toBeLessThan(rolls / 50);
  });
});

describe('the sky', () => {
  test('is warm and dark at the right hours', () => {
    let wetHours = 0;
    for (let time = midnight - 60 * DAY; time < midnight; time += HOUR) {
      const sky = world.sky(time);
      expect(sky.airTemperature).toBeGreaterThan(20);
      expect(sky.airTemperature).toBeLessThan(36);
      expect(sky.relativeHumidity).toBeLessThanOrEqual(100);
      expect(sky.radiation).toBeLessThanOrEqual(1050);
      expect(sky.rain).toBeLessThanOrEqual(60);
      const hour = ((time - midnight) / HOUR + 24 * 60) % 24;
      if (hour < 5 || hour > 19) expect(sky.radiation).toBe(0);
      if (sky.rain > 0) wetHours++;
    }
    expect(wetHours).toBeGreaterThan(10);
    expect(wetHours).toBeLessThan(300);
  });

  test('rains in the wet season and hardly in the dry one', () => {
    const rainFrom = (start: number): number => {
      let sum = 0;
      for (let hour = 0; hour < 60 * 24; hour++) sum += world.sky(start + hour * HOUR).rain;
      return sum;
    };
    expect(rainFrom(Date.UTC(2026, 7, 1))).toBeGreaterThan(3 * rainFrom(Date.UTC(2026, 0, 15)));
  });
});

describe('a pond', () => {
  test('breathes: oxygen peaks before dusk and is lowest at dawn', () => {
    let crashes = 0;
    let nights = 0;
    for (const pond of ponds) {
      for (let day = 0; day < 30; day++) {
        const at = (hour: number): number =>
          world.pond(pond, midnight - day * DAY + hour * HOUR).dissolvedOxygen;
        const dusk = at(16);
        const dawn = at(5.5);
        expect(dusk).toBeGreaterThan(7);
        expect(dusk).toBeLessThan(13);
        expect(dawn).toBeLessThan(6);
        expect(dawn).toBeGreaterThan(1);
        expect(at(0)).toBeGreaterThan(dawn);
        expect(at(11)).toBeGreaterThan(dawn);
        nights++;
        if (dawn < 3) crashes++;
      }
    }
    expect(crashes / nights).toBeGreaterThan(0.01);
    expect(crashes / nights).toBeLessThan(0.15);
  });

  test('changes no faster than water can', () => {
    for (const pond of ponds.slice(0, 4)) {
      let before = world.pond(pond, midnight - 5 * DAY);
      for (let time = midnight - 5 * DAY; time < midnight; time += 5 * MINUTE) {
        const now = world.pond(pond, time);
        expect(Math.abs(now.dissolvedOxygen - before.dissolvedOxygen)).toBeLessThan(0.4);
        expect(Math.abs(now.ph - before.ph)).toBeLessThan(0.05);
        expect(Math.abs(now.temperature - before.temperature)).toBeLessThan(0.2);
        expect(Math.abs(now.salinity - before.salinity)).toBeLessThan(0.1);
        before = now;
      }
    }
  });

  test('agrees with itself: conductivity with salinity, pH with oxygen, saturation with heat', () => {
    for (let time = midnight; time < midnight + DAY; time += 37 * MINUTE) {
      const water = world.pond(ponds[0] ?? 0, time);
      const salinity = salinityFromConductivity(water.conductivity, water.temperature);
      expect(salinity).toBeCloseTo(water.salinity, 6);
      const saturation = oxygenSaturation({ temperatureC: water.temperature, salinity });
      expect(water.dissolvedOxygen / saturation).toBeLessThan(2);
      expect(water.ph).toBeGreaterThan(7);
      expect(water.ph).toBeLessThan(9);
    }
    const dusk = world.pond(ponds[0] ?? 0, midnight + 16 * HOUR);
    const dawn = world.pond(ponds[0] ?? 0, midnight + 5.5 * HOUR);
    expect(dusk.ph - dawn.ph).toBeGreaterThan(0.2);
  });

  test('is aerated by night, and not on the night its aerators fail', () => {
    for (const pond of ponds) {
      for (let day = 0; day < 30; day++) {
        const at = (hour: number): { aerating: boolean; dissolvedOxygen: number } =>
          world.pond(pond, midnight - day * DAY + hour * HOUR);
        expect(at(22).aerating).toBe(true);
        expect(at(13).aerating).toBe(false);
        expect(at(4).aerating).toBe(at(5.5).dissolvedOxygen > 2.75);
      }
    }
  });

  test.each([0, 3, 6, 9, 13, 16, 20, 23])(
    'loses its oxygen on cue when the scenario starts at %d o’clock',
    (hour) => {
      const start = midnight + hour * HOUR;
      for (const pond of ponds) {
        const fallen = createWorld(1, fallingOxygen(pond, start));
        const at = (minutes: number): number =>
          fallen.pond(pond, start + minutes * MINUTE).dissolvedOxygen;
        expect(at(-280 / 60)).toBeCloseTo(3, 6);
        for (let minutes = -24; minutes < -4.7; minutes++) expect(at(minutes)).toBeGreaterThan(3);
        for (let minutes = -4.6; minutes < 170; minutes += 2) {
          expect(at(minutes)).toBeLessThan(3);
          expect(at(minutes)).toBeGreaterThan(1.9);
        }
        const usual = world.pond(pond, start - 2 * HOUR).dissolvedOxygen;
        expect(at(-120)).toBe(usual);
        expect(fallen.pond(pond, start).aerating).toBe(false);
        expect(fallen.pond(pond + 1, start)).toEqual(world.pond(pond + 1, start));
      }
    },
  );
});

describe('a field', () => {
  test('has one immigration in about 25 days, well above the other nights', () => {
    const nights = Array.from({ length: 150 }, (_, night) =>
      world.field(3, midnight + 8 * HOUR + night * DAY),
    );
    const catches = nights.flatMap(({ catches }) => catches['NILALU'] ?? []);
    const median = [...catches].sort((a, b) => a - b)[catches.length >> 1] ?? 0;
    expect(median).toBeGreaterThan(4);
    expect(median).toBeLessThan(50);
    expect(Math.max(...catches)).toBeGreaterThan(5 * median);
    const highNights = catches.filter((count) => count > 4 * median).length;
    expect(highNights / catches.length).toBeLessThan(0.35);
    const missed = nights.filter(({ lampHours }) => lampHours === 0);
    expect(missed.length).toBeGreaterThan(0);
    expect(missed.length).toBeLessThan(20);
    // A night that was not observed is not a zero: it has no counts at all.
    for (const night of missed) expect(night.catches).toEqual({});
  });

  test('holds the last collected night until the next collection at six', () => {
    const evening = world.field(3, midnight + 20 * HOUR);
    expect(world.field(3, midnight + 6 * HOUR)).toEqual(evening);
    expect(world.field(3, midnight + 29.9 * HOUR)).toEqual(evening);
    expect(world.field(3, midnight + 30 * HOUR)).not.toEqual(evening);
    for (const count of Object.values(evening.catches)) expect(Number.isInteger(count)).toBe(true);
  });
});

describe('a drip block', () => {
  test('meters exactly the water that flows, and never backwards', () => {
    const stepMs = 5_000;
    for (const block of [1, 2, 3]) {
      const from = midnight - 3 * DAY;
      const first = world.drip(block, from).flowTotal;
      let litres = first;
      let integral = first;
      let opened = 0;
      let backwards = 0;
      let wasOpen = false;
      for (let time = from; time < midnight; time += stepMs) {
        const now = world.drip(block, time);
        if (now.flowTotal < litres) backwards++;
        if (now.valveOpen && !wasOpen) opened++;
        litres = now.flowTotal;
        integral += (world.drip(block, time + stepMs / 2).flowRate * stepMs) / MINUTE;
        wasOpen = now.valveOpen;
      }
      expect({ opened, backwards }).toEqual({ opened: 6, backwards: 0 });
      const last = world.drip(block, midnight).flowTotal;
      expect(Math.abs(integral - last)).toBeLessThan((last - first) * 0.002);
    }
  });

  test('flows only with the valve open, wets the soil and empties the tank', () => {
    let lowTank = 100;
    for (let time = midnight - 30 * DAY; time < midnight; time += 5 * MINUTE) {
      const block = world.drip(4, time);
      expect(block.flowRate > 0).toBe(block.valveOpen);
      expect(block.pumpCurrent > 0).toBe(block.valveOpen);
      expect(block.soilMoisture).toBeGreaterThan(20);
      expect(block.soilMoisture).toBeLessThan(36);
      expect(block.sourceSalinity).toBeGreaterThan(0);
      lowTank = Math.min(lowTank, block.tankLevel);
    }
    expect(lowTank).toBeGreaterThan(10);
    const before = world.drip(4, midnight + 5.4 * HOUR);
    const after = world.drip(4, midnight + 6.1 * HOUR);
    expect(after.soilMoisture).toBeGreaterThan(before.soilMoisture + 2);
    expect(after.tankLevel).toBeLessThan(before.tankLevel - 10);
  });

  test('draws saltier water in March than in October', () => {
    const mean = (start: number): number => {
      let sum = 0;
      for (let hour = 0; hour < 720; hour++)
        sum += world.drip(1, start + hour * HOUR).sourceSalinity;
      return sum / 720;
    };
    expect(mean(Date.UTC(2026, 2, 1))).toBeGreaterThan(2);
    expect(mean(Date.UTC(2026, 9, 1))).toBeLessThan(0.6);
  });
});
