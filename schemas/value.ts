import type { Metric } from '../src/contracts/device-kind.ts';

/** Why a value is refused: a stable code, and one sentence in English. */
export interface ValueFault {
  code: string;
  reason: string;
}

/** What is wrong with a value of a metric, however it came to us; undefined when it is good. */
export function valueFault(metric: Metric | undefined, value: unknown): ValueFault | undefined {
  if (metric === undefined) {
    return { code: 'UNKNOWN_METRIC', reason: 'this kind of device has no such metric' };
  }
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    return { code: 'NOT_A_NUMBER', reason: 'the value is not a finite number' };
  }
  if (value >= metric.min && value <= metric.max) return undefined;
  const range = `${metric.min} to ${metric.max} ${metric.unit}`;
  return { code: 'OUT_OF_RANGE', reason: `${value} is outside ${range}` };
}
