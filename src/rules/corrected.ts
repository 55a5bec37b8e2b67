import type { DeviceCorrections } from '../contracts/corrections.ts';
import type { Reading } from './compiled.ts';
import type { Sample } from './sample.ts';

/** A sample as it is judged. */
export interface JudgedSample extends Sample {
  /** A person doubts it. */
  isSuspect: boolean;
}

/**
 * What a reading says at an instant with a suspect value: it may open an alert and keep it open,
 * and cannot end one, nor add to the time that does.
 */
export function cannotClear(reading: Reading): Reading {
  return { ...reading, levels: reading.levels.map(({ beyond }) => ({ beyond, cleared: false })) };
}

/** Raw samples as they are judged; those a person called invalid are not. */
export function correctedSamples(
  samples: readonly Sample[],
  metric: string,
  corrections: DeviceCorrections | undefined,
): JudgedSample[] {
  const judged: JudgedSample[] = [];
  for (const { time, value } of samples) {
    const corrected = corrections?.apply(metric, time, value);
    if (corrected === undefined) judged.push({ time, value, isSuspect: false });
    else if (corrected !== null) {
      judged.push({ time, value: corrected.value, isSuspect: corrected.suspect });
    }
  }
  return judged;
}
