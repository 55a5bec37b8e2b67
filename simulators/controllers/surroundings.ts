import type { ActuatorRole } from '../../src/contracts/actuator.ts';
import type { DripState, PondState, World } from '../../src/contracts/simulator.ts';
import { nominalFlow } from '../worlds/drip.ts';
import { type Aeration, stepAeration } from './aeration.ts';
import {
  type BlockFlow,
  type BlockInputs,
  type BlockSettings,
  type BlockState,
  flowOf,
  type Pipe,
  stepBlock,
} from './hydraulics.ts';
import { Timeline } from './timeline.ts';

/** What a controller moves and what follows from it. Until it is taken over the world decides. */
export interface Part {
  /** The world as the devices at this part meet it. */
  readonly world: World;
  /** From `time` on it moves by order alone; it begins as the world had it. Once is enough. */
  takeOver(time: number): void;
  /** Lets pass or runs, from `time` on. */
  move(isOn: boolean, time: number): void;
  /** What is broken or blocked, from `time` on. */
  harm(harm: { pipe?: Pipe; clogged?: number }, time: number): void;
  isOn(time: number): boolean;
}

/** Full tanks of an hour and more of the pump at work. */
const TANK_MINUTES = 80;

/** A block of drip lines with one pump and one meter, moved by the controllers of its valves. */
export class LiveBlock {
  readonly settings: BlockSettings;
  readonly #world: World;
  readonly #seed: number;
  readonly #count: number;
  #water: Timeline<BlockState, BlockInputs> | null = null;
  #takenAt = Number.POSITIVE_INFINITY;

  constructor(
    world: World,
    block: { seed: number; lines?: number; settings?: Partial<BlockSettings> },
  ) {
    const { seed, lines = 1, settings = {} } = block;
    const nominalLpm = settings.nominalLpm ?? nominalFlow(world.chance, seed);
    this.settings = {
      nominalLpm,
      // One line and a half: two at once starve each other a little, three a lot.
      pumpLpm: 2.5 * nominalLpm,
      tankLitres: TANK_MINUTES * nominalLpm,
      ...settings,
    };
    this.#world = world;
    this.#seed = seed;
    this.#count = lines;
  }

  /** The valve of a line. */
  valve(line = 0): Part {
    const change = (isOpen: boolean, time: number): void =>
      this.#change(time, (inputs) => withLine(inputs, line, { isOpen }));
    return this.#part({
      view: (time) => this.#view(line, time),
      move: change,
      harm: (harm, time) => this.#change(time, (inputs) => withLine(inputs, line, harm)),
      isOn: (time) => this.#at(time)?.inputs.lines[line]?.isOpen ?? this.#usual(time).valveOpen,
    });
  }

  /** The pump or master valve before all lines; while none is taken over they are fed. */
  supply(): Part {
    return this.#part({
      view: (time) => ({ ...this.#view(0, time), valveOpen: this.#isSupplied(time) }),
      move: (isSupplied, time) => this.#change(time, (inputs) => ({ ...inputs, isSupplied })),
      harm: () => undefined,
      isOn: (time) => this.#isSupplied(time),
    });
  }

  takeOver(time: number): void {
    if (this.#water !== null) return;
    const { valveOpen, soilMoisture, tankLevel, flowTotal } = this.#usual(time);
    const fill = valveOpen ? 1 : 0;
    const state: BlockState = {
      time,
      lines: Array.from({ length: this.#count }, () => ({ fill, soil: soilMoisture })),
      tank: tankLevel,
      litres: flowTotal,
    };
    const inputs: BlockInputs = {
      lines: state.lines.map(() => ({ isOpen: valveOpen, clogged: 0, pipe: 'sound' })),
      isSupplied: true,
    };
    this.#takenAt = time;
    this.#water = new Timeline(state, inputs, (from, until, held) =>
      stepBlock(from, until, { inputs: held, settings: this.settings, sky: this.#world.sky }),
    );
  }

  /** Flow and pressure at an instant after it was taken over; null before. */
  flow(time: number): BlockFlow | null {
    const now = this.#at(time);
    return now === null ? null : flowOf(now.state, now.inputs, this.settings);
  }

  #part(part: {
    view(time: number): DripState;
    move: Part['move'];
    harm: Part['harm'];
    isOn: Part['isOn'];
  }): Part {
    const seed = this.#seed;
    const base = this.#world;
    return {
      world: {
        ...base,
        drip: (block, time) => (block === seed ? part.view(time) : base.drip(block, time)),
      },
      takeOver: (time) => this.takeOver(time),
      move: part.move,
      harm: part.harm,
      isOn: part.isOn,
    };
  }

  #usual(time: number): DripState {
    return this.#world.drip(this.#seed, time);
  }

  #at(time: number): { state: BlockState; inputs: BlockInputs } | null {
    return this.#water === null || time < this.#takenAt ? null : this.#water.at(time);
  }

  #isSupplied(time: number): boolean {
    return this.#at(time)?.inputs.isSupplied ?? true;
  }

  #change(time: number, change: (inputs: BlockInputs) => BlockInputs): void {
    this.#water?.change(time, change);
  }

  #view(line: number, time: number): DripState {
    const usual = this.#usual(time);
    const now = this.#at(time);
    if (now === null) return usual;
    const { totalLpm, pressureKpa, pumpAmperes } = flowOf(now.state, now.inputs, this.settings);
    const soilMoisture = now.state.lines[line]?.soil ?? usual.soilMoisture;
    return {
      ...usual,
      valveOpen: now.inputs.lines[line]?.isOpen ?? false,
      flowRate: totalLpm,
      flowTotal: now.state.litres,
      pressure: pressureKpa,
      soilMoisture,
      // Salts thin as the soil wets, as in the usual course.
      soilConductivity: Math.max(0.1, 0.5 + 0.05 * (32 - soilMoisture)),
      tankLevel: now.state.tank,
      pumpCurrent: pumpAmperes,
    };
  }
}

function withLine(
  inputs: BlockInputs,
  place: number,
  change: Partial<BlockInputs['lines'][number]>,
): BlockInputs {
  const lines = inputs.lines.map((line, at) => (at === place ? { ...line, ...change } : line));
  return { ...inputs, lines };
}

/** Loads of a motor whose belt is off, and of one whose paddle is wholly blocked. */
const LIGHT_LOAD = 0.35;
const BLOCKED_LOAD = 1.7;

interface AeratorInputs {
  isRunning: boolean;
  load: number;
}

/** A pond whose aerator is moved by a controller; its oxygen follows. */
export class LivePond {
  readonly #world: World;
  readonly #seed: number;
  #air: Timeline<Aeration, AeratorInputs> | null = null;
  #takenAt = Number.POSITIVE_INFINITY;

  constructor(world: World, seed: number) {
    this.#world = world;
    this.#seed = seed;
  }

  at(time: number): PondState {
    const usual = this.#world.pond(this.#seed, time);
    if (this.#air === null || time < this.#takenAt) return usual;
    const { state, inputs } = this.#air.at(time);
    // No pond is quite without oxygen, and what is far above saturation bubbles out.
    const dissolvedOxygen = Math.max(0.2, usual.dissolvedOxygen + state.difference);
    const aerating = inputs.isRunning && usual.powered;
    return { ...usual, dissolvedOxygen, aerating, motorLoad: inputs.load };
  }

  aerator(): Part {
    const base = this.#world;
    const seed = this.#seed;
    return {
      world: {
        ...base,
        pond: (pond, time) => (pond === seed ? this.at(time) : base.pond(pond, time)),
      },
      takeOver: (time) => this.#takeOver(time),
      move: (isRunning, time) => this.#air?.change(time, (inputs) => ({ ...inputs, isRunning })),
      harm: ({ pipe, clogged }, time) =>
        this.#air?.change(time, (inputs) => {
          if (pipe !== undefined) return { ...inputs, load: pipe === 'sound' ? 1 : LIGHT_LOAD };
          return { ...inputs, load: 1 + (BLOCKED_LOAD - 1) * (clogged ?? 0) };
        }),
      isOn: (time) => this.at(time).aerating,
    };
  }

  #takeOver(time: number): void {
    if (this.#air !== null) return;
    const usual = (at: number): PondState => this.#world.pond(this.#seed, at);
    this.#takenAt = time;
    this.#air = new Timeline(
      { time, difference: 0 },
      { isRunning: usual(time).aerating, load: 1 },
      (from, until, { isRunning }) => stepAeration(from, until, { isRunning, usual }),
    );
  }
}

/** A world in which what controllers move is moved, for all devices of one run. */
export class Surroundings {
  readonly #base: World;
  readonly #blocks = new Map<number, LiveBlock>();
  readonly #ponds = new Map<number, LivePond>();
  /** As the devices without an actuator meet it. */
  readonly world: World;

  constructor(base: World) {
    this.#base = base;
    this.world = {
      ...base,
      pond: (seed, time) => this.#ponds.get(seed)?.at(time) ?? base.pond(seed, time),
    };
  }

  /** What a device of a role moves at the place of a seed. */
  part(role: ActuatorRole, seed: number): Part {
    if (role === 'aerator') {
      const pond = this.#ponds.get(seed) ?? new LivePond(this.#base, seed);
      this.#ponds.set(seed, pond);
      return pond.aerator();
    }
    const block = this.#blocks.get(seed) ?? new LiveBlock(this.#base, { seed });
    this.#blocks.set(seed, block);
    return role === 'irrigation-valve' ? block.valve() : block.supply();
  }
}
