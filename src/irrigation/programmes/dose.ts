import type { Plot, ProgrammeDose, Reason } from '../../contracts/irrigation.ts';
import { applicationRate, type DripField, dripRun } from '../../water/drip.ts';
import { leachingForDrip } from '../../water/leaching.ts';
import type { Valve, World } from './world.ts';

/** A zone's seconds on one day. */
export const DOSE_SECONDS_MAX = 86_400;

/** How long one zone is to be on, before its limits; null seconds: it cannot be said. */
export interface ZoneDose {
  seconds: number | null;
  /** L; null without a flow. */
  litres: number | null;
  reasons: Reason[];
}

/** Seconds of a zone on a local day. A dose by the weather (`need`) is not scaled by it again. */
export function doseOf(
  dose: ProgrammeDose,
  valve: Valve,
  { world, day, factor }: { world: World; day: string; factor: number },
): ZoneDose {
  const { device, site } = valve;
  const plot = site === null ? undefined : world.plots.get(site);
  const flow = flowOf(valve, plot);
  const given = (seconds: number, reasons: Reason[] = []): ZoneDose => ({
    seconds: Math.round(seconds),
    litres: flow === null ? null : (seconds / 60) * flow,
    reasons,
  });
  const unknown = (code: string): ZoneDose => ({
    seconds: null,
    litres: null,
    reasons: [{ code, values: { device, site } }],
  });
  switch (dose.type) {
    case 'minutes':
      return given(dose.minutes * 60 * factor);
    case 'litres':
      return flow === null ? unknown('flow-unknown') : given((dose.litres / flow) * 60 * factor);
    case 'millimetres': {
      const seconds = plot === undefined ? null : secondsOfDepth(dose.millimetres * factor, plot);
      return seconds === null ? unknown('plot-unknown') : given(seconds);
    }
    case 'need': {
      const need = site === null ? undefined : world.needs.get(site)?.get(day);
      if (need === undefined || need === null) return unknown('need-unknown');
      const most = dose.mostMinutes * 60;
      const values = { device, site, netMm: need.netMm, grossMm: need.grossMm };
      if (need.seconds <= 0) return given(0, [{ code: 'no-need', values }]);
      const reasons: Reason[] = [{ code: 'need', values: { ...values, seconds: need.seconds } }];
      if (need.seconds > most) {
        reasons.push({ code: 'need-capped', values: { device, seconds: need.seconds, most } });
      }
      return given(Math.min(need.seconds, most), reasons);
    }
  }
}

/** L/min of a zone: as its valve is known for, else as its drip lines were laid; null: unknown. */
export function flowOf({ flow }: Pick<Valve, 'flow'>, plot: Plot | undefined): number | null {
  if (flow !== null || plot === undefined) return flow;
  // 1 mm on 1 m² is 1 L.
  return (applicationRate(fieldOf(plot)) * plot.areaM2) / 60;
}

/** Seconds of the drip lines for a net depth, mm; null where the water is too salty to leach. */
export function secondsOfDepth(netMm: number, plot: Plot): number | null {
  const { waterConductivity, soilConductivityMax, drip } = plot;
  const leaching =
    waterConductivity === null || soilConductivityMax === null
      ? 0
      : leachingForDrip(waterConductivity, soilConductivityMax).fraction;
  // Above a half of it the formula does not hold; the balance says the same of such a plot.
  if (leaching === null || leaching > 0.5) return null;
  const losses = { efficiency: drip.efficiency, leachingFraction: leaching };
  return dripRun(netMm, fieldOf(plot), losses).hours * 3600;
}

function fieldOf({ drip }: Plot): DripField {
  return {
    plantSpacingM: drip.plantSpacing,
    rowSpacingM: drip.rowSpacing,
    emittersPerPlant: drip.emittersPerPlant,
    emitterLitresPerHour: drip.emitterFlow,
  };
}
