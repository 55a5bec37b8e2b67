import { REPORTS_PER_MESSAGE_MAX } from '../schemas/report.ts';
import type { DeviceKind } from '../src/contracts/device-kind.ts';
import type { SimulationInput } from '../src/contracts/simulator.ts';

/** A report as a simulated device makes it; texts stand where a broken sensor printed one. */
export interface SimulatedReport {
  sequence: number;
  /** By the device's own clock, ms. */
  observedAt: number;
  values: Readonly<Record<string, number | string>>;
}

/** A message is closed at this size: what is left up to 64 KiB holds the widest report, 9 KB. */
const MESSAGE_BYTES_FULL = 56_000;

/** What a sound device of this kind reads at an instant, to the digits its sensors can tell. */
export function readValues(
  kind: DeviceKind,
  input: SimulationInput,
): Record<string, number> | null {
  const values = kind.simulator.values(input);
  if (values === null) return null;
  for (const metric of kind.metrics) {
    const value = values[metric.name];
    if (value !== undefined) values[metric.name] = Number(value.toFixed(metric.decimals));
  }
  return values;
}

/** Collects reports into one payload: one report as an object, several as an array. */
export class MessageDraft {
  readonly reports: SimulatedReport[] = [];
  #parts: string[] = [];
  #bytes = 0;
  readonly #boot: string;

  constructor(boot: string) {
    this.#boot = boot;
  }

  get full(): boolean {
    return this.reports.length >= REPORTS_PER_MESSAGE_MAX || this.#bytes >= MESSAGE_BYTES_FULL;
  }

  add(report: SimulatedReport): void {
    const part = JSON.stringify({
      observedAt: new Date(report.observedAt).toISOString(),
      sequence: report.sequence,
      boot: this.#boot,
      values: report.values,
    });
    this.reports.push(report);
    this.#parts.push(part);
    this.#bytes += part.length + 1;
  }

  payload(): string {
    return this.#parts.length === 1 ? (this.#parts[0] ?? '') : `[${this.#parts.join(',')}]`;
  }
}
