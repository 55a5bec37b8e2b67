import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvents, type FarmEvent } from '../../web/src/domain/farm.ts';
import { alert, device, farmOf, iso, latest, MINUTE_MS, NOON } from './support.ts';

const seed = process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) };

function observation(values: Record<string, number>, time: number): FarmEvent {
  const data = { device: 'd1', site: null, coop: 'c', kind: 'probe', time: iso(time), values };
  return { type: 'observation', data };
}

describe('events of the stream', () => {
  const farm = farmOf({ devices: [device('d1')], latest: [latest('d1', 'oxygen', 5)] });

  it('bring a newer value and keep other metrics', () => {
    const next = applyEvents(farm, [observation({ acidity: 8 }, NOON + MINUTE_MS)]);
    expect(next.readings.get('d1')?.get('acidity')?.value).toBe(8);
    expect(next.readings.get('d1')?.get('oxygen')?.value).toBe(5);
    expect(farm.readings.get('d1')?.has('acidity')).toBe(false);
  });

  it('of a device that fills in its history leave the last value as it is', () => {
    const next = applyEvents(farm, [observation({ oxygen: 1 }, NOON - MINUTE_MS)]);
    expect(next.readings.get('d1')?.get('oxygen')?.value).toBe(5);
  });

  it('end in the same last values in whatever order and batches they come', () => {
    const event = fc.record({ value: fc.integer({ min: 0, max: 9 }), minute: fc.nat(60) });
    const unique = fc.uniqueArray(event, { selector: ({ minute }) => minute, maxLength: 20 });
    fc.assert(
      fc.property(unique, fc.array(fc.nat(100), { maxLength: 20 }), (events, keys) => {
        const shuffled = events
          .map((one, index) => ({ one, key: keys[index] ?? index }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const read = ({ value, minute }: { value: number; minute: number }) =>
          observation({ oxygen: value }, NOON + minute * MINUTE_MS + 1);
        const inOrder = [...events].sort((a, b) => a.minute - b.minute);
        const atOnce = applyEvents(farm, inOrder.map(read));
        const oneByOne = shuffled.reduce((state, one) => applyEvents(state, [read(one)]), farm);
        expect(oneByOne.readings).toEqual(atOnce.readings);
      }),
      { numRuns: 100, ...seed },
    );
  });

  it('open, change and close alerts, whatever comes late', () => {
    const open = applyEvents(farm, [{ type: 'alert', data: alert('a') }]);
    expect(open.alerts.get('a')?.state).toBe('open');
    const timeline = [{ at: iso(NOON), event: 'acknowledged' as const, who: 'Lan', note: null }];
    const data = alert('a', { state: 'acknowledged', revision: 2, timeline });
    const taken = applyEvents(open, [{ type: 'alert', data }]);
    expect(taken.alerts.get('a')?.acknowledgedBy).toBe('Lan');
    const late = applyEvents(taken, [{ type: 'alert', data: alert('a') }]);
    expect(late.alerts.get('a')?.state).toBe('acknowledged');
    const over = alert('a', { state: 'resolved', revision: 3 });
    expect(applyEvents(late, [{ type: 'alert', data: over }]).alerts.size).toBe(0);
  });
});
