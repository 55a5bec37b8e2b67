import type { Plot } from '../contracts/irrigation.ts';
import type { Geometry, Site } from '../contracts/state.ts';

export interface Place {
  latitude: number;
  longitude: number;
  /** m; null: not known. */
  altitude: number | null;
}

/** Where a site is: as its plot says, else the middle of its corners; null when nobody knows. */
export function placeOf(
  plot: Pick<Plot, 'place'> | undefined,
  site: Pick<Site, 'location'> | undefined,
): Place | null {
  if (plot?.place != null) return plot.place;
  const corners = cornersOf(site?.location ?? null);
  if (corners.length === 0) return null;
  const mean = (at: 0 | 1): number =>
    corners.reduce((sum, corner) => sum + corner[at], 0) / corners.length;
  const [longitude, latitude] = [mean(0), mean(1)];
  const isOnEarth = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return isOnEarth ? { latitude, longitude, altitude: null } : null;
}

/** Every position of a geometry (RFC 7946 clause 3.1.1), without the end of a ring. */
function cornersOf(geometry: Geometry | null): Array<readonly [number, number]> {
  const found: Array<readonly [number, number]> = [];
  const visit = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    const [longitude, latitude] = part as unknown[];
    if (typeof longitude === 'number' && typeof latitude === 'number') {
      found.push([longitude, latitude]);
      return;
    }
    const inner = part as unknown[];
    // A ring ends where it began, and that corner counts once.
    const isRing = inner.length > 3 && JSON.stringify(inner[0]) === JSON.stringify(inner.at(-1));
    for (const one of isRing ? inner.slice(0, -1) : inner) visit(one);
  };
  visit(geometry?.coordinates);
  return found;
}
