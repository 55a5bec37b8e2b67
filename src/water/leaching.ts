/**
 * Water that carries salt below the roots: FAO-29 rev. 1 (Ayers & Westcot 1985) after Rhoades 1974.
 * Electrical conductivities in dS/m (= mS/cm) at 25 °C: ECw of the water, ECe of the soil's
 * saturation extract.
 */
import { requireInside } from './valid-range.ts';

/** Sea water has 53; a crop is watered with a fraction of it. */
const CONDUCTIVITY = [0, 60] as const;

export type Leaching =
  | { fraction: number; reason: null }
  | { fraction: null; reason: 'water-too-salty' };

/** LR for surface irrigation and sprinklers: ECw / (5 ECe − ECw). Null where no water suffices. */
export function leachingForSurface(waterDsM: number, soilDsM: number): Leaching {
  requireInside({ waterDsM: CONDUCTIVITY, soilDsM: CONDUCTIVITY }, { waterDsM, soilDsM });
  const rest = 5 * soilDsM - waterDsM;
  const fraction = waterDsM / rest;
  // At a fraction of 1 all water would run through and none be left to drink.
  if (rest <= 0 || fraction >= 1) return { fraction: null, reason: 'water-too-salty' };
  return { fraction, reason: null };
}

/** LR for frequent drip: ECw / (2 max ECe), where max ECe is that at which the yield is nil. */
export function leachingForDrip(waterDsM: number, soilMaxDsM: number): Leaching {
  requireInside(
    { waterDsM: CONDUCTIVITY, soilMaxDsM: [0.1, CONDUCTIVITY[1]] },
    { waterDsM, soilMaxDsM },
  );
  const fraction = waterDsM / (2 * soilMaxDsM);
  if (fraction >= 1) return { fraction: null, reason: 'water-too-salty' };
  return { fraction, reason: null };
}

export type SaltRestriction = 'none' | 'slight-to-moderate' | 'severe';

/** How far the salt of a water restricts its use (FAO-29, Table 1: 0.7 and 3.0 dS/m). */
export function saltRestriction(waterDsM: number): SaltRestriction {
  requireInside({ waterDsM: CONDUCTIVITY }, { waterDsM });
  if (waterDsM < 0.7) return 'none';
  return waterDsM <= 3 ? 'slight-to-moderate' : 'severe';
}

export interface SaltResponse {
  /** ECe up to which the yield is whole. */
  thresholdDsM: number;
  /** b, percent of yield lost per dS/m above it. */
  percentPerDsM: number;
}

/** Share of the yield that is left, 0 to 1 (Maas & Hoffman's line, in FAO-29). */
export function yieldInSalt(soilDsM: number, response: SaltResponse): number {
  const { thresholdDsM, percentPerDsM } = response;
  requireInside(
    { soilDsM: CONDUCTIVITY, thresholdDsM: CONDUCTIVITY, percentPerDsM: [0, 100] },
    { soilDsM, thresholdDsM, percentPerDsM },
  );
  const lost = (percentPerDsM / 100) * Math.max(0, soilDsM - thresholdDsM);
  return Math.max(0, 1 - lost);
}

/**
 * Ks of salt, 0 to 1 (FAO-56, Eq. 89; recalled, not verified): what salt leaves of a crop's
 * evapotranspiration. Ky is the yield's response to water. Valid below half the yield lost.
 */
export function saltStress(soilDsM: number, response: SaltResponse, yieldResponse: number): number {
  requireInside({ yieldResponse: [0.2, 2] }, { yieldResponse });
  return Math.max(0, 1 - (1 - yieldInSalt(soilDsM, response)) / yieldResponse);
}
