import type { World } from '../../src/contracts/simulator.ts';
import type { Pipe } from './hydraulics.ts';

interface Span {
  /** ms since 1970. */
  from: number;
  /** When it was mended; never when it is left out. */
  until?: number;
}

/** What the contact says of a part that does not follow: that the arm moved, or the truth. */
type Contact = 'drive' | 'part';

/** What is wrong with one controller, its part, its pipes or its link. */
export type ControllerFault = Span &
  /** Does not close any more, once it was open; does not open any more, once it was closed. */
  (
    | { type: 'stuck-open'; contact: Contact }
    | { type: 'stuck-closed'; contact: Contact }
    /** Of an aerator: its belt is off, and the motor runs light. */
    | { type: 'broken-pipe'; pipe: Exclude<Pipe, 'sound'> }
    /** Share of the emitters, below 1. Of an aerator: a blocked paddle, and the motor labours. */
    | { type: 'clogged'; share: number }
    /** The witness reads 0 and its total stands. */
    | { type: 'dead-meter' }
    /** What the device answers never leaves it. */
    | { type: 'lost-acknowledgement' }
    /** The part lets go so long into each run, and the device does not notice. */
    | { type: 'early-close'; afterSeconds: number }
    /** Each command comes a second time, so much later. */
    | { type: 'duplicate-delivery'; afterSeconds: number }
    /** Power is away at `from`, or so long into each run from then on; the time is fetched later. */
    | { type: 'reboot'; intoRunSeconds?: number; downSeconds: number; clockSeconds: number }
    | { type: 'clock-error'; offsetMs: number }
    /** Grants no more than this. */
    | { type: 'shorter-grant'; capSeconds: number }
    /** Commands and answers take so long. */
    | { type: 'late-link'; delaySeconds: number }
  );
export type ControllerFaultType = ControllerFault['type'];
export type FaultOf<Type extends ControllerFaultType> = Extract<ControllerFault, { type: Type }>;

/** The fault of a type that stands at an instant. */
export function faultAt<Type extends ControllerFaultType>(
  faults: readonly ControllerFault[],
  type: Type,
  time: number,
): FaultOf<Type> | undefined {
  const found = faults.find(
    (fault) =>
      fault.type === type && fault.from <= time && time < (fault.until ?? Number.POSITIVE_INFINITY),
  );
  return found as FaultOf<Type> | undefined;
}

const SALT = { has: 310, type: 311, size: 312, side: 313 };

interface Draw {
  from: number;
  /** Numbers in [0, 1): how bad it is, and which of two kinds. */
  size: number;
  side: number;
}

/** One fault of each type, of a size that follows from the draw. */
const MAKE: { readonly [Type in ControllerFaultType]: (draw: Draw) => FaultOf<Type> } = {
  'stuck-open': ({ from, side }) => ({ type: 'stuck-open', from, contact: contactOf(side) }),
  'stuck-closed': ({ from, side }) => ({ type: 'stuck-closed', from, contact: contactOf(side) }),
  'broken-pipe': ({ from, side }) => ({
    type: 'broken-pipe',
    from,
    pipe: side < 0.5 ? 'broken-before-valve' : 'broken-after-valve',
  }),
  clogged: ({ from, size }) => ({ type: 'clogged', from, share: 0.75 + 0.2 * size }),
  'dead-meter': ({ from }) => ({ type: 'dead-meter', from }),
  'lost-acknowledgement': ({ from }) => ({ type: 'lost-acknowledgement', from }),
  'early-close': ({ from, size }) => ({
    type: 'early-close',
    from,
    afterSeconds: 30 + Math.round(270 * size),
  }),
  'duplicate-delivery': ({ from, size }) => ({
    type: 'duplicate-delivery',
    from,
    afterSeconds: Math.round(60 * size),
  }),
  reboot: ({ from, size, side }) => ({
    type: 'reboot',
    from,
    intoRunSeconds: 20 + Math.round(200 * size),
    downSeconds: 5 + Math.round(115 * side),
    clockSeconds: 5,
  }),
  // Minutes to hours, either way.
  'clock-error': ({ from, size, side }) => ({
    type: 'clock-error',
    from,
    offsetMs: Math.round((side < 0.5 ? -1 : 1) * 60_000 * 300 ** size),
  }),
  'shorter-grant': ({ from, size }) => ({
    type: 'shorter-grant',
    from,
    capSeconds: 60 + Math.round(540 * size),
  }),
  'late-link': ({ from, size }) => ({
    type: 'late-link',
    from,
    delaySeconds: 5 + Math.round(115 * size),
  }),
};

function contactOf(side: number): Contact {
  return side < 0.5 ? 'drive' : 'part';
}

export const CONTROLLER_FAULTS: readonly ControllerFaultType[] = Object.keys(
  MAKE,
) as ControllerFaultType[];

/** A fault of this type, its size drawn for a device; `chance` as a world has it. */
export function drawFault(
  type: ControllerFaultType,
  from: number,
  device: { chance: World['chance']; seed: number },
): ControllerFault {
  const { chance, seed } = device;
  return MAKE[type]({ from, size: chance(seed, 0, SALT.size), side: chance(seed, 0, SALT.side) });
}

/** Shares of a fleet of controllers. */
export interface ControllerFaultShare {
  /** Controllers with a fault, in [0, 1]. */
  share: number;
  /** All when it is left out. */
  types?: readonly ControllerFaultType[];
}

/** The fault one controller of a fleet has: none or one. */
export function faultsOfController(
  { share, types = CONTROLLER_FAULTS }: ControllerFaultShare,
  from: number,
  device: { chance: World['chance']; seed: number },
): ControllerFault[] {
  const { chance, seed } = device;
  if (chance(seed, 0, SALT.has) >= share) return [];
  const type = types[Math.floor(chance(seed, 0, SALT.type) * types.length)];
  return type === undefined ? [] : [drawFault(type, from, device)];
}
