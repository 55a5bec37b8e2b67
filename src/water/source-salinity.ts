/**
 * How salt the water of a canal may be for a crop, and when its inlet closes. The numbers are those
 * farmers were told by their agriculture departments; two lists disagree, and the stricter holds
 * until someone chooses otherwise. Practical salinity, near enough ‰.
 */
import type { Evidence } from './limits.ts';
import { type Range, requireInside } from './valid-range.ts';

export interface SaltTolerance {
  crop: string;
  /** Highest salinity; a range where the source gives one. */
  salinity: Range;
  source: { text: string; evidence: Evidence };
}

const DONG_KHOI = {
  text: 'Báo Đồng Khởi, Bến Tre, 9 March 2023, quoting the agriculture department',
  evidence: 'V',
} as const;
const GO_CONG_DONG = { text: 'Gò Công Đông district, list for growers', evidence: 'V' } as const;
const ELSEWHERE = { text: 'Growers of durian elsewhere in the delta', evidence: 'V' } as const;

type Rows = readonly (readonly [crops: readonly string[], lowest: number, highest?: number])[];

function tolerances(source: SaltTolerance['source'], rows: Rows): SaltTolerance[] {
  return rows.flatMap(([crops, lowest, highest = lowest]) =>
    crops.map((crop) => ({ crop, salinity: [lowest, highest], source })),
  );
}

export const SALT_TOLERANCES: readonly SaltTolerance[] = [
  ...tolerances(DONG_KHOI, [
    [['coconut'], 10],
    [['mango', 'jackfruit', 'soursop'], 4, 5],
    [['citrus', 'guava', 'star-apple'], 2, 3],
    [['rice', 'maize', 'tomato'], 2],
    [['pomelo'], 1.55],
    [['banana', 'longan', 'papaya', 'durian', 'mangosteen', 'leafy-vegetables'], 1],
  ]),
  ...tolerances(GO_CONG_DONG, [
    [['dragon-fruit', 'leafy-vegetables'], 1],
    [['rice', 'maize', 'beans', 'orange'], 2],
    [['tomato', 'chilli', 'banana', 'pomelo'], 2, 4],
    [['mango', 'sapodilla', 'soursop', 'coconut'], 3, 8],
  ]),
  ...tolerances(ELSEWHERE, [[['durian'], 0.5]]),
];

/** The strictest number any source gives for a crop; null when none speaks of it. */
export function salinityLimitOf(crop: string): SaltTolerance | null {
  const strictest = (a: SaltTolerance, b: SaltTolerance): number => a.salinity[0] - b.salinity[0];
  return SALT_TOLERANCES.filter((one) => one.crop === crop).sort(strictest)[0] ?? null;
}

/** When an inlet closes and opens again: our rule, of no standard. */
export const SALINITY_CUT_OFF = {
  samplesAbove: 2,
  /** It opens below this share of the limit, */
  reopenShare: 0.9,
  /** after so long below it without a break. */
  reopenMs: 30 * 60_000,
  evidence: 'D',
} as const;

/** What the cut-off remembers between two samples. Begin with `INLET_UNKNOWN`. */
export interface InletState {
  isOpen: boolean;
  /** Samples in a row above the limit. */
  above: number;
  /** Time of the first of an unbroken row low enough to open; null when there is none. */
  lowSince: number | null;
  /** Time of the sample before; null before the first. */
  lastTime: number | null;
}

/** Without knowledge of the water nothing is let in. */
export const INLET_UNKNOWN: InletState = {
  isOpen: false,
  above: 0,
  lowSince: null,
  lastTime: null,
};

export interface InletStep {
  state: InletState;
  change: 'closed' | 'opened' | null;
  /** Time of a lone sample above the limit, which may be flagged suspect (QARTOD 3). */
  suspectTime: number | null;
}

/**
 * The cut-off after one more sample. Times in ms since 1970; a sample older than the last changes
 * nothing. One that is not a number breaks the row towards opening and not the one towards closing.
 * RangeError unless the limit is above 0 and up to 40, and the time a number.
 */
export function followInlet(
  before: InletState,
  sample: { time: number; salinity: number },
  limit: number,
): InletStep {
  requireInside({ limit: [0.01, 40], time: [0, 8.64e15] }, { limit, time: sample.time });
  const { time, salinity } = sample;
  const { samplesAbove, reopenShare, reopenMs } = SALINITY_CUT_OFF;
  if (before.lastTime !== null && time <= before.lastTime) {
    return { state: before, change: null, suspectTime: null };
  }
  if (!(salinity >= 0)) {
    return { state: { ...before, lowSince: null }, change: null, suspectTime: null };
  }
  const above = salinity > limit ? before.above + 1 : 0;
  const isUnbroken = before.lastTime !== null && time - before.lastTime <= reopenMs;
  const lowBefore = isUnbroken ? before.lowSince : null;
  const lowSince = salinity < reopenShare * limit ? (lowBefore ?? time) : null;
  const closes = before.isOpen && above >= samplesAbove;
  const opens = !before.isOpen && lowSince !== null && time - lowSince >= reopenMs;
  const isOpen = (before.isOpen && !closes) || opens;
  return {
    state: { isOpen, above, lowSince, lastTime: time },
    change: closes ? 'closed' : opens ? 'opened' : null,
    suspectTime: above === 0 && before.above === 1 ? before.lastTime : null,
  };
}
