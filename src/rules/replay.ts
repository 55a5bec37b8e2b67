import type { AbsenceCondition, Rule } from '../contracts/rule.ts';
import type { Device } from '../contracts/state.ts';
import { type Column, instantsOfColumns } from './columns.ts';
import { compileRule } from './compile.ts';
import type { CompiledRule, Reading, RuleContext, RuleRun } from './compiled.ts';
import type { Interval } from './interval.ts';
import { type MachineState, newMachineState, step } from './machine.ts';
import { compileSeason, cutToSeason, type Season } from './season.ts';
import { allowedSilenceMs, silenceAfter, silencesUntil } from './silence.ts';
import { Stretch, type StretchOptions } from './stretch.ts';
import { isGraver, type Tally } from './tally.ts';

/** Before the range: what opened the evening before is then known to stand. */
const LEAD_MS = 86_400_000;

/** Instants judged in one go: about 5 ms of the event loop. */
const INSTANTS_PER_TURN = 4_000;

/** One rule on its way over the history of one device, stretch by stretch. */
export interface Replay {
  /** Samples from here on are needed; known once it is prepared. */
  readonly readFrom: number;
  /** Finds out what it must know before the first stretch. */
  prepare(options: StretchOptions): Promise<void>;
  take(stretch: Stretch): Promise<void>;
  /** Nothing more comes: what lasts is counted as lasting. */
  end(): void;
}

export interface ReplaySetting {
  rule: Rule;
  device: Device;
  /** Expected between its reports. */
  intervalSeconds: number;
  context: RuleContext;
  /** Another device a rule names, as it is now. */
  find(device: string): Device | undefined;
  range: { from: number; to: number };
  tally: Tally;
}

export function createReplay(setting: ReplaySetting): Replay {
  const { condition } = setting.rule;
  return condition.type === 'absence'
    ? new SilenceReplay(setting, condition)
    : new ReadingReplay(setting);
}

/** The metrics of one device among a rule's inputs, with the places of these. */
interface InputGroup {
  device: Device | undefined;
  metrics: string[];
  places: number[];
}

/** The very machine the engine runs, over the same readings. */
class ReadingReplay implements Replay {
  readonly readFrom: number;
  readonly #setting: ReplaySetting;
  readonly #compiled: CompiledRule;
  readonly #groups: readonly InputGroup[];
  readonly #run: RuleRun;
  readonly #state: MachineState;
  /** Until here every device of the rule was heard; what is later is not judged yet. */
  #heardUntil = Number.POSITIVE_INFINITY;

  constructor(setting: ReplaySetting) {
    const { rule, context, range } = setting;
    this.#setting = setting;
    this.#compiled = compileRule(rule, context);
    this.#groups = groupsOf(this.#compiled, setting);
    this.#run = this.#compiled.start();
    this.#state = newMachineState(this.#compiled);
    const { reachMs, gapMs, levels } = this.#compiled;
    const longestMs = Math.max(...levels.map(({ forMs }) => forMs));
    this.readFrom = range.from - LEAD_MS - reachMs - longestMs - gapMs;
  }

  async prepare(options: StretchOptions): Promise<void> {
    if (this.#groups.length === 1) return;
    const whole = new Stretch(options, { from: this.readFrom, to: this.#setting.range.to });
    for (const { device, metrics } of this.#groups) {
      const heard =
        device === undefined
          ? Number.NEGATIVE_INFINITY
          : await whole.newest(device, metrics, 'corrected');
      this.#heardUntil = Math.min(this.#heardUntil, heard);
    }
  }

  async take(stretch: Stretch): Promise<void> {
    const columns: Column[] = [];
    for (const { device, metrics, places } of this.#groups) {
      if (device === undefined) return;
      const read = await stretch.columns(device, metrics, 'corrected');
      for (const [index, column] of read.entries()) columns[places[index] ?? 0] = column;
    }
    let judged = 0;
    for (const instant of instantsOfColumns(columns)) {
      if (instant.time > this.#heardUntil) return;
      if (++judged % INSTANTS_PER_TURN === 0) await stretch.turn();
      const reading = this.#run.push(instant);
      if (reading !== null) this.#step(reading);
    }
  }

  end(): void {
    const { tally, device } = this.#setting;
    if (this.#state.open !== null) tally.add(device.id, this.#state.open);
  }

  #step(reading: Reading): void {
    const { tally, device } = this.#setting;
    const { open } = this.#state;
    const taken = step(this.#compiled, this.#state, reading);
    if (taken === 'opened' || (taken === 'moved' && isGraver(open?.severities ?? []))) {
      tally.call(reading.time);
    }
    if (taken === 'closed' && open !== null) tally.add(device.id, open);
  }
}

function groupsOf({ inputs }: CompiledRule, { device, find }: ReplaySetting): InputGroup[] {
  const groups = new Map<string | null, InputGroup>();
  for (const [place, input] of inputs.entries()) {
    let group = groups.get(input.device);
    if (group === undefined) {
      const of = input.device === null ? device : find(input.device);
      group = { device: of, metrics: [], places: [] };
      groups.set(input.device, group);
    }
    group.metrics.push(input.metric);
    group.places.push(place);
  }
  return [...groups.values()];
}

/** Silence is broken by what the device said, whatever became of it: raw values count. */
class SilenceReplay implements Replay {
  readonly readFrom: number;
  readonly #setting: ReplaySetting;
  readonly #metrics: readonly string[];
  readonly #afterMs: number;
  readonly #season: Season | null;
  /** When it was heard last, or commissioned. */
  #last: number;

  constructor(setting: ReplaySetting, condition: AbsenceCondition) {
    const { rule, context, device, intervalSeconds, range } = setting;
    const { metric } = condition;
    this.#setting = setting;
    this.#metrics = metric === undefined ? context.kind.metrics.map(({ name }) => name) : [metric];
    this.#afterMs = allowedSilenceMs(condition, intervalSeconds);
    this.#season = compileSeason(rule.when, context);
    this.#last = device.createdAt;
    this.readFrom = Math.max(range.from, device.createdAt);
  }

  async prepare(options: StretchOptions): Promise<void> {
    const { device, range } = this.#setting;
    if (device.createdAt >= range.from) return;
    const before = new Stretch(options, { from: device.createdAt, to: range.from });
    this.#last = Math.max(this.#last, await before.newest(device, this.#metrics, 'raw'));
  }

  async take(stretch: Stretch): Promise<void> {
    const { device } = this.#setting;
    const [first, ...others] = this.#metrics;
    if (first === undefined) return;
    // Where one metric alone leaves no silence nobody needs to read the others.
    let columns = await stretch.columns(device, [first], 'raw');
    if (others.length > 0 && !this.#isUnbroken(columns, stretch.to)) {
      columns = await stretch.columns(device, this.#metrics, 'raw');
    }
    let judged = 0;
    for (const { time } of instantsOfColumns(columns)) {
      if (++judged % INSTANTS_PER_TURN === 0) await stretch.turn();
      if (time <= this.#last) continue;
      if (time - this.#last > this.#afterMs) {
        this.#found(silenceAfter(this.#last, this.#afterMs, time));
      }
      this.#last = time;
    }
  }

  end(): void {
    const { to } = this.#setting.range;
    for (const silence of silencesUntil([this.#last], this.#afterMs, to)) this.#found(silence);
  }

  #isUnbroken([column]: readonly Column[], to: number): boolean {
    let last = this.#last;
    for (let row = 0; row < (column?.times.length ?? 0); row++) {
      const time = column?.times[row] ?? last;
      if (time - last > this.#afterMs) return false;
      last = Math.max(last, time);
    }
    return to - last <= this.#afterMs;
  }

  #found(silence: Interval): void {
    const { rule, device, range, tally } = this.#setting;
    for (const part of cutToSeason(silence, this.#season, range.to)) {
      tally.call(part.onset);
      tally.add(device.id, {
        ...part,
        severities: [{ time: part.onset, severity: rule.severity }],
      });
    }
  }
}
