/** When a simulated device observes: a grid of its own, finer around the start of the live part. */
export interface Schedule {
  /** No report before it, ms. */
  from: number;
  /** No report from it on; infinite for a device that never stops. */
  until: number;
  intervalMs: number;
  /** From here on the device reports at the live interval; `from` when it always does. */
  liveFrom: number;
  liveIntervalMs: number;
  /** Moves the grid, so that a thousand devices do not all report in the same millisecond. */
  phaseMs: number;
}

export interface Slot {
  time: number;
  /** Time since the slot before, or the interval for the first. */
  intervalSeconds: number;
}

/** The first point of the grid after `time`. */
function gridAfter(time: number, intervalMs: number, phaseMs: number): number {
  const phase = phaseMs % intervalMs;
  return (Math.floor((time - phase) / intervalMs) + 1) * intervalMs + phase;
}

/** Points of the grid in `[from, until)`. */
function gridCount(grid: {
  from: number;
  until: number;
  intervalMs: number;
  phaseMs: number;
}): number {
  const { from, until, intervalMs, phaseMs } = grid;
  if (until <= from) return 0;
  const first = gridAfter(from - 1, intervalMs, phaseMs);
  return first >= until ? 0 : Math.floor((until - 1 - first) / intervalMs) + 1;
}

/** The slot after the one at `after`, or the first one for null; null when there is none. */
export function nextSlot(schedule: Schedule, after: number | null): Slot | null {
  const { from, until, intervalMs, liveFrom, liveIntervalMs, phaseMs } = schedule;
  const since = after === null ? from - 1 : after;
  let time = gridAfter(since, intervalMs, phaseMs);
  let step = intervalMs;
  if (time >= liveFrom) {
    time = gridAfter(Math.max(since, liveFrom - 1), liveIntervalMs, phaseMs);
    step = liveIntervalMs;
  }
  if (time >= until) return null;
  return { time, intervalSeconds: (after === null ? step : time - after) / 1000 };
}

/** How many slots lie before `until`. */
export function countSlots(schedule: Schedule, until: number): number {
  const { from, liveFrom, intervalMs, liveIntervalMs, phaseMs } = schedule;
  const end = Math.min(until, schedule.until);
  return (
    gridCount({ from, until: Math.min(end, liveFrom), intervalMs, phaseMs }) +
    gridCount({ from: Math.max(from, liveFrom), until: end, intervalMs: liveIntervalMs, phaseMs })
  );
}
