import type { EvidenceSample } from '../contracts/alert.ts';
import type { Remembered, RememberedDevice } from './device-memory.ts';
import { type DeviceMemory, remember } from './device-memory.ts';
import type { OpenAlert } from './finding.ts';
import type { Interval } from './interval.ts';
import { joinedMark, type LateMark } from './late-mark.ts';
import { newThresholdState } from './threshold.ts';

/** The row of `RuleState` under which a device's memory is kept: one for all its rules. */
export const DEVICE_ROW = '*';

/** Raised when the form of the body changes; an older body is read as nothing remembered. */
const FORM = 1;

/** The body as JSON. Numbers that JSON cannot say (no sample yet, since ever) are null. */
interface Body {
  form: number;
  kind: string;
  createdAt: number;
  lastAny: number | null;
  lasts: Record<string, number | null>;
  /** A rule with nothing to remember is its version and metric alone. */
  rules: Record<string, RuleBody>;
  late?: Omit<LateMark, 'metrics' | 'needed'> & { metrics: string[] };
}

interface RuleBody {
  v: number;
  metric: string | null;
  from?: number;
  latestEnd?: number;
  run?: [since: number, worst: number | null, samples: EvidenceSample[]];
  alert?: Omit<OpenAlert, 'interval'> & { interval: Interval };
}

export function encodeDevice(memory: DeviceMemory): string {
  const { lastAny, lasts, rules } = remember(memory);
  const body: Body = {
    form: FORM,
    kind: memory.plan.kind.name,
    createdAt: memory.createdAt,
    lastAny: finiteOrNull(lastAny),
    lasts: Object.fromEntries(lasts),
    rules: {},
  };
  for (const [id, remembered] of rules) body.rules[id] = encodeRule(remembered);
  const late = joinedMark(memory);
  if (late !== null) {
    const { from, to, metrics, known, coop, site } = late;
    body.late = { from, to, metrics: [...metrics], known, coop, site };
  }
  return JSON.stringify(body);
}

function encodeRule({ version, metric, from, latestEnd, state, alert }: Remembered): RuleBody {
  const body: RuleBody = { v: version, metric };
  if (Number.isFinite(from)) body.from = from;
  if (Number.isFinite(latestEnd)) body.latestEnd = latestEnd;
  if (!Number.isNaN(state.since)) {
    body.run = [state.since, finiteOrNull(state.runWorst), state.run];
  }
  if (alert !== null) body.alert = alert;
  return body;
}

export interface DecodedDevice {
  kind: string;
  createdAt: number;
  known: RememberedDevice;
  late: LateMark | null;
}

/**
 * What a body remembers; undefined when it is of another form. The mark of late reports waits for
 * `needed`: what followed it in memory is gone.
 */
export function decodeDevice(text: string, needed: number): DecodedDevice | undefined {
  const body = JSON.parse(text) as Body;
  if (body.form !== FORM) return undefined;
  const known: RememberedDevice = {
    lastAny: body.lastAny ?? Number.NEGATIVE_INFINITY,
    lasts: new Map(
      Object.entries(body.lasts).map(([name, last]) => [name, last ?? Number.NEGATIVE_INFINITY]),
    ),
    rules: new Map(Object.entries(body.rules).map(([id, rule]) => [id, decodeRule(rule)])),
  };
  const { kind, createdAt, late } = body;
  const mark = late === undefined ? null : { ...late, metrics: new Set(late.metrics), needed };
  return { kind, createdAt, known, late: mark };
}

function decodeRule({ v, metric, from, latestEnd, run, alert }: RuleBody): Remembered {
  const state = newThresholdState();
  if (run !== undefined) {
    [state.since, , state.run] = run;
    state.runWorst = run[1] ?? Number.NaN;
  }
  // One object for both: the machine writes the interval's end and the alert tells it.
  if (metric !== null) state.open = alert?.interval ?? null;
  return {
    version: v,
    metric,
    from: from ?? Number.NEGATIVE_INFINITY,
    latestEnd: latestEnd ?? Number.NEGATIVE_INFINITY,
    state,
    alert: alert ?? null,
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
