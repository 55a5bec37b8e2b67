import { expect, test } from 'vitest';
import drip from '#devices/drip-controller/kind';
import trap from '#devices/insect-trap/kind';
import type { HistoryBlock, HistoryQuery } from '#src/contracts/history';
import { createFieldReadings } from '#src/irrigation/programmes/readings';
import { deviceOf } from '../state/examples.ts';

const DEVICES = [
  deviceOf({ id: 'trap-1', kind: 'insect-trap' }),
  deviceOf({ id: 'v-1', kind: 'drip-controller' }),
];

function readingsOver(points: Array<[time: number, value: number]>) {
  const asked: HistoryQuery[] = [];
  const readings = createFieldReadings({
    history: {
      async *query(query: HistoryQuery): AsyncIterable<HistoryBlock> {
        asked.push(query);
        // A device that moved answers in two series, here the newer place first.
        for (const part of [points.slice(1), points.slice(0, 1)]) {
          yield {
            ...{ device: 'd', site: null, coop: 'an-binh', kind: query.kind, metric: 'm' },
            times: Float64Array.from(part.map(([time]) => time)),
            columns: [Float64Array.from(part.map(([, value]) => value))],
          };
        }
      },
    },
    registry: { find: (id) => DEVICES.find((device) => device.id === id) },
    kinds: new Map([trap, drip].map((kind) => [kind.name, kind])),
  });
  return { readings, asked };
}

test('rain is what each report counted since the one before', async () => {
  const { readings, asked } = readingsOver([
    [7_200_000, 1.5],
    [10_800_000, 0],
    [14_400_000, Number.NaN],
    [18_000_000, 4],
  ]);
  expect(await readings.rain('trap-1', { from: 0, to: 20_000_000 })).toEqual([
    { from: 3_600_000, to: 7_200_000, mm: 1.5 },
    { from: 7_200_000, to: 10_800_000, mm: 0 },
    { from: 10_800_000, to: 18_000_000, mm: 4 },
  ]);
  expect(asked).toMatchObject([{ kind: 'insect-trap', metrics: ['rain'], values: 'corrected' }]);
});

test('moisture is the newest value; what nobody measures is not known', async () => {
  const time = { from: 0, to: 20_000_000 };
  const { readings } = readingsOver([
    [1_000, 20],
    [2_000, 31.5],
  ]);
  expect(await readings.moisture('v-1', time)).toEqual({ at: 2_000, percent: 31.5 });
  expect(await readings.moisture('trap-1', time)).toBeNull();
  expect(await readings.rain('v-1', time)).toBeNull();
  expect(await readings.rain('d-9', time)).toBeNull();
  const { readings: silent } = readingsOver([]);
  expect(await silent.rain('trap-1', time)).toBeNull();
  expect(await silent.moisture('v-1', time)).toBeNull();
});
