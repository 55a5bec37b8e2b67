import {
  CONTROLLER_FAULTS,
  type ControllerFault,
  type ControllerFaultType,
  drawFault,
} from '#simulators/controllers/controller-faults';
import { advanceTogether, ControllerModel } from '#simulators/controllers/controller-model';
import { LiveBlock } from '#simulators/controllers/surroundings';
import { createWorld } from '#simulators/worlds/world';
import type { Actuator, Witness } from '#src/contracts/actuator';
import type { DeviceKind } from '#src/contracts/device-kind';
import { actuatorOf } from '../../state/examples-water.ts';
import type { Chance } from './chance.ts';

/** A line fills in 40 s and drains in 60. */
const WITHIN_S = 90;
/** What a meter at rest may still say, L/min. */
export const REST_LPM = 0.2;
/** What a sound run shows, as shares of the nominal flow. */
const SHARES = { min: 0.6, max: 1.35 };

/** Faults that a witness contradicts, and whether a start or an end shows it. */
export const CONTRADICTED: Partial<Record<ControllerFaultType, 'start' | 'end'>> = {
  'stuck-closed': 'start',
  clogged: 'start',
  'broken-pipe': 'start',
  'stuck-open': 'end',
};

/** As many of these as of all others together. */
const SHOWN = Object.keys(CONTRADICTED) as ControllerFaultType[];

/** One valve with its own line and meter, and perhaps a master valve before it. */
export interface TrialPart {
  device: string;
  model: ControllerModel;
  actuator: Actuator;
  fault: ControllerFault | null;
  block: TrialBlock;
  /** L/min that its meter should show while it is on. */
  band: { min: number; max: number };
  intervalSeconds: number;
}

export interface TrialBlock {
  water: LiveBlock;
  models: ControllerModel[];
  valve: TrialPart;
  supply: TrialPart | null;
}

export interface PlantSettings {
  kind: DeviceKind;
  chance: Chance;
  seed: number;
  startAt: number;
  sites: readonly string[];
  coop: string;
  blocks: number;
}

/** Blocks with one fault each, or none. */
export function createPlant(settings: PlantSettings): TrialBlock[] {
  const world = createWorld(settings.seed);
  return Array.from({ length: settings.blocks }, (_, place) => {
    const { chance, seed } = settings;
    const waterSeed = seed * 1_000 + place;
    const water = new LiveBlock(world, {
      seed: waterSeed,
      settings: { tankLitres: Number.POSITIVE_INFINITY },
    });
    const isSupplied = chance.is(0.15);
    const fault = chance.is(0.4) ? null : drawOne(settings, place, world.chance);
    const site = chance.of(settings.sites);
    const block = { water, models: [] as ControllerModel[] } as unknown as TrialBlock;
    const common = { site, block, waterSeed, intervalSeconds: chance.whole(15, 60) };
    const supplyPart = isSupplied ? water.supply() : null;
    const valve = { device: `v-${place}`, part: water.valve(0), fault, ...common };
    block.valve = partOf(settings, { ...valve, supply: isSupplied ? `m-${place}` : null });
    block.supply =
      supplyPart === null
        ? null
        : partOf(settings, {
            ...{ device: `m-${place}`, part: supplyPart, fault: null, ...common },
            supply: null,
          });
    return block;
  });
}

/** Lets the devices of a block go on together. */
export function advanceBlock({ models }: TrialBlock, time: number): void {
  if (models.length === 1) models[0]?.advance(time);
  else advanceTogether(models, time);
}

function drawOne(
  { startAt, seed, chance: draws }: PlantSettings,
  place: number,
  chance: ReturnType<typeof createWorld>['chance'],
): ControllerFault {
  return drawFault(draws.of(draws.is(0.4) ? SHOWN : CONTROLLER_FAULTS), startAt, {
    chance,
    seed: seed * 1_000 + place,
  });
}

interface PartSettings {
  device: string;
  part: ReturnType<LiveBlock['valve']>;
  fault: ControllerFault | null;
  site: string;
  block: TrialBlock;
  waterSeed: number;
  intervalSeconds: number;
  supply: string | null;
}

function partOf(plant: PlantSettings, made: PartSettings): TrialPart {
  const { kind, chance, startAt, coop } = plant;
  const { device, part, fault, site, block, waterSeed: seed, intervalSeconds, supply } = made;
  const model = new ControllerModel({
    ...{ kind, seed, part, startAt, intervalSeconds, boot: device },
    faults: fault === null ? [] : [fault],
    travelSeconds: chance.is(0.3) ? chance.whole(1, 8) : 0,
  });
  block.models.push(model);
  const { nominalLpm } = block.water.settings;
  const band = { min: SHARES.min * nominalLpm, max: SHARES.max * nominalLpm };
  const isMaster = supply === null && device.startsWith('m');
  const witness: Witness = {
    // One meter at the head of the block: the valve's own device reads it.
    ...{ device: null, metric: 'flow_rate', view: 'value' },
    ...{ on: band, off: { min: null, max: REST_LPM }, withinSeconds: WITHIN_S },
  };
  const actuator = actuatorOf({
    ...{ device, coop, site, role: isMaster ? 'master-valve' : 'irrigation-valve' },
    ...{ maxSeconds: 3_600, supply, nominalFlow: nominalLpm, interlocks: [] },
    witness: isMaster ? null : witness,
    failSafe: 'off',
  });
  return { device, model, actuator, fault, block, band, intervalSeconds };
}
