import { AppError } from '../base/errors.ts';
import { ROLLUP_FUNCTIONS, ROLLUP_TIERS, type RollupChange } from '../contracts/series.ts';

function invalid({ tier, kind, device }: RollupChange, why: string): AppError {
  return new AppError('ROLLUP_INVALID', `${tier} rollup of ${kind}/${device}: ${why}`);
}

/** What every store asks of rollups before it keeps them. Throws ROLLUP_INVALID. */
export function checkRollups(
  changes: readonly RollupChange[],
  metricNames: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const change of changes) {
    const names = metricNames.get(change.kind);
    if (names === undefined) throw invalid(change, 'there is no such kind');
    if (!ROLLUP_TIERS.includes(change.tier)) throw invalid(change, 'there is no such tier');
    const windows = new Set(change.windows);
    for (const { kind, device, metric, times, columns } of change.blocks) {
      if (kind !== change.kind || device !== change.device) {
        throw invalid(change, `a block is of ${kind}/${device}`);
      }
      if (!names.has(metric)) throw invalid(change, `there is no metric ${metric}`);
      if (columns.length !== ROLLUP_FUNCTIONS.length) {
        throw invalid(change, `${columns.length} columns instead of ${ROLLUP_FUNCTIONS.length}`);
      }
      const stray = times.find((time) => !windows.has(time));
      if (stray !== undefined) throw invalid(change, `window ${stray} is not among those replaced`);
    }
  }
}
