import { reportedValue } from '../contracts/clock-fault.ts';
import type { AppliedCorrections } from '../contracts/corrections.ts';
import type { AlertReader } from './alert-reader.ts';
import { correctedSamples, type JudgedSample } from './corrected.ts';
import { allSeries, type DeviceMemory, heardByAll, type SeriesMemory } from './device-memory.ts';
import type { Findings } from './finding.ts';
import type { SampleHistory } from './history.ts';
import { joinedMark, type LateMark, settleMark } from './late-mark.ts';
import { inEventOrder, type Sample } from './sample.ts';
import { applyScan, beginScan, type Scan, walk } from './scan.ts';

/** First stretch read at once; later ones grow or shrink towards the number of samples below. */
const STRETCH_MS = 86_400_000;
/** Samples read at once: at 50 bytes each 1 MB. */
const STRETCH_SAMPLES = 20_000;

/** A re-evaluation of one device under way. */
export interface Reevaluation {
  memory: DeviceMemory;
  mark: LateMark;
  epoch: number;
  /** Frames below are in the store. */
  storedBelow: number;
  scans: Scan[];
  /** Event time of the newest sample of each series judged when it began. */
  lasts: Map<SeriesMemory, number>;
}

/** What a re-evaluation reads besides the memory of its device. */
export interface Sources {
  history: SampleHistory;
  /** The kind of a device that is read; undefined for one that is gone. */
  kindOf(device: string): string | undefined;
  corrections: AppliedCorrections | undefined;
}

/**
 * Begins, while nobody else touches the device. The stored alerts are the snapshots: where none
 * lasted the machine was closed, and which runs were under way follows from the readings of the
 * rule's duration and gap before. Where one lasted, evaluation goes back to its onset.
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
  const lasts = new Map<SeriesMemory, number>();
  for (const series of allSeries(memory)) lasts.set(series, series.last);
  const scans: Scan[] = [];
  for (const target of memory.rules) {
    if (!mark.rules.has(target.plan.rule.id)) continue;
    if (mark.to + target.plan.compiled.reachMs < target.from) continue;
    scans.push(await beginScan(target, { memory, mark, alerts }));
  }
  return { memory, mark, epoch: memory.epoch, storedBelow, scans, lasts };
}

/** Reads the stored samples and walks every rule over them until all is again as it was. */
export async function readAgain(
  reevaluation: Reevaluation,
  sources: Sources,
  signal: AbortSignal,
): Promise<void> {
  const { scans, lasts, mark } = reevaluation;
  let from = Math.min(...scans.map(({ readFrom }) => readFrom));
  const wanted = new Set(scans.flatMap(({ inputs }) => inputs));
  const until = Math.max(...[...wanted].map((series) => lasts.get(series) ?? -Infinity));
  let stretchMs = Math.min(STRETCH_MS, mark.to - from + STRETCH_MS / 24);
  for (;;) {
    const pending = scans.filter(({ rejoined }) => rejoined === null);
    if (pending.length === 0 || from > until || signal.aborted) return;
    const to = Math.min(from + stretchMs, until + 1);
    const series = new Set(pending.flatMap(({ inputs }) => inputs));
    const samples = await readSeries(reevaluation, { series, from, to }, { ...sources, signal });
    let count = 0;
    for (const some of samples.values()) count += some.length;
    for (const scan of pending)
      walk(
        scan,
        samples,
        heardUntil(scan, (each) => lasts.get(each)),
      );
    from = to;
    stretchMs *= Math.min(8, Math.max(0.25, STRETCH_SAMPLES / Math.max(1, count)));
  }
}

function heardUntil(
  { target, inputs }: Scan,
  lastOf: (series: SeriesMemory) => number | undefined,
): number {
  if (target.joint?.waits !== true) return Number.POSITIVE_INFINITY;
  return heardByAll(inputs, (series) => lastOf(series) ?? Number.NEGATIVE_INFINITY);
}

/** The samples of a stretch as they are judged: stored ones, and those the store may not have. */
async function readSeries(
  { memory, lasts }: Reevaluation,
  { series, from, to }: { series: ReadonlySet<SeriesMemory>; from: number; to: number },
  { history, kindOf, corrections, signal }: Sources & { signal: AbortSignal },
): Promise<Map<SeriesMemory, JudgedSample[]>> {
  const byDevice = new Map<string, SeriesMemory[]>();
  for (const each of series) {
    const device = each.plan.device ?? memory.id;
    byDevice.set(device, [...(byDevice.get(device) ?? []), each]);
  }
  const found = new Map<SeriesMemory, JudgedSample[]>();
  for (const [device, some] of byDevice) {
    const kind = kindOf(device);
    const metrics = some.map(({ plan }) => plan.metric);
    const stored =
      kind === undefined
        ? new Map<string, Sample[]>()
        : await history.read({ kind, device, metrics, from, to, signal });
    for (const each of some) {
      const { metric } = each.plan;
      const tail = tailOf(memory, each).filter(({ time }) => time >= from && time < to);
      const read = stored.get(metric) ?? [];
      const samples = tail.length === 0 ? read : inOrder(each, [...read, ...tail]);
      // The store may be ahead: what this engine has not accepted yet it will judge in its turn.
      const last = lasts.get(each) ?? Number.NEGATIVE_INFINITY;
      const judged = samples.filter(({ time }) => time <= last);
      found.set(each, correctedSamples(judged, metric, corrections?.of(device)));
    }
  }
  return found;
}

/** In event order, the later written last; of a clock the fault, as history tells it. */
function inOrder({ plan }: SeriesMemory, samples: readonly Sample[]): Sample[] {
  const written = plan.isClock
    ? samples.toSorted((left, right) => left.value - right.value)
    : samples;
  return inEventOrder(written);
}

function tailOf(memory: DeviceMemory, { plan }: SeriesMemory): Sample[] {
  const device = plan.device ?? memory.id;
  const samples: Sample[] = [];
  for (const observation of memory.tail) {
    if (observation.source.device !== device) continue;
    const { observedAt } = observation;
    const value = reportedValue(observation, plan.metric);
    if (value !== undefined) samples.push({ time: observedAt, value });
  }
  return samples;
}

/**
 * Ends, while nobody else touches the device: adds what was accepted meanwhile, gives each interval
 * its alert, and lets the rules go on from the new state. False when the device changed too much
 * underneath; the mark then stays.
 */
export async function endReevaluation(
  reevaluation: Reevaluation,
  situation: {
    alerts: AlertReader;
    findings: Findings;
    now: number;
    corrections: AppliedCorrections | undefined;
  },
): Promise<boolean> {
  const { memory, mark, epoch, scans, lasts, storedBelow } = reevaluation;
  if (memory.epoch !== epoch || memory.late !== mark) return false;
  for (const scan of scans) {
    if (scan.rejoined !== null) continue;
    const newer = new Map<SeriesMemory, JudgedSample[]>();
    for (const series of scan.inputs) {
      const judged = lasts.get(series) ?? Number.NEGATIVE_INFINITY;
      const tail = inOrder(series, tailOf(memory, series)).filter(({ time }) => time > judged);
      const corrections = situation.corrections?.of(series.plan.device ?? memory.id);
      newer.set(series, correctedSamples(tail, series.plan.metric, corrections));
    }
    walk(
      scan,
      newer,
      heardUntil(scan, ({ last }) => last),
    );
  }
  for (const scan of scans) await applyScan(scan, { memory, mark }, situation);
  settleMark(memory, storedBelow);
  return true;
}
