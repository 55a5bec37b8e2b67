import type { StoredCount } from '../contracts/series.ts';
import type { ReceivedCount } from '../contracts/state.ts';

/** Values of one device that came in and are nowhere any more. */
export interface Loss {
  coop: string;
  device: string;
  values: number;
  /** First and last local day of receipt on which something is missing. */
  fromDay: string;
  toDay: string;
}

/**
 * Adds up what was received and is neither stored nor accounted for otherwise, from counts read
 * once everything decoded had reached the store. After a rebuild a value may count for another
 * day, so a device's days are summed before anything is called lost.
 */
export class LossTally {
  readonly #losses = new Map<string, Loss>();

  /** All counts of some days, which must not come again. */
  add(received: readonly ReceivedCount[], stored: readonly StoredCount[]): void {
    const missing = new Map<
      string,
      { coop: string; device: string; day: string; values: number }
    >();
    const count = ({ coop, device, day }: ReceivedCount | StoredCount, values: number): void => {
      const key = JSON.stringify([coop, device, day]);
      const found = missing.get(key) ?? { coop, device, day, values: 0 };
      found.values += values;
      missing.set(key, found);
    };
    for (const one of received) count(one, one.received - one.rejected - one.repeated);
    for (const one of stored) count(one, -one.stored - one.duplicate);
    for (const { coop, device, day, values } of missing.values()) {
      if (values === 0) continue;
      const key = JSON.stringify([coop, device]);
      const loss = this.#losses.get(key) ?? { coop, device, values: 0, fromDay: day, toDay: day };
      loss.values += values;
      if (values > 0 && day < loss.fromDay) loss.fromDay = day;
      if (values > 0 && day > loss.toDay) loss.toDay = day;
      this.#losses.set(key, loss);
    }
  }

  /** The greatest first. */
  losses(): Loss[] {
    const losses = [...this.#losses.values()].filter(({ values }) => values > 0);
    return losses.sort((left, right) => right.values - left.values);
  }
}

/** The same in a line for the operator; null when nothing is lost. */
export function describeLosses(losses: readonly Loss[]): string | null {
  if (losses.length === 0) return null;
  const values = losses.reduce((sum, loss) => sum + loss.values, 0);
  const days = losses.flatMap(({ fromDay, toDay }) => [fromDay, toDay]).sort();
  const devices = new Set(losses.map(({ device }) => device)).size;
  return (
    `${values} values of ${devices} ${devices === 1 ? 'device' : 'devices'} received between ${days[0]} and ${days.at(-1)} ` +
    'could not be rebuilt'
  );
}
