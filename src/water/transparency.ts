/**
 * Attenuation of light (1/m) from the depth (m) at which a Secchi disc vanishes: 1.7 over it, Poole
 * & Atkins 1929 (not verified). Read between 10:00 and 14:00. A turbidity in NTU does not tell it.
 */
export function lightAttenuation(secchiM: number): number {
  if (!(secchiM > 0)) throw new RangeError(`a Secchi depth is above 0, not ${secchiM} m`);
  return 1.7 / secchiM;
}

/** Depth (m) that one percent of the light reaches: about how far down algae give oxygen. */
export function lightDepth(secchiM: number): number {
  return 4.605 / lightAttenuation(secchiM);
}
