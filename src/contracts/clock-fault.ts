import type { Metric } from './device-kind.ts';
import type { Observation, Quality } from './observation.ts';

/**
 * What every kind of device has besides its own metrics, for rules: 1 where a report came with an
 * unusable time and stands at its arrival instead, 0 where not. It is nowhere stored by itself,
 * since the quality of each value says it.
 */
export const CLOCK_FAULT: Metric = Object.freeze({
  name: 'clock_fault',
  label: { vi: 'Đồng hồ sai giờ', en: 'Clock wrong', fr: 'Horloge fausse' },
  unit: '1',
  min: 0,
  max: 1,
  decimals: 0,
  shape: 'state',
});

export function clockFaultOf(quality: Quality): 0 | 1 {
  return quality === 'clock' ? 1 : 0;
}

/** What a report says of a metric, its own or the one every kind has; undefined: nothing. */
export function reportedValue(
  { values, quality }: Pick<Observation, 'values' | 'quality'>,
  metric: string,
): number | undefined {
  return metric === CLOCK_FAULT.name ? clockFaultOf(quality) : values[metric];
}
