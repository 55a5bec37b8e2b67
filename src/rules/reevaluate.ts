import type { Alert, EvidenceSample } from '../contracts/alert.ts';
import type { AlertReader } from './alert-reader.ts';
import type { DeviceMemory, SeriesMemory, ThresholdMemory } from './device-memory.ts';
import { type Findings, fromStored, isWithdrawn, LATE_NOTE, type OpenAlert } from './finding.ts';
import type { SampleHistory } from './history.ts';
import type { Interval } from './interval.ts';
import { joinedMark, type LateMark, settleMark } from './late-mark.ts';
import { matchAlerts } from './revise.ts';
import { inEventOrder, type Sample } from './sample.ts';
import { newThresholdState, step, type ThresholdState, track } from './threshold.ts';

/** First stretch read at once; later ones grow or shrink towards the number of samples below. */
const STRETCH_MS = 86_400_000;
/** Samples read at once: at 50 bytes each 1 MB. */
const STRETCH_SAMPLES = 20_000;

/** One threshold rule on its way again through the stretch that late reports reached. */
interface Scan {
  target: ThresholdMemory;
  series: SeriesMemory;
  state: ThresholdState;
  /** Samples from here on are read: they tell which run was under way at `start`. */
  readFrom: number;
  /** Intervals are found from here on; what began before stands. */
  start: number;
  /** The alerts that stood before, by onset, and the first of them not yet passed. */
  before: Alert[];
  passed: number;
  intervals: Interval[];
  last: Sample | null;
  /** Event time from which everything is as it was before, or null while it is not. */
  rejoined: number | null;
}

/** A re-evaluation of one device under way. */
export interface Reevaluation {
  memory: DeviceMemory;
  mark: LateMark;
  epoch: number;
  /** Frames below are in the store. */
  storedBelow: number;
  scans: Scan[];
  /** Event time of the newest sample of each series judged when it began. */
  lasts: Map<string, number>;
}

/**
 * Begins, while nobody else touches the device. The stored alerts are the snapshots: where none
 * lasted the machine was closed, and which run was under way follows from the samples of the rule's
 * duration and gap before. Where one lasted, evaluation goes back to its onset.
 */
export async function beginReevaluation(
  memory: DeviceMemory,
  { alerts, storedBelow }: { alerts: AlertReader; storedBelow: number },
): Promise<Reevaluation | undefined> {
  if (memory.later !== null && memory.later.needed <= storedBelow) {
    memory.late = joinedMark(memory);
    memory.later = null;
  }
  const mark = memory.late;
  if (mark === null || mark.needed > storedBelow) return undefined;
  const scans: Scan[] = [];
  const marked = memory.series.filter(({ plan }) => mark.metrics.has(plan.name));
  for (const series of marked) {
    for (const target of series.rules) {
      if (mark.to > target.from)
        scans.push(await beginScan({ memory, series, target }, mark, alerts));
    }
  }
  const lasts = new Map(marked.map(({ plan, last }) => [plan.name, last]));
  return { memory, mark, epoch: memory.epoch, storedBelow, scans, lasts };
}

async function beginScan(
  {
    memory,
    series,
    target,
  }: { memory: DeviceMemory; series: SeriesMemory; target: ThresholdMemory },
  mark: LateMark,
  alerts: AlertReader,
): Promise<Scan> {
  const { rule, from } = target;
  const { forMs, gapMs } = rule.threshold;
  const first = Math.max(mark.from, from);
  const meetsAlerts = target.alert !== null || first <= target.latestEnd;
  const stored = meetsAlerts ? await alerts.since(rule.rule.id, memory.id, first) : [];
  const before = stored.filter((alert) => !isWithdrawn(alert));
  const covering = before.find(({ onset, end }) => onset < first && (end ?? first) >= first);
  const state = newThresholdState();
  let start = first;
  let lookBackMs = forMs + gapMs;
  if (covering !== undefined && covering.onset > from) start = covering.onset;
  if (covering !== undefined && covering.onset <= from) {
    // Raised by an earlier version, carried over: it was open when this version began.
    start = from;
    lookBackMs = 0;
    state.open = { ...fromStored(covering).interval, end: null };
  }
  return {
    target,
    series,
    state,
    readFrom: Math.max(from, start - lookBackMs),
    start,
    before,
    passed: 0,
    intervals: state.open === null ? [] : [state.open],
    last: null,
    rejoined: null,
  };
}

/** Reads the stored samples and walks every rule over them until all is again as it was. */
export async function readAgain(
  { memory, mark, scans, lasts }: Reevaluation,
  history: SampleHistory,
  signal: AbortSignal,
): Promise<void> {
  const kind = memory.plan.kind.name;
  let from = Math.min(...scans.map(({ readFrom }) => readFrom));
  const until = Math.max(...lasts.values());
  let stretchMs = Math.min(STRETCH_MS, mark.to - from + STRETCH_MS / 24);
  for (;;) {
    const pending = scans.filter(({ rejoined }) => rejoined === null);
    if (pending.length === 0 || from > until || signal.aborted) return;
    const to = Math.min(from + stretchMs, until + 1);
    const metrics = [...new Set(pending.map(({ series }) => series.plan.name))];
    const found = await history.read({ kind, device: memory.id, metrics, from, to, signal });
    let count = 0;
    for (const metric of metrics) {
      const last = lasts.get(metric) ?? Number.NEGATIVE_INFINITY;
      const tail = tailOf(memory, metric).filter(({ time }) => time >= from && time < to);
      const stored = found.get(metric) ?? [];
      const samples = tail.length === 0 ? stored : inEventOrder([...tail, ...stored]);
      count += samples.length;
      // The store may be ahead: what this engine has not accepted yet it will judge in its turn.
      const judged = samples.filter(({ time }) => time <= last);
      for (const scan of pending) {
        if (scan.series.plan.name === metric) walk(scan, judged, mark.to);
      }
    }
    from = to;
    stretchMs *= Math.min(8, Math.max(0.25, STRETCH_SAMPLES / Math.max(1, count)));
  }
}

function tailOf(memory: DeviceMemory, metric: string): Sample[] {
  const samples: Sample[] = [];
  for (const { observedAt, values } of memory.tail) {
    const value = values[metric];
    if (value !== undefined) samples.push({ time: observedAt, value });
  }
  return samples;
}

function walk(scan: Scan, samples: readonly Sample[], markEnd: number): void {
  const { state, target, start, readFrom } = scan;
  const { threshold } = target.rule;
  for (const sample of samples) {
    if (scan.rejoined !== null) return;
    const { time, value } = sample;
    if (time < readFrom || time <= target.from) continue;
    const gapped = scan.last !== null && time - scan.last.time > threshold.gapMs;
    scan.last = sample;
    if (time < start) {
      track(threshold, state, { time, value, gapped });
      continue;
    }
    const taken = step(threshold, state, { time, value, gapped });
    if (taken === 'opened' && state.open !== null) scan.intervals.push(state.open);
    // Closed and without a run, as it was before: from here on nothing can differ.
    const isAtRest = state.open === null && Number.isNaN(state.since);
    if (time > markEnd && isAtRest && wasClosed(scan, time)) scan.rejoined = time;
  }
}

/** Whether no alert lasted at this time before the re-evaluation; times only grow. */
function wasClosed(scan: Scan, time: number): boolean {
  for (; scan.passed < scan.before.length; scan.passed++) {
    const alert = scan.before[scan.passed];
    if (alert === undefined || alert.end === null || alert.end > time) {
      return alert === undefined || alert.onset > time;
    }
  }
  return true;
}

/**
 * Ends, while nobody else touches the device: adds what was accepted meanwhile, gives each interval
 * its alert, and lets the rules go on from the new state. False when the device changed too much
 * underneath; the mark then stays.
 */
export async function endReevaluation(
  reevaluation: Reevaluation,
  situation: { alerts: AlertReader; findings: Findings; now: number },
): Promise<boolean> {
  const { memory, mark, epoch, scans, lasts, storedBelow } = reevaluation;
  if (memory.epoch !== epoch || memory.late !== mark) return false;
  for (const scan of scans) {
    const { series } = scan;
    if (scan.rejoined !== null) continue;
    const judged = lasts.get(series.plan.name) ?? Number.NEGATIVE_INFINITY;
    const newer = tailOf(memory, series.plan.name).filter(({ time }) => time > judged);
    walk(scan, inEventOrder(newer), mark.to);
  }
  for (const scan of scans) await applyScan(scan, reevaluation, situation);
  settleMark(memory, storedBelow);
  return true;
}

async function applyScan(
  scan: Scan,
  { memory, mark }: Reevaluation,
  { alerts, findings, now }: { alerts: AlertReader; findings: Findings; now: number },
): Promise<void> {
  const { target, start, rejoined, last } = scan;
  const { rule } = target.rule;
  const meetsAlerts = target.alert !== null || start <= target.latestEnd;
  const stored = meetsAlerts ? await alerts.since(rule.id, memory.id, start) : [];
  const until = rejoined ?? Number.POSITIVE_INFINITY;
  const covering = scan.intervals[0]?.onset ?? start;
  const reached = stored.filter(
    ({ onset }) => (onset >= start || onset === covering) && onset <= until,
  );
  const fresh = last !== null && now - last.time <= target.rule.threshold.gapMs;
  const latest: EvidenceSample | null = last;
  if (rejoined === null) {
    target.state = scan.state;
    target.alert = null;
  }
  for (const { alert: before, interval } of matchAlerts(reached, scan.intervals)) {
    const alert = await alertFor({ memory, target, mark }, { before, interval, fresh }, alerts);
    if (interval !== null) {
      if (interval.end === null) target.alert = alert;
      else target.latestEnd = Math.max(target.latestEnd, interval.end);
      if (before !== undefined && saysThe(before, alert)) continue;
    }
    findings.add({
      alert,
      rule,
      device: memory.id,
      unit: target.rule.unit,
      latest,
      withdrawn: interval === null,
      at: mark.known,
      note: interval === null || before !== undefined ? LATE_NOTE : null,
    });
  }
}

async function alertFor(
  { memory, target, mark }: { memory: DeviceMemory; target: ThresholdMemory; mark: LateMark },
  revision: { before: Alert | undefined; interval: Interval | null; fresh: boolean },
  alerts: AlertReader,
): Promise<OpenAlert> {
  const { before, interval, fresh } = revision;
  const lasts = interval !== null && interval.end === null;
  if (before !== undefined) {
    const stood = fromStored(before);
    if (interval === null) return stood;
    return {
      ...stood,
      interval,
      raised: stood.raised || (lasts && fresh),
      savedWorst: interval.worst,
    };
  }
  const onset = interval?.onset ?? mark.from;
  return {
    id: await alerts.freeId({ rule: target.rule.rule.id, device: memory.id, onset }),
    interval: interval ?? { onset, end: null, worst: null, samples: [] },
    coop: mark.coop,
    site: mark.site,
    known: mark.known,
    raised: lasts && fresh,
    savedWorst: interval?.worst ?? null,
    savedAt: onset,
  };
}

/** Whether the stored alert says the same already, its newest sample apart. */
function saysThe(stored: Alert, { interval, raised }: OpenAlert): boolean {
  const wasRaised = stored.timeline.some(({ event }) => event === 'raised');
  return (
    stored.onset === interval.onset &&
    stored.end === interval.end &&
    stored.evidence.worst === interval.worst &&
    wasRaised === raised &&
    (interval.end === null ||
      JSON.stringify(stored.evidence.samples) === JSON.stringify(interval.samples))
  );
}
