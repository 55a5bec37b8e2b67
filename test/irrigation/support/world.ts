import { localClock } from '#src/base/local-clock';
import type { Valve, World } from '#src/irrigation/programmes/world';
import { MIDNIGHT, ZONE } from './stand.ts';

export function valveOf(device: string, change: Partial<Valve> = {}): Valve {
  return {
    ...{ device, role: 'irrigation-valve', coop: 'an-binh', site: 'plot', unusable: null },
    ...{ fault: null, maxSeconds: 3_600, restSeconds: 0, flow: 20, meter: null },
    ...{
      supplies: ['pump'],
      feeds: false,
      needsOpen: false,
      mostOpen: null,
      daily: { seconds: null, litres: null },
    },
    used: { day: '', seconds: 0, litres: 0 },
    ...change,
  };
}

/** Four valves behind one pump. */
export function worldOf(
  change: Partial<Omit<World, 'valves'>> & { valves?: readonly Valve[] } = {},
): World {
  const { valves = [], ...rest } = change;
  const plant = [
    valveOf('pump', { role: 'pump', supplies: [], feeds: true, flow: null }),
    ...['v-1', 'v-2', 'v-3', 'v-4'].map((device) => valveOf(device)),
    ...valves,
  ];
  return {
    ...{ now: MIDNIGHT, clock: localClock(ZONE), plots: new Map(), sky: new Map() },
    ...{ needs: new Map(), rain: new Map(), moisture: new Map(), busy: [] },
    valves: new Map(plant.map((valve) => [valve.device, valve])),
    ...rest,
  };
}
