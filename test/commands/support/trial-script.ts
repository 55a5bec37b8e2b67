import type { Chance } from './chance.ts';
import type { TrialBlock } from './trial-plant.ts';

export interface OrderStep {
  type: 'order';
  /** True ms. */
  at: number;
  device: string;
  action: 'open' | 'close';
  maxSeconds: number | null;
  /** The device must begin it within; null: the desk's own. */
  withinMs: number | null;
  owner: string;
  /** Asked before under this id. */
  id: string | null;
  tries: number;
}

/** Something that people do at an instant. */
export type Step = OrderStep | { type: 'stop' | 'release'; at: number; scope: string };

const LEASE_S = [20, 420] as const;
/** Long enough that a witness shows it before its end. */
const LONG_S = [180, 420] as const;
const WITHIN_MS = [3_000, 90_000] as const;

/** What is ordered of each block, and where somebody stops everything. */
export function scriptOf(
  blocks: readonly TrialBlock[],
  { chance, from, spanMs }: { chance: Chance; from: number; spanMs: number },
): Step[] {
  const steps: Step[] = [];
  for (const block of blocks) steps.push(...ordersOf(block, { chance, from, spanMs }));
  for (let count = chance.whole(0, 3); count > 0; count--) {
    const { valve } = chance.of(blocks);
    const scope = chance.is(0.5) ? `device:${valve.device}` : `site:${valve.actuator.site}`;
    const at = from + chance.between(0, spanMs);
    steps.push({ at, type: 'stop', scope });
    steps.push({ at: at + chance.between(20_000, 200_000), type: 'release', scope });
  }
  return steps.sort((one, other) => one.at - other.at);
}

function ordersOf(
  { valve, supply }: TrialBlock,
  { chance, from, spanMs }: { chance: Chance; from: number; spanMs: number },
): Step[] {
  const steps: Step[] = [];
  const order = (
    device: string,
    at: number,
    change: { maxSeconds?: number; owner?: string },
  ): void => {
    const { maxSeconds = null, owner = 'Lan' } = change;
    const withinMs = chance.is(0.4) ? null : Math.round(chance.between(...WITHIN_MS));
    const action = maxSeconds === null ? 'close' : 'open';
    const once = { id: null, tries: 0 };
    steps.push({ type: 'order', device, at, action, maxSeconds, withinMs, owner, ...once });
  };
  const { device } = valve;
  const at = from + chance.between(0, spanMs * 0.7);
  const seconds = Math.round(
    chance.is(0.5) ? chance.between(...LONG_S) : chance.between(...LEASE_S),
  );
  if (supply !== null) {
    order(supply.device, at - 10_000, { maxSeconds: Math.min(3_600, seconds + 600) });
  }
  order(device, at, { maxSeconds: seconds });
  const within = (): number => at + chance.between(0.05, 1.1) * seconds * 1_000;
  if (chance.is(0.3)) order(device, within(), { maxSeconds: Math.round(chance.between(20, 300)) });
  if (chance.is(0.3)) order(device, within(), { maxSeconds: 60, owner: 'Hoa' });
  if (chance.is(0.45)) order(device, within(), {});
  if (chance.is(0.25)) {
    order(device, from + chance.between(0.5, 1) * spanMs, { maxSeconds: 120, owner: 'Hoa' });
  }
  return steps;
}
