import { localClock } from '../base/local-clock.ts';
import { CLOCK_FAULT } from '../contracts/clock-fault.ts';
import type { DeviceKind } from '../contracts/device-kind.ts';
import type { Instant, Reading, RuleContext, RuleInput } from './compiled.ts';
import { derivedSource } from './derived-run.ts';

/** A metric of the kind, observed or derived, as the views read it. */
export interface SourcePlan {
  /** What it is at `t` depends on the samples of its inputs in `(t - reachMs, t]`. */
  reachMs: number;
  unit: string | null;
  isNeverNegative: boolean;
  start(): SourceRun;
}

export interface SourceRun {
  /**
   * Takes the next instant. Undefined where the metric was not observed; null where it was and yet
   * nothing can be said.
   */
  push(instant: Instant): number | null | undefined;
  /** What else was computed with the latest value. */
  readonly beside?: Reading['beside'];
}

/** The series a rule reads, each once, whatever part of it asks for them. */
export class RuleInputs {
  readonly list: RuleInput[] = [];

  /** Its place among the values of an instant. */
  place(metric: string, device: string | null = null): number {
    const known = this.list.findIndex(
      (input) => input.metric === metric && input.device === device,
    );
    return known === -1 ? this.list.push({ metric, device }) - 1 : known;
  }
}

export interface Compilation {
  context: RuleContext;
  inputs: RuleInputs;
}

/** A metric of the device itself. */
export function compileSource(metric: string, { context, inputs }: Compilation): SourcePlan {
  const { kind, timeZone } = context;
  const derived = kind.derived?.find(({ name }) => name === metric);
  if (derived === undefined) {
    return {
      ...observedSource(inputs.place(metric)),
      unit: unitOf(kind, metric),
      // What happened cannot have happened less often than never.
      isNeverNegative: kind.metrics.some(({ name, shape }) => name === metric && shape === 'count'),
    };
  }
  return derivedSource(derived, {
    places: derived.inputs.map((input) => inputs.place(input.metric)),
    clock: localClock(timeZone),
  });
}

/** A metric of another device; its kind is not known here. */
export function compileOther(
  { metric, device }: { metric: string; device: string },
  { inputs }: Compilation,
): SourcePlan {
  return { ...observedSource(inputs.place(metric, device)), unit: null, isNeverNegative: false };
}

function observedSource(place: number): Pick<SourcePlan, 'reachMs' | 'start'> {
  const run: SourceRun = { push: ({ values }) => values[place] };
  return { reachMs: 0, start: () => run };
}

function unitOf({ metrics }: DeviceKind, metric: string): string | null {
  return [...metrics, CLOCK_FAULT].find(({ name }) => name === metric)?.unit ?? null;
}
