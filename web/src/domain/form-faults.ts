import type { FieldFault } from '../api/client.ts';

export interface PlacedFaults {
  /** By the field of the form; the first that was found stands. */
  at: ReadonlyMap<string, string>;
  /** What is about nothing that the form shows. */
  rest: readonly string[];
}

/**
 * Puts each fault to the field it is about: the server may name a part of what one field holds, as
 * `aerators.1` of `aerators`, or a whole of which the form shows parts, as `place`.
 */
export function placeFaults(faults: readonly FieldFault[], shown: readonly string[]): PlacedFaults {
  const at = new Map<string, string>();
  const rest: string[] = [];
  for (const { field, message } of faults) {
    const place =
      shown.find((one) => one === field) ??
      shown.find((one) => field.startsWith(`${one}.`)) ??
      shown.find((one) => one.startsWith(`${field}.`));
    if (place === undefined) rest.push(message);
    else if (!at.has(place)) at.set(place, message);
  }
  return { at, rest };
}
