import type { Plot } from '../contracts/irrigation.ts';
import {
  applicationRate,
  type DripField,
  dripRun,
  grossDepth,
  type Losses,
} from '../water/drip.ts';
import { leachingForDrip } from '../water/leaching.ts';

/** A night: a run that would last longer is given in several. Ours. */
export const RUN_SECONDS_MAX = 12 * 3600;
/** Less than this is not worth opening a valve for, mm. Ours. */
export const DOSE_MM_MIN = 0.5;

export function dripField({ drip }: Pick<Plot, 'drip'>): DripField {
  return {
    plantSpacingM: drip.plantSpacing,
    rowSpacingM: drip.rowSpacing,
    emittersPerPlant: drip.emittersPerPlant,
    emitterLitresPerHour: drip.emitterFlow,
  };
}

type Salts = Pick<Plot, 'waterConductivity' | 'soilConductivityMax'>;

/** LR; 0 where nobody told of salt. A plot whose water is too salty for it is not saved. */
export function leachingFraction({ waterConductivity, soilConductivityMax }: Salts): number {
  if (waterConductivity === null || soilConductivityMax === null) return 0;
  return leachingForDrip(waterConductivity, soilConductivityMax).fraction ?? 0;
}

export function dripLosses(plot: Pick<Plot, 'drip'> & Salts): Losses {
  return { efficiency: plot.drip.efficiency, leachingFraction: leachingFraction(plot) };
}

/** L/h of the whole zone while it runs: 1 mm on 1 m2 is 1 L. */
export function nominalLitresPerHour(plot: Pick<Plot, 'drip' | 'areaM2'>): number {
  return applicationRate(dripField(plot)) * plot.areaM2;
}

export interface Dose {
  netMm: number;
  grossMm: number;
  seconds: number;
  litres: number;
  /** Cut to what a night has room for. */
  isLimited: boolean;
}

export const NO_DOSE: Dose = { netMm: 0, grossMm: 0, seconds: 0, litres: 0, isLimited: false };

/** What a net depth asks of the lines of a zone, within one night. */
export function doseOf(plot: Plot, netMm: number): Dose {
  if (!(netMm > 0)) return NO_DOSE;
  const losses = dripLosses(plot);
  const most = (applicationRate(dripField(plot)) * RUN_SECONDS_MAX) / 3600 / grossDepth(1, losses);
  const isLimited = netMm > most;
  const given = Math.min(netMm, most);
  const { grossMm, hours } = dripRun(given, dripField(plot), losses);
  return {
    ...{ netMm: given, grossMm, isLimited },
    seconds: Math.round(hours * 3600),
    litres: grossMm * plot.areaM2,
  };
}
