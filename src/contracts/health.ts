import type { Localized } from './localized.ts';
import type { Severity } from './rule.ts';

export const HEALTH_CODES = [
  'silent',
  'battery',
  'clock',
  'rejected',
  'repeats',
  'interval',
] as const;
export type HealthCode = (typeof HEALTH_CODES)[number];

/** One thing that is not as it should be with a device. */
export interface HealthFinding {
  code: HealthCode;
  severity: Severity;
  text: Localized;
}
