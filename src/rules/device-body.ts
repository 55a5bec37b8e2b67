import type { EvidenceSample } from '../contracts/alert.ts';
import type { Remembered, RememberedDevice } from './device-memory.ts';
import { type DeviceMemory, remember } from './device-memory.ts';
import type { OpenAlert } from './finding.ts';
import type { Interval } from './interval.ts';
import { joinedMark, type LateMark } from './late-mark.ts';
import type { MachineState } from './machine.ts';

/** The row of `RuleState` under which a device's memory is kept: one for all its rules. */
export const DEVICE_ROW = '*';

/** Raised when the form of the body changes; an older body is read as nothing remembered. */
const FORM = 2;

/** The body as JSON. Numbers that JSON cannot say (no sample yet, since ever) are null. */
interface Body {
  form: number;
  kind: string;
  createdAt: number;
  lastAny: number | null;
  lasts: Record<string, number | null>;
  /** A rule with nothing to remember is its version alone. */
  rules: Record<string, RuleBody | number>;
  corrections?: string;
  late?: Omit<LateMark, 'rules' | 'needed'> & { rules: string[] };
}

interface RuleBody {
  v: number;
  silence?: true;
  /** Absent while nothing is under way. */
  levels?: Array<[isOpen: 0 | 1, since: number | null]>;
  from?: number;
  latestEnd?: number;
  /** Newest reading; told only while something is under way: otherwise nothing asks for it. */
  last?: number;
  run?: [worst: number | null, samples: EvidenceSample[]];
  judged?: number;
  parked?: number;
  alert?: Omit<OpenAlert, 'interval'> & { interval: Interval };
}

export function encodeDevice(memory: DeviceMemory): string {
  const { lastAny, lasts, rules, corrections } = remember(memory);
  const body: Body = {
    form: FORM,
    kind: memory.plan.kind.name,
    createdAt: memory.createdAt,
    lastAny: finiteOrNull(lastAny),
    lasts: Object.fromEntries(lasts),
    rules: {},
  };
  for (const [id, remembered] of rules) body.rules[id] = encodeRule(remembered);
  if (corrections !== '') body.corrections = corrections;
  const late = joinedMark(memory);
  if (late !== null) {
    const { from, to, rules: names, known, coop, site, note } = late;
    body.late = { from, to, rules: [...names], known, coop, site, note };
  }
  return JSON.stringify(body);
}

function encodeRule(remembered: Remembered): RuleBody | number {
  const { version, isSilence, from, latestEnd, state, alert, judged, parked } = remembered;
  const body: RuleBody = { v: version };
  if (isSilence) body.silence = true;
  if (Number.isFinite(from)) body.from = from;
  if (Number.isFinite(latestEnd)) body.latestEnd = latestEnd;
  if (Number.isFinite(judged)) body.judged = judged;
  if (Number.isFinite(parked)) body.parked = parked;
  if (state !== null) encodeState(body, state);
  if (alert !== null) body.alert = alert;
  for (const part in body) if (part !== 'v') return body;
  return version;
}

function encodeState(body: RuleBody, { levels, last, run, runWorst }: MachineState): void {
  body.levels = levels.map(({ isOpen, since }) => [isOpen ? 1 : 0, finiteOrNull(since)]);
  if (Number.isFinite(last)) body.last = last;
  if (run.length > 0) body.run = [finiteOrNull(runWorst), run];
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
    corrections: body.corrections ?? '',
  };
  const { kind, createdAt, late } = body;
  const mark = late === undefined ? null : { ...late, rules: new Set(late.rules), needed };
  return { kind, createdAt, known, late: mark };
}

function decodeRule(body: RuleBody | number): Remembered {
  const rule: RuleBody = typeof body === 'number' ? { v: body } : body;
  const { v, silence, from, latestEnd, judged, parked, alert } = rule;
  return {
    version: v,
    isSilence: silence === true,
    from: from ?? Number.NEGATIVE_INFINITY,
    latestEnd: latestEnd ?? Number.NEGATIVE_INFINITY,
    state: decodeState(rule),
    alert: alert ?? null,
    judged: judged ?? Number.NEGATIVE_INFINITY,
    parked: parked ?? Number.POSITIVE_INFINITY,
  };
}

function decodeState({ levels, last, run, alert }: RuleBody): MachineState | null {
  if (levels === undefined) return null;
  return {
    // One object for both: the machine writes the interval's end and the alert tells it.
    open: alert?.interval ?? null,
    last: last ?? Number.NEGATIVE_INFINITY,
    levels: levels.map(([isOpen, since]) => ({ isOpen: isOpen === 1, since: since ?? Number.NaN })),
    run: run?.[1] ?? [],
    runWorst: run?.[0] ?? Number.NaN,
  };
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
