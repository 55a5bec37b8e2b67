import { MINUTE_MS } from '../../base/local-clock.ts';
import type { ProgrammePiece, ProgrammeSupply } from '../../contracts/irrigation.ts';
import type { Busy, Valve, World } from './world.ts';

/**
 * A supply stays on over a pause that is no longer, so that a pump does not begin anew for each
 * zone: zones in sequence begin with the minute after the last one's end and its 10 s of change.
 */
export const SUPPLY_GAP_MS = 2 * MINUTE_MS;

/** Whether a supply is left on between two times in which something below it is open. */
export function isBridged({ needsOpen }: Pick<Valve, 'needsOpen'>, gapMs: number): boolean {
  return needsOpen ? gapMs < 0 : gapMs <= SUPPLY_GAP_MS;
}

/**
 * When a piece may begin instead, because a supply of its valve would have to begin anew before it
 * has rested; null: none would. `busy` holds what else is open below them.
 */
export function restEnd(
  valve: Valve,
  { from, to }: { from: number; to: number },
  { world, busy }: { world: World; busy: readonly Busy[] },
): number | null {
  for (const name of valve.supplies) {
    const supply = world.valves.get(name);
    const restMs = (supply?.restSeconds ?? 0) * 1000;
    if (supply === undefined || restMs === 0) continue;
    let before = Number.NEGATIVE_INFINITY;
    let next: Busy | null = null;
    for (const one of busy) {
      const other = world.valves.get(one.device);
      if (other === undefined || other.feeds || !other.supplies.includes(name)) continue;
      if (one.from <= from) before = Math.max(before, one.to);
      else if (one.to > to && (next === null || one.from < next.from)) next = one;
    }
    if (!isBridged(supply, from - before) && from - before < restMs) return before + restMs;
    if (next === null || isBridged(supply, next.from - to)) continue;
    if (next.from - to < restMs) return next.to;
  }
  return null;
}

/** What runs for these pieces besides their valves, and when, by time. */
export function suppliesOf(pieces: readonly ProgrammePiece[], world: World): ProgrammeSupply[] {
  const spans = new Map<string, Array<{ from: number; to: number }>>();
  for (const { device, from, seconds } of [...pieces].sort((a, b) => a.from - b.from)) {
    const to = from + seconds * 1000;
    for (const name of world.valves.get(device)?.supplies ?? []) {
      const supply = world.valves.get(name);
      if (supply === undefined) continue;
      const known = spans.get(name) ?? [];
      spans.set(name, known);
      const last = known.at(-1);
      if (last !== undefined && isBridged(supply, from - last.to)) last.to = Math.max(last.to, to);
      else known.push({ from, to });
    }
  }
  return [...spans]
    .flatMap(([device, known]) =>
      known.map(({ from, to }) => ({ device, from, seconds: Math.round((to - from) / 1000) })),
    )
    .sort((a, b) => a.from - b.from);
}
