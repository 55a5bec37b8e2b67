import type { SkyState } from '../../src/contracts/simulator.ts';

/**
 * Water of one block: a pump and a meter at the head, behind them lines with a valve each. Pure:
 * a state and a span of time give the next state. Round numbers of a block of drip lines, chosen so
 * that every limit of a witness can be met and missed.
 */
export interface BlockSettings {
  /** Of each line with full pressure, L/min. */
  nominalLpm: number;
  /** What the pump gives at most, all lines together. */
  pumpLpm: number;
  tankLitres: number;
}

export const PIPES = ['sound', 'broken-before-valve', 'broken-after-valve'] as const;
export type Pipe = (typeof PIPES)[number];

/** What people and faults do to it; one entry per line. */
export interface BlockInputs {
  /** Whether water can pass the valve, whatever was ordered. */
  lines: ReadonlyArray<{ isOpen: boolean; clogged: number; pipe: Pipe }>;
  /** Pump and master valve together. */
  isSupplied: boolean;
}

export interface BlockState {
  /** ms since 1970. */
  time: number;
  lines: ReadonlyArray<{
    /** 0 drained, 1 full and at pressure. */
    fill: number;
    /** Water around its probe, % by volume. */
    soil: number;
  }>;
  /** Percent. */
  tank: number;
  /** Through the meter, L. */
  litres: number;
}

export interface BlockFlow {
  /** Through the meter, L/min. */
  totalLpm: number;
  /** Out of each line's emitters, L/min. */
  lines: readonly number[];
  /** At the head, above the air around, kPa. */
  pressureKpa: number;
  pumpAmperes: number;
}

/** An empty line is full after it, a full one drained: within the one and two minutes of rules. */
export const FILL_SECONDS: number = 40;
export const DRAIN_SECONDS: number = 60;
/** What a torn line lets out over its emitters, and what is left of the pressure. */
const BURST_SHARE = 1.9;
const BURST_PRESSURE = 0.3;
/** A tear before the valve runs as long as there is pressure, open or shut, share of nominal. */
const HEAD_LEAK_SHARE = 0.4;
/** Emitters that are shut drive the pressure up. */
const CLOGGED_PRESSURE = 0.4;
const NOMINAL_KPA = 100;
/** What the slope holds in a line at rest. */
const REST_KPA = 4;
/** Below it the pump draws air, %. */
const TANK_DRY = 2;
const TANK_FULL = 96;
/** The float valve lets in so much of a line's flow until the tank is full. */
const REFILL_SHARE = 0.22;
/** An irrigation of 40 minutes at the nominal flow wets the soil at the probe by 5 %. */
const WETTING_PER_SHARE_MINUTE = 5 / 40;
/** Beyond it water goes down at once; below the other one no plant draws any, %. */
const FIELD_CAPACITY = 38;
const WILTING = 12;
/** Longest steps: while lines fill or drain, and otherwise. */
const RAMP_STEP_S = 5;
const CALM_STEP_S = 60;

/** What flows and presses at one state. */
export function flowOf(
  { lines, tank }: Pick<BlockState, 'lines' | 'tank'>,
  inputs: BlockInputs,
  { nominalLpm, pumpLpm }: BlockSettings,
): BlockFlow {
  const hasWater = inputs.isSupplied && tank > TANK_DRY;
  const wanted = lines.map(({ fill }, place) => {
    const line = inputs.lines[place];
    const burst = line?.pipe === 'broken-after-valve' ? BURST_SHARE : 1;
    return nominalLpm * fill * (1 - (line?.clogged ?? 0)) * burst;
  });
  const leaks = inputs.lines.filter(({ pipe }) => pipe === 'broken-before-valve').length;
  const leakLpm = hasWater ? leaks * HEAD_LEAK_SHARE * nominalLpm : 0;
  const wantedLpm = wanted.reduce((sum, flow) => sum + flow, leakLpm);
  const share = Math.min(1, pumpLpm / Math.max(wantedLpm, 1e-9));
  // A pressure switch starts the pump when something draws.
  const runs = inputs.isSupplied && (leaks > 0 || inputs.lines.some(({ isOpen }) => isOpen));
  const totalLpm = wantedLpm * share;
  return {
    totalLpm,
    lines: wanted.map((flow) => flow * share),
    pressureKpa: REST_KPA + (NOMINAL_KPA - REST_KPA) * share * share * headPressure(lines, inputs),
    pumpAmperes: runs ? 2.4 + 0.04 * totalLpm : 0,
  };
}

/** Share of the nominal pressure that the fullest line makes. */
function headPressure(lines: BlockState['lines'], inputs: BlockInputs): number {
  const shares = lines.map(({ fill }, place) => {
    const line = inputs.lines[place];
    const burst = line === undefined || line.pipe === 'sound' ? 1 : BURST_PRESSURE;
    return fill * burst * (1 + CLOGGED_PRESSURE * (line?.clogged ?? 0));
  });
  return Math.max(0, ...shares);
}

/** The block after some time with the same inputs. */
export function stepBlock(
  start: BlockState,
  until: number,
  world: { inputs: BlockInputs; settings: BlockSettings; sky: (time: number) => SkyState },
): BlockState {
  let state = start;
  while (state.time < until) {
    const left = (until - state.time) / 1000;
    state = stepOnce(state, Math.min(left, longestStep(state, world.inputs)), world);
  }
  return state;
}

function target(state: BlockState, inputs: BlockInputs, place: number): 0 | 1 {
  const isFed = inputs.isSupplied && state.tank > TANK_DRY;
  return isFed && inputs.lines[place]?.isOpen === true ? 1 : 0;
}

/** Ramps are straight, so a step that ends where a ramp does loses nothing of their water. */
function longestStep(state: BlockState, inputs: BlockInputs): number {
  let longest = CALM_STEP_S;
  for (const [place, { fill }] of state.lines.entries()) {
    const to = target(state, inputs, place);
    if (fill === to) continue;
    const left = Math.abs(to - fill) * (to === 1 ? FILL_SECONDS : DRAIN_SECONDS);
    longest = Math.min(longest, RAMP_STEP_S, Math.max(left, 0.001));
  }
  return longest;
}

function stepOnce(
  state: BlockState,
  seconds: number,
  world: { inputs: BlockInputs; settings: BlockSettings; sky: (time: number) => SkyState },
): BlockState {
  const { inputs, settings, sky } = world;
  const filled = state.lines.map(({ fill, soil }, place) => ({
    fill:
      target(state, inputs, place) === 1
        ? Math.min(1, fill + seconds / FILL_SECONDS)
        : Math.max(0, fill - seconds / DRAIN_SECONDS),
    soil,
  }));
  const before = flowOf(state, inputs, settings);
  const after = flowOf({ lines: filled, tank: state.tank }, inputs, settings);
  const minutes = seconds / 60;
  const litres = ((before.totalLpm + after.totalLpm) / 2) * minutes;
  const refill = state.tank < TANK_FULL ? REFILL_SHARE * settings.nominalLpm * minutes : 0;
  const weather = sky(state.time);
  return {
    time: state.time + seconds * 1000,
    lines: filled.map(({ fill, soil }, place) => {
      const flow = ((before.lines[place] ?? 0) + (after.lines[place] ?? 0)) / 2;
      return {
        fill,
        soil: soilAfter(soil, { share: flow / settings.nominalLpm, minutes, weather }),
      };
    }),
    tank: clamp(state.tank + ((refill - litres) / settings.tankLitres) * 100, 0, TANK_FULL),
    litres: state.litres + litres,
  };
}

/** Wetted by emitters and rain, dried by the sun and the crop, drained when it holds no more. */
function soilAfter(
  soil: number,
  { share, minutes, weather }: { share: number; minutes: number; weather: SkyState },
): number {
  const wetted = WETTING_PER_SHARE_MINUTE * share + (0.4 * weather.rain) / 60;
  const thirst = (0.42 / 60) * (0.4 + weather.radiation / 400) * ((soil - WILTING) / 16);
  const drained = soil > FIELD_CAPACITY ? (soil - FIELD_CAPACITY) / 60 : 0;
  return clamp(soil + (wetted - thirst - drained) * minutes, WILTING, 50);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
