import type { Band, Witness } from '../contracts/actuator.ts';
import type { DeviceKind, Metric } from '../contracts/device-kind.ts';
import { bandsOf, isInBand } from './flow-band.ts';
import { SLOPE_MS } from './witness.ts';
import { type ActuatorDraft, isWithin, metricAt, type PlantFault, type World } from './world.ts';

const WITHIN_SECONDS = { least: 1, most: 7200 } as const;
/** In this unit runs are kept, and from it bands are learned. */
const FLOW_UNIT = 'L/min';

/** The faults of what is to prove an actuator's effect. */
export function* witnessFaults(
  actuator: ActuatorDraft,
  kind: DeviceKind,
  world: World,
): Iterable<PlantFault> {
  const { witness, device, coop } = actuator;
  if (witness === null) return;
  const at = { device: witness.device ?? device, metric: witness.metric, coop };
  const metric = yield* metricAt('witness', at, world);
  if (at.device === device && witness.metric === kind.actuator?.position) {
    const why = 'the device says so itself, which proves nothing';
    yield { field: 'witness.metric', why, hint: 'Name what an independent sensor measures.' };
  }
  yield* timeFaults(witness, metric);
  let hasBands = true;
  for (const side of ['on', 'off'] as const) {
    const band = witness[side];
    if (band === 'learned') continue;
    const fault = bandFault(band, witness, metric);
    if (fault === null) continue;
    hasBands = false;
    yield { field: `witness.${side}`, ...fault };
  }
  if (witness.on === 'learned') yield* learnedFaults(actuator, witness, metric);
  else if (hasBands && doOverlap(witness.on, witness.off)) {
    const why = 'what it shows while on and while off overlap, so neither could be proved';
    yield { field: 'witness.on', why, hint: 'Leave a gap between the two bands.' };
  }
}

function* timeFaults(
  { view, withinSeconds }: Witness,
  metric: Metric | undefined,
): Iterable<PlantFault> {
  const field = 'witness.withinSeconds';
  const slopeSeconds = SLOPE_MS.least / 1000;
  if (!Number.isInteger(withinSeconds) || !isWithin(withinSeconds, WITHIN_SECONDS)) {
    const hint = `Give whole seconds from ${WITHIN_SECONDS.least} to ${WITHIN_SECONDS.most}.`;
    yield { field, why: `nothing is proved within ${withinSeconds} s`, hint };
  } else if (view === 'slope' && withinSeconds < slopeSeconds) {
    const hint = `Give at least ${slopeSeconds}.`;
    yield { field, why: `a slope needs ${slopeSeconds} s`, hint };
  }
  if (view === 'value' && metric?.shape === 'total') {
    const why = `${metric.name} only grows`;
    yield { field: 'witness.view', why, hint: 'Look at its slope.' };
  }
}

function bandFault(
  { min, max }: Band,
  { view }: Witness,
  metric: Metric | undefined,
): { why: string; hint: string } | null {
  const hint = 'Give min, max or both, min not above max.';
  if (min === null && max === null) return { why: 'the band has no limit', hint };
  if ([min, max].some((limit) => limit !== null && !Number.isFinite(limit))) {
    return { why: 'a limit is not a number', hint };
  }
  if (min !== null && max !== null && min > max) return { why: 'the band is upside down', hint };
  if (view === 'slope' || metric === undefined) return null;
  if ((min ?? metric.min) <= metric.max && (max ?? metric.max) >= metric.min) return null;
  return {
    why: `no value of ${metric.name} can be in the band`,
    hint: `${metric.name} is between ${metric.min} and ${metric.max}.`,
  };
}

function doOverlap(a: Band, b: Band): boolean {
  const isBelow = (one: Band, other: Band): boolean =>
    one.max !== null && other.min !== null && one.max < other.min;
  return !isBelow(a, b) && !isBelow(b, a);
}

function* learnedFaults(
  { nominalFlow }: ActuatorDraft,
  witness: Witness,
  metric: Metric | undefined,
): Iterable<PlantFault> {
  const field = 'witness.on';
  if (witness.view === 'slope' || (metric !== undefined && metric.unit !== FLOW_UNIT)) {
    const hint = `Give a band, or a witness that measures ${FLOW_UNIT}.`;
    yield { field, why: 'only a flow is learned', hint };
  }
  const { off } = witness;
  if (off.max === null || off.max < 0 || (off.min ?? 0) > 0) {
    const hint = 'Give the most a meter at rest may say as `max`, and no `min`.';
    yield { field: 'witness.off', why: 'a learned flow is told from rest, which is near 0', hint };
    return;
  }
  if (nominalFlow === null || !(nominalFlow > 0)) return;
  const clear = bandsOf(witness, [], null).on;
  if (isInBand(clear, nominalFlow)) return;
  yield {
    field: 'nominalFlow',
    why: `${nominalFlow} L/min cannot be told from the ${off.max} L/min of a meter at rest`,
    hint: `A flow that shows is ${clear.min} L/min or more.`,
  };
}
