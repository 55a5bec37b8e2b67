/**
 * Whether a command had its effect, by an independent sensor alone. A pure fold: changes, samples
 * and time go in, verdicts come out. In doubt it says `unproven`:
 *
 * - A sample counts when its quality is good and it was observed after the change, by a clock that
 *   is moved back by as much as it was seen to be fast.
 * - What the witness showed already before the change proves nothing until it shows something
 *   else: a meter that is dead or frozen proves no valve.
 * - A change that nobody told of must have been seen coming: rest before it, and then its effect.
 * - While another part on the same meter is on, its flow proves no flow of this one; while the
 *   supply stands, no flow proves no closed valve.
 */
import type { ActuatorState, Band, Position, Witness } from '../contracts/actuator.ts';
import type { Proof } from '../contracts/command.ts';
import type { Quality } from '../contracts/observation.ts';
import { INTERLOCKS } from '../water/interlocks.ts';
import { bandsOf, isInBand } from './flow-band.ts';
import { allBelow, meterOf, type Plant, type PlantPart, suppliesOf } from './parts.ts';

/** What is to be proved: a start, a stop, or the end of a lease by the device itself. */
export type ChangeCause = 'start' | 'stop' | 'lease-end';

/** A part is said to be on or off from now on. */
export interface WitnessChange {
  type: 'change';
  /** Of a lease's end: the command that was granted it. */
  command: string;
  cause: ChangeCause;
  to: Position;
  /** Receive time of the word that it changed; the earliest it can have been when that is lost. */
  at: number;
  /** The latest it can have been; `at` when it is left out. */
  latestAt?: number;
  /** When the device was told: what is observed from then on may be the effect already. */
  sentAt?: number;
  /** The actuator's own device. */
  device: string;
  witness: Witness | null;
  goodRuns: readonly number[];
  nominalFlow: number | null;
  /** Expected between reports of the witness's device. */
  intervalSeconds: number;
  /**
   * It happened before a restart. What the witness showed before it is forgotten, so it proves
   * nothing until it is seen to move.
   */
  isRecalled?: boolean;
  /** Its device has not answered: whether it happened at all is what the witness has to say. */
  isUnheard?: boolean;
  /** What a start began may be over by itself from then on: what is seen says nothing of it. */
  mayEndAt?: number;
}

/** What else may move the same witness, and since when it does not; see `contextOf`. */
export interface WitnessContext {
  /** No other part on its meter is on since then (0: there is none); null: one is, or may be. */
  aloneSince: number | null;
  /** All that feeds it is on since then (0: nothing does); null: something stands, or may. */
  suppliedSince: number | null;
}

/** A value of the witness metric. */
export interface WitnessSample extends WitnessContext {
  type: 'sample';
  /** Observed time. */
  at: number;
  receivedAt: number;
  value: number;
  quality: Quality;
}

export type WitnessEvent = WitnessChange | WitnessSample | { type: 'time'; now: number };

/** What ended a change. While there is none it is pending. */
export interface Verdict {
  command: string;
  cause: ChangeCause;
  to: Position;
  state: 'effective' | 'contradicted' | 'unproven';
  proof: Proof | null;
  /** English, for the timeline. */
  note: string;
}

/** A change that waits for its proof. */
export interface WitnessWatch {
  command: string;
  cause: ChangeCause;
  to: Position;
  meter: { device: string; metric: string };
  view: Witness['view'];
  expected: Band;
  /** The device cannot have begun before. */
  sentAt: number;
  from: number;
  latestFrom: number;
  withinMs: number;
  /** What it showed between then and the change raises a doubt; null: nothing does. */
  doubtFrom: number | null;
  isUnheard?: boolean;
  /** Of a start that nobody told of: what is seen while it has not begun. */
  rest?: Band;
  mayEndAt?: number;
  /** From then on what is outside the band contradicts. */
  dueAt: number;
  graceMs: number;
  /** A `time` event from then on ends it as unproven. */
  giveUpAt: number;
  /** What kept the newest sample from being evidence. */
  hindrance: string | null;
}

/** What is remembered of one actuator's witness; plain data. Begin with `WITNESS_UNKNOWN`. */
export interface WitnessMemory {
  /** Where the last change led, and when; null before the first. */
  to: Position | null;
  changedAt: number | null;
  /** It showed the target already before the change, and nothing else since. */
  isDoubted: boolean;
  /** The last change, so that its repeat changes nothing. */
  lastChange: string | null;
  /** By corrected time, oldest first: as many as a slope needs. */
  samples: ReadonlyArray<{ at: number; value: number }>;
  /**
   * The most by which a sample was observed later than it came, ms: what its clock is fast, or,
   * below 0, slow at most. Of the span since `from`, and of the one before; null: none was heard.
   */
  lead: { from: number; now: number | null; before: number | null };
  watch: WitnessWatch | null;
  /** A start that was proved before its time: it must still show once it has settled. */
  guard?: WitnessWatch | null;
}

export const WITNESS_UNKNOWN: WitnessMemory = {
  to: null,
  changedAt: null,
  isDoubted: false,
  lastChange: null,
  samples: [],
  lead: { from: 0, now: null, before: null },
  watch: null,
};

/**
 * After a restart: where the last change led. One that is still pending is given again instead,
 * to `WITNESS_UNKNOWN` and as `isRecalled`.
 */
export function recallWitness({
  position,
  since,
}: Pick<ActuatorState, 'position' | 'since'>): WitnessMemory {
  const to = position === 'unknown' ? null : position;
  return { ...WITNESS_UNKNOWN, to, changedAt: since };
}

export interface WitnessStep {
  memory: WitnessMemory;
  /** Two when a change comes while another is pending, and nothing can prove the new one. */
  verdicts: readonly Verdict[];
}

const MINUTE_MS = 60_000;
/** A slope over less is noise; over more it is another time of the day. */
export const SLOPE_MS = { least: 10 * MINUTE_MS, most: 120 * MINUTE_MS } as const;
/** Samples closer than this tell a slope nothing: 30 of them fill its least span. */
const SPACING_MS = SLOPE_MS.least / 30;
/** Of the larger of two values: more is no noise of a meter. */
const STEP = 0.3;
/**
 * A clock that was seen to run ahead is held for fast until two such spans later: samples that took
 * as long as it is fast hide it, and one that was set right costs minutes of waiting, no more.
 */
const LEAD_SPAN_MS = 12 * 60 * MINUTE_MS;
/**
 * The witness is waited for as long as silence may last, and longer as far as its reports come
 * late, but never for more than this: a command must end.
 */
const GRACE_MS_MAX = 120 * MINUTE_MS;
const LAG_MS_MAX = 15 * MINUTE_MS;

/** One more event. Never throws. */
export function followWitness(before: WitnessMemory, event: WitnessEvent): WitnessStep {
  switch (event.type) {
    case 'change':
      return change(before, event);
    case 'sample':
      return sample(before, event);
    case 'time': {
      const { watch } = before;
      if (watch === null || event.now < watch.giveUpAt) return { memory: before, verdicts: [] };
      const note = watch.hindrance ?? 'no good report of the witness came in time';
      return conclude(before, watch, { state: 'unproven', note });
    }
  }
}

function conclude(
  memory: WitnessMemory,
  { command, cause, to }: WitnessWatch,
  ending: Pick<Verdict, 'state' | 'note'> & { proof?: Proof },
): WitnessStep {
  const { state, note, proof = null } = ending;
  return {
    memory: { ...memory, watch: null },
    verdicts: [{ command, cause, to, state, proof, note }],
  };
}

function change(before: WitnessMemory, event: WitnessChange): WitnessStep {
  const { command, cause, to, at, witness, device } = event;
  const name = `${cause} ${command}`;
  // Its device said so after all: from then on it counts.
  const isAnswered = before.watch?.isUnheard === true && event.isUnheard !== true;
  if (name === before.lastChange && !isAnswered) return { memory: before, verdicts: [] };
  const ended =
    before.watch === null
      ? []
      : conclude(before, before.watch, {
          state: 'unproven',
          note: before.watch.hindrance ?? 'it ended before the witness showed it',
        }).verdicts;
  const moved = { ...before, to, changedAt: at, lastChange: name, watch: null, guard: null };
  const meter = meterOf({ device, witness });
  if (witness === null || meter === null) {
    const nothing = { state: 'unproven', proof: null, note: 'nothing proves it' } as const;
    return { memory: moved, verdicts: [...ended, { command, cause, to, ...nothing }] };
  }
  const bands = bandsOf(witness, event.goodRuns, event.nominalFlow);
  const expected = bands[to];
  const withinMs = witness.withinSeconds * 1000;
  const latestFrom = Math.max(at, event.latestAt ?? at);
  const dueAt = latestFrom + withinMs;
  const silenceMs = INTERLOCKS.stale.intervals * event.intervalSeconds * 1000;
  const graceMs = silenceMs <= GRACE_MS_MAX ? silenceMs : GRACE_MS_MAX;
  const watch: WitnessWatch = {
    ...{ command, cause, to, meter, view: witness.view, expected, from: at, latestFrom },
    sentAt: Math.min(at, event.sentAt ?? at),
    ...{ withinMs, dueAt, graceMs, giveUpAt: dueAt + graceMs, hindrance: null },
    doubtFrom: doubtFrom(before, event),
    ...(event.isUnheard === true && { isUnheard: true }),
    ...(event.isUnheard === true && to === 'on' && { rest: bands.off }),
    ...(event.mayEndAt !== undefined && { mayEndAt: event.mayEndAt }),
  };
  // Pipes that still drain, or fill, show what was; unless it was seen to be over.
  const isSettling = before.changedAt !== null && at - before.changedAt < withinMs;
  const otherwise = before.to === to ? before.isDoubted : isSettling;
  const isDoubted = event.isRecalled === true || (doubt(before, watch) ?? otherwise);
  return { memory: { ...moved, isDoubted, watch }, verdicts: ended };
}

function doubtFrom({ to, changedAt, watch }: WitnessMemory, event: WitnessChange): number | null {
  if (event.isRecalled === true) return 0;
  // A stop whose lease has just ended looks back as far as that end did.
  if (to === 'off' && event.to === 'off') return watch?.doubtFrom ?? null;
  // The same way again, as an extension goes: what was doubted stays so.
  if (to === event.to) return null;
  // Nobody knows where it was: at rest before its first stop is no news.
  return to === null && event.to === 'off' ? null : (changedAt ?? 0);
}

/**
 * Whether the witness showed the target before there was reason to; null: it said nothing. Reports
 * are often made at the change, and so before the word of it came: what was observed once the
 * device was told raises a doubt only where nothing older speaks. Of an end the whole run speaks:
 * a meter that has shown it can tell one that is over.
 */
function doubt(
  { samples, lead }: Pick<WitnessMemory, 'samples' | 'lead'>,
  { doubtFrom: since, sentAt, from, to, view, expected, rest }: WitnessWatch,
): boolean | null {
  if (rest !== undefined) {
    const known = samples.filter(({ at }) => at <= from);
    const shown = show(view, known, Number.NEGATIVE_INFINITY);
    return shown === null || !isInBand(rest, shown.value);
  }
  if (since === null) return null;
  if (to === 'off' && view === 'value') {
    const between = samples.filter(({ at }) => at > since && at <= from);
    // A run of which nothing was seen leaves a meter as dead as it was before it.
    const before = samples.findLast(({ at }) => at <= from);
    const known = between.length > 0 || before === undefined ? between : [before];
    return known.length === 0 ? null : known.every(({ value }) => isInBand(expected, value));
  }
  const shownBefore = (time: number): Shown | null => {
    // By a clock that may be slow it may have been observed that much later.
    const ends = time + Math.min(0, leadOf(lead));
    const known = samples.filter(({ at }) => at > since && at < ends);
    return show(view, known, since);
  };
  const shown = shownBefore(sentAt) ?? shownBefore(from + 1);
  return shown && isInBand(expected, shown.value);
}

interface Shown {
  value: number;
  /** Time of the sample the view begins with. */
  begins: number;
}

/** The view of the newest of some samples, none of them from before an instant; null: none yet. */
function show(
  view: Witness['view'],
  samples: WitnessMemory['samples'],
  since: number,
): Shown | null {
  const last = samples.at(-1);
  if (last === undefined) return null;
  if (view === 'value') return { value: last.value, begins: last.at };
  const first = samples.findLast(({ at }) => at <= last.at - SLOPE_MS.least);
  if (first === undefined || first.at < since || last.at - first.at > SLOPE_MS.most) return null;
  const hours = (last.at - first.at) / (60 * MINUTE_MS);
  return { value: (last.value - first.value) / hours, begins: first.at };
}

function sample(before: WitnessMemory, event: WitnessSample): WitnessStep {
  const kept = { memory: before, verdicts: [] };
  if (event.quality !== 'good' || !Number.isFinite(event.value)) return kept;
  const lead = followLead(before.lead, event);
  const at = event.at - Math.max(0, leadOf(lead));
  const newest = before.samples.at(-1);
  // A repeat, or an older word that comes late: the newer one was heard already.
  if (newest !== undefined && at <= newest.at) return { ...kept, memory: { ...before, lead } };
  const samples = append(before.samples, { at, value: event.value });
  const memory = { ...before, samples, lead };
  const { watch } = memory;
  if (watch === null) return followGuard(memory, { ...event, at });
  const lagMs = Math.min(LAG_MS_MAX, Math.max(0, event.receivedAt - at));
  const waiting = { ...watch, giveUpAt: watch.dueAt + watch.graceMs + lagMs };
  return judge({ ...memory, watch: waiting }, waiting, { ...event, at });
}

function followLead(
  { from, now, before }: WitnessMemory['lead'],
  { at, receivedAt }: WitnessSample,
): WitnessMemory['lead'] {
  const seen = at - receivedAt;
  // A server's clock that was set back begins anew as well.
  const isOver = !(receivedAt >= from && receivedAt - from < LEAD_SPAN_MS);
  if (isOver) return { from: receivedAt, now: seen, before: now };
  return { from, now: Math.max(now ?? seen, seen), before };
}

/** The most by which a witness's clock was seen ahead of ours, ms; below 0: it is behind. */
export function leadOf({ now, before }: WitnessMemory['lead']): number {
  if (now === null || before === null) return now ?? before ?? 0;
  return Math.max(now, before);
}

/** Adds a sample and forgets what no slope will begin with. */
function append(
  samples: WitnessMemory['samples'],
  added: { at: number; value: number },
): WitnessMemory['samples'] {
  const [earlier, newest] = samples.slice(-2);
  // The newest always stands, until the next is close enough to take its place; both sides of a
  // step do, since a step is what proves a change.
  const isDense = earlier && newest && newest.at - earlier.at < SPACING_MS;
  const kept = isDense && !isStep(newest.value, added.value) ? samples.slice(0, -1) : samples;
  const first = kept.findLastIndex(({ at }) => at <= added.at - SLOPE_MS.least);
  return [...kept.slice(Math.max(0, first)), added];
}

function isStep(from: number, to: number): boolean {
  return Math.abs(to - from) > STEP * Math.max(Math.abs(from), Math.abs(to));
}

function judge(memory: WitnessMemory, watch: WitnessWatch, event: WitnessSample): WitnessStep {
  const pending = { memory, verdicts: [] };
  const { at } = event;
  if (at <= watch.from) {
    const isDoubted = doubt(memory, watch) ?? memory.isDoubted;
    return { memory: { ...memory, isDoubted }, verdicts: [] };
  }
  const shown = show(watch.view, memory.samples, Number.NEGATIVE_INFINITY);
  if (shown === null) return pending;
  const { device, metric } = watch.meter;
  const proof: Proof = { device, metric, value: shown.value, at, expected: watch.expected };
  const isShown = isInBand(watch.expected, shown.value);
  const hindrance = hindranceOf(watch, event, isShown);
  const hindered = { memory: { ...memory, watch: { ...watch, hindrance } }, verdicts: [] };
  if (isShown) {
    // A slope that is mostly of before is none of now.
    if (watch.from - shown.begins > at - watch.from) return pending;
    if (hindrance !== null) return hindered;
    if (memory.isDoubted) {
      const note = 'the witness showed the same before the change';
      return { ...hindered, memory: { ...memory, watch: { ...watch, hindrance: note } } };
    }
    // A line that fills shows every flow up to its own: whether it stays so is seen later.
    const guard = watch.to === 'on' && watch.view === 'value' && at < watch.dueAt ? watch : null;
    const note = 'the witness shows it';
    return conclude({ ...memory, guard }, watch, { state: 'effective', proof, note });
  }
  // It moves: from here on showing the target is news. A slope of before says nothing of that.
  const isOfNow = watch.view === 'value' || shown.begins >= watch.latestFrom;
  const isAtRest = watch.rest === undefined || isInBand(watch.rest, shown.value);
  const cleared = { ...memory, isDoubted: memory.isDoubted && !(isOfNow && isAtRest) };
  if (at < watch.dueAt || !isOfNow) return { memory: cleared, verdicts: [] };
  const mayBeOver = at >= (watch.mayEndAt ?? Number.POSITIVE_INFINITY);
  if (!isAtRest || mayBeOver) {
    const note = mayBeOver ? 'it may be over already' : 'neither rest nor a run is seen';
    return { memory: { ...cleared, watch: { ...watch, hindrance: note } }, verdicts: [] };
  }
  if (hindrance !== null) {
    return { memory: { ...cleared, watch: { ...watch, hindrance } }, verdicts: [] };
  }
  const note = 'the witness shows something else';
  return conclude(cleared, watch, { state: 'contradicted', proof, note });
}

/** The first good sample after the time of a start that was proved before. */
function followGuard(memory: WitnessMemory, event: WitnessSample): WitnessStep {
  const { guard = null } = memory;
  if (guard === null || event.at < guard.dueAt) return { memory, verdicts: [] };
  const { device, metric } = guard.meter;
  const { at, value } = event;
  const isShown = isInBand(guard.expected, value);
  if (!isShown && hindranceOf(guard, event, isShown) !== null) return { memory, verdicts: [] };
  const over = { ...memory, guard: null };
  if (isShown) return { memory: over, verdicts: [] };
  const proof: Proof = { device, metric, value, at, expected: guard.expected };
  const note = 'the witness shows something else since';
  return conclude(over, guard, { state: 'contradicted', proof, note });
}

/** What else may have made the witness show what it does; null when nothing can. */
function hindranceOf(
  { to, withinMs }: WitnessWatch,
  { at, aloneSince, suppliedSince }: WitnessSample,
  isShown: boolean,
): string | null {
  const isSettled = (since: number | null): boolean =>
    since !== null && (since === 0 || at >= since + withinMs);
  // A start that shows and a stop that does not: something flows. Else nothing does.
  if ((to === 'on') === isShown) {
    return isSettled(aloneSince) ? null : 'another part on the same meter was on';
  }
  return isSettled(suppliedSince) ? null : 'its supply stood, so nothing could flow';
}

/** What else is on around an actuator, as the plant is now. */
export function contextOf(plant: Plant, device: string): WitnessContext {
  const supplies = suppliesOf(plant, device);
  const line = new Set(
    [...supplies, ...allBelow(plant, device)].map((part) => part.actuator.device),
  );
  const part = plant.get(device);
  const actuator = part?.actuator;
  const meter = actuator === undefined ? null : meterOf(actuator);
  // Its own next start may have begun before its word of that came.
  const isBeginning = part !== undefined && part.state.position !== 'on' && begins(part);
  let aloneSince: number | null = isBeginning ? null : 0;
  for (const other of meter === null ? [] : plant.shownBy(meter)) {
    // What feeds it or is fed by it passes the same water.
    if (other === device || line.has(other)) continue;
    const beside = plant.get(other);
    if (beside === undefined || aloneSince === null) continue;
    const { position, since, sequence } = beside.state;
    const mayBeOn = position === 'unknown' && sequence > 0;
    const isOn = position === 'on' || mayBeOn || begins(beside);
    aloneSince = isOn ? null : Math.max(aloneSince, since ?? 0);
  }
  let suppliedSince: number | null = 0;
  for (const { state } of supplies) {
    const isOn: boolean = state.position === 'on' && suppliedSince !== null;
    suppliedSince = isOn ? Math.max(suppliedSince ?? 0, state.since ?? 0) : null;
  }
  const hasLostSupply = (actuator?.supply ?? null) !== null && supplies.length === 0;
  return { aloneSince, suppliedSince: hasLostSupply ? null : suppliedSince };
}

function begins({ starting }: PlantPart): boolean {
  return starting.some(({ isWaiting }) => isWaiting !== true);
}
