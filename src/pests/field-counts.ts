/** A count in the field: the sample it came from is kept beside the density. */
export interface FieldCount {
  insects: number;
  hills: number;
  hillsPerM2: number;
}

/**
 * Insects per m² from a count on hills. Throws RangeError for a negative count, and for a sample
 * without hills: no density follows from it, least of all 0.
 */
export function fieldDensity({ insects, hills, hillsPerM2 }: FieldCount): number {
  if (!(insects >= 0) || !Number.isFinite(insects)) {
    throw new RangeError(`a count is 0 or more, not ${insects}`);
  }
  if (!(hills > 0) || !Number.isFinite(hills)) {
    throw new RangeError(`a sample has one hill or more, not ${hills}`);
  }
  if (!(hillsPerM2 > 0) || !Number.isFinite(hillsPerM2)) {
    throw new RangeError(`a field has hills, not ${hillsPerM2} per m²`);
  }
  return (insects / hills) * hillsPerM2;
}
