/** Mean time from new moon to new moon, days. */
const SYNODIC_DAYS = 29.530588853;
/** A new moon to count from: 2000-01-06T18:14Z. */
const NEW_MOON_MS = Date.UTC(2000, 0, 6, 18, 14);
const DAY_MS = 86_400_000;

/**
 * Share of the moon's face that is lit, 0 at new moon to 1 at full. By the mean month, so up to
 * 14 hours from the almanac: enough to stand beside a light-trap catch, which moonlight lowers.
 */
export function moonIllumination(time: number): number {
  const months = (time - NEW_MOON_MS) / (SYNODIC_DAYS * DAY_MS);
  return (1 - Math.cos(2 * Math.PI * months)) / 2;
}
