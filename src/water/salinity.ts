/**
 * The practical salinity scale of 1978: UNESCO Technical Papers in Marine Science 44 (Fofonoff &
 * Millard 1983), with the extension of Hill, Dauphinee & Woods 1986 below salinity 2. Valid for
 * salinity 0 to 42 and −2 to 35 °C; a pond at 36 °C is a mild extrapolation. The conductivity is
 * the one in the water as it is, never one a meter has already converted to 25 °C.
 */

/** Conductivity (mS/cm) of standard sea water: salinity 35, 15 °C, no pressure. */
const STANDARD_MS_CM = 42.914;

/** The scale is defined on the temperature scale of 1968; instruments read that of 1990. */
function toScale1968(temperatureC: number): number {
  return temperatureC * 1.00024;
}

/** Conductivity of standard sea water at `t68` over that at 15 °C. */
function temperatureRatio(t68: number): number {
  return (
    0.6766097 + t68 * (2.00564e-2 + t68 * (1.104259e-4 + t68 * (-6.9698e-7 + t68 * 1.0031e-9)))
  );
}

function pressureRatio(ratio: number, t68: number, pressureDbar: number): number {
  const p = pressureDbar;
  const above = p * (2.07e-5 + p * (-6.37e-10 + p * 3.989e-15));
  const below = 1 + t68 * (3.426e-2 + t68 * 4.464e-4) + ratio * (4.215e-1 - t68 * 3.107e-3);
  return 1 + above / below;
}

/** Salinity from Rt, the ratio freed of temperature and pressure. */
function fromReducedRatio(rt: number, t68: number): number {
  const x = Math.sqrt(rt);
  const f = (t68 - 15) / (1 + 0.0162 * (t68 - 15));
  const a = 0.008 + x * (-0.1692 + x * (25.3851 + x * (14.0941 + x * (-7.0261 + x * 2.7081))));
  const b = 0.0005 + x * (-0.0056 + x * (-0.0066 + x * (-0.0375 + x * (0.0636 - x * 0.0144))));
  const salinity = a + f * b;
  if (salinity >= 2) return salinity;
  const big = 400 * rt;
  const small = 100 * rt;
  const root = Math.sqrt(small);
  const hill =
    0.008 / (1 + 1.5 * big + big * big) + (0.0005 * f) / (1 + root + small + small * root);
  return salinity - hill;
}

/** Salinity from the conductivity ratio to standard sea water, `t68` in °C and pressure in dbar. */
export function salinityFromRatio(ratio: number, t68: number, pressureDbar = 0): number {
  const reduced = ratio / (pressureRatio(ratio, t68, pressureDbar) * temperatureRatio(t68));
  return fromReducedRatio(reduced, t68);
}

/** Practical salinity of water at the surface from its conductivity in place. */
export function salinityFromConductivity(conductivityMsCm: number, temperatureC: number): number {
  return salinityFromRatio(conductivityMsCm / STANDARD_MS_CM, toScale1968(temperatureC));
}

/** Ends the search within 1e-10 of the salinity; four to six steps from any start get there. */
const SEARCH_STEPS_MAX = 12;
const SEARCH_TOLERANCE = 1e-10;

/** The conductivity in place (mS/cm) of surface water of a practical salinity: the inverse. */
export function conductivityFromSalinity(salinity: number, temperatureC: number): number {
  if (salinity <= 0) return 0;
  const t68 = toScale1968(temperatureC);
  let before = salinity / 35;
  let beforeError = fromReducedRatio(before, t68) - salinity;
  let now = before * 1.05;
  for (let step = 0; step < SEARCH_STEPS_MAX; step++) {
    const error = fromReducedRatio(now, t68) - salinity;
    const slope = (error - beforeError) / (now - before);
    if (Math.abs(error) < SEARCH_TOLERANCE || slope === 0) break;
    before = now;
    beforeError = error;
    // A ratio below zero has no root: a step that would pass zero stops half-way to it.
    now = Math.max(now - error / slope, now / 2);
  }
  return now * temperatureRatio(t68) * STANDARD_MS_CM;
}

/** Share by which a meter's linear compensation to 25 °C lowers conductivity per °C above it. */
export const COMPENSATION_PER_C = 0.0191;

/**
 * The conductivity in place (mS/cm) behind one a meter has converted to 25 °C in a straight line.
 * The share per °C is the meter's own; the default is that of APHA 2510 (not verified).
 */
export function undoCompensation(
  compensatedMsCm: number,
  temperatureC: number,
  perC: number = COMPENSATION_PER_C,
): number {
  return compensatedMsCm * (1 + perC * (temperatureC - 25));
}

/** What a person should know beside a salinity from conductivity; null when nothing. */
export function salinityCaution(
  salinity: number,
  temperatureC: number,
): 'extrapolated' | 'indicative' | null {
  if (temperatureC > 35 || temperatureC < -2 || salinity > 42) return 'extrapolated';
  // Below 1 the salt is the river's, and not in the proportions of the sea.
  return salinity < 1 ? 'indicative' : null;
}
