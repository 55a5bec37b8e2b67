import { repeat, withDeadline, yieldToEventLoop } from '../base/clock.ts';
import { AppError, describeError } from '../base/errors.ts';
import { repeatGuard } from '../base/logger.ts';
import type { CounterMetric } from '../base/metrics.ts';
import type { Service } from '../base/service.ts';
import type { Consumer, DecodedBatch, Observation } from '../contracts/observation.ts';
import { advance, type Hearing } from './advance.ts';
import { AlertReader } from './alert-reader.ts';
import type { DeviceMemory, SeriesMemory } from './device-memory.ts';
import type { SampleHistory } from './history.ts';
import { keepTail } from './late-mark.ts';
import { breakSilences, listen, watch } from './listen.ts';
import { Memory, type MemoryOptions } from './memory.ts';
import { beginReevaluation, endReevaluation, readAgain } from './reevaluate.ts';

export interface RuleEngineOptions extends MemoryOptions {
  /** Stored samples, to judge reports that come late; see `seriesHistory`. */
  history: SampleHistory;
  /**
   * Offset the journal's next frame will get: silence is judged only when every frame received by
   * then was read. Absent: everything received was accepted.
   */
  head?: () => number;
}

/** Judges observations by the rules as they come, and keeps the alerts. */
export interface RuleEngine extends Consumer, Service {
  /** Takes over changed rules at once; a changed rule goes on from the newest sample. */
  reload(): Promise<void>;
  /** Judges silence now and commits what waits; `start` calls it every second. */
  tick(): Promise<void>;
  /**
   * Evaluates again what late reports reached, as far as the store has it; `start` calls it every
   * quarter of a second. Resolves with the number of devices that still wait.
   */
  reevaluate(): Promise<number>;
}

export function createRuleEngine(options: RuleEngineOptions): RuleEngine {
  return new Engine(options);
}

const TICK_MS = 1_000;
const REEVALUATE_EVERY_MS = 250;
/** One round of re-evaluation; then others get their turn at the store. */
const REEVALUATE_BUDGET_MS = 1_000;
/** A store that has not answered by then is asked again in a later round. */
const READ_DEADLINE_MS = 30_000;
/**
 * Without news for people, positions are committed this often: a crash then replays one second of
 * the journal. At 5,000 reports a second from 1,000 devices this is 1,000 rows a second, not 5,000.
 */
const COMMIT_EVERY_MS = 1_000;
/** Observations judged in one go: about 5 ms of the event loop. */
const OBSERVATIONS_PER_TURN = 4_000;
/** The wall clock moved this far from the one that cannot jump: what we heard is no measure. */
const CLOCK_JUMP_MS = 60_000;

class Engine implements RuleEngine {
  readonly name = 'rules';
  readonly #options: RuleEngineOptions;
  readonly #memory: Memory;
  readonly #quiet: ReturnType<typeof repeatGuard>;
  readonly #count: { values: CounterMetric; late: CounterMetric; again: CounterMetric };
  #stopper = new AbortController();
  #timers: Array<() => void> = [];
  #turn: Promise<unknown> = Promise.resolve();
  #reevaluating: Promise<number> | undefined;
  /** Monotonic time since which we hear what is said. */
  #listeningSince: number;
  #clockOffset: number;
  /** A look for silence that waits until frames below `head` are read. */
  #look: { head: number; now: number } | null = null;

  constructor(options: RuleEngineOptions) {
    const { clock, metrics } = options;
    this.#options = options;
    this.#memory = new Memory(options);
    this.#quiet = repeatGuard(clock);
    this.#listeningSince = clock.monotonic();
    this.#clockOffset = clock.now() - clock.monotonic();
    this.#count = {
      values: metrics.counter('sluice_rules_values_total', 'Values judged by the rules.'),
      late: metrics.counter(
        'sluice_rules_late_values_total',
        'Values older than one judged before.',
      ),
      again: metrics.counter('sluice_rules_reevaluations_total', 'Re-evaluations of a device.'),
    };
    const waiting = 'Devices whose late reports wait to be evaluated.';
    metrics.gauge('sluice_rules_late_devices', waiting, () => this.#memory.late.size);
    const open = 'Alerts whose condition lasts.';
    metrics.gauge('sluice_rules_open_alerts', open, () => this.#memory.openAlerts());
  }

  async start(signal: AbortSignal): Promise<void> {
    this.#stopper = new AbortController();
    this.#listeningSince = this.#options.clock.monotonic();
    await this.#exclusively(() => this.#memory.ensureLoaded());
    this.#timers.push(
      repeat(TICK_MS, () => this.#guarded('rules could not be judged', () => this.tick())),
      repeat(REEVALUATE_EVERY_MS, async () => {
        await this.#guarded('late reports wait', () => this.reevaluate());
      }),
    );
    signal.addEventListener('abort', () => this.#stopper.abort(), { once: true });
  }

  async stop(): Promise<void> {
    for (const end of this.#timers.splice(0)) end();
    this.#stopper.abort();
    await this.#reevaluating?.catch(() => undefined);
    await this.#guarded('rules could not be saved', () =>
      this.#exclusively(() => this.#memory.commit()),
    );
    this.#memory.close();
  }

  async cursor(): Promise<number> {
    await this.#exclusively(() => this.#memory.ensureLoaded());
    return this.#memory.committed;
  }

  persisted(): number {
    return this.#memory.committed;
  }

  accept(batch: DecodedBatch): Promise<void> {
    return this.#exclusively(async () => {
      const memory = this.#memory;
      await memory.ensureLoaded();
      memory.applyChanges();
      if (batch.from > memory.position) {
        throw new AppError('RULES_BEHIND', 'the rules lost their place and need earlier frames');
      }
      // News of a batch whose commit failed come first: what follows may build on them.
      if (memory.findings.size > 0) await memory.commit();
      if (batch.next > memory.position) {
        await memory.changing(() => this.#judge(batch));
        memory.moveTo(batch.next);
      }
      const look = this.#look;
      if (look !== null && memory.position >= look.head) this.#watch(look.now);
      if (memory.findings.size > 0 || memory.sinceCommitMs() >= COMMIT_EVERY_MS) {
        await memory.commit();
      }
    });
  }

  tick(): Promise<void> {
    return this.#exclusively(async () => {
      const { clock, head } = this.#options;
      const memory = this.#memory;
      await memory.ensureLoaded();
      memory.applyChanges();
      this.#noticeClockJump();
      const now = clock.now();
      const received = head?.() ?? memory.position;
      if (memory.position >= received) this.#watch(now);
      else this.#look ??= { head: received, now };
      await memory.commit();
    });
  }

  reload(): Promise<void> {
    return this.#exclusively(async () => {
      await this.#memory.ensureLoaded();
      await this.#memory.reloadRules();
      await this.#memory.commit();
    });
  }

  reevaluate(): Promise<number> {
    this.#reevaluating ??= this.#reevaluateAll().finally(() => {
      this.#reevaluating = undefined;
    });
    return this.#reevaluating;
  }

  async #judge(batch: DecodedBatch): Promise<void> {
    const { registry } = this.#options;
    const storedBelow = this.#options.history.cursor();
    const needed = batch.next;
    let turn = 0;
    for (const [id, observations] of byDevice(batch.observations, this.#memory.position)) {
      // What an earlier device of this name and another kind said is no concern of these rules.
      const kind = registry.find(id)?.kind;
      const group = observations.filter(({ source }) => source.kind === kind);
      if (group.length === 0) continue;
      const memory = this.#memory.device(id);
      if (memory !== undefined) {
        this.#advance(memory, memory.series, { group, needed, storedBelow });
        await this.#hear(memory, group);
      }
      for (const reader of this.#memory.readersOf(id)) {
        this.#advance(reader, reader.others.get(id) ?? [], { group, needed, storedBelow });
      }
      turn += group.length;
      if (turn < OBSERVATIONS_PER_TURN) continue;
      turn = 0;
      await yieldToEventLoop();
    }
  }

  /** Moves a device's rules over what a device said, itself or another one they read. */
  #advance(
    memory: DeviceMemory,
    heard: readonly SeriesMemory[],
    batch: { group: readonly Observation[]; needed: number; storedBelow: number },
  ): void {
    const { registry, corrections } = this.#options;
    const { group, needed } = batch;
    const first = group[0]?.source;
    if (first === undefined) return;
    const own = first.device === memory.id ? null : registry.source(memory.id);
    if (own === undefined) return;
    const { findings } = this.#memory;
    const source = own ?? first;
    const hearing: Hearing = {
      moment: { memory, findings, source, at: Number.NaN, pace: Number.NaN },
      heard,
      corrections: corrections?.of(first.device),
      needed,
    };
    let late = 0;
    for (const observation of group) {
      if (own === null) hearing.moment.source = observation.source;
      late += advance(hearing, observation);
      if (memory.late !== null) keepTail(memory, observation, batch);
    }
    this.#count.values.add(group.length * heard.length);
    if (late > 0) this.#count.late.add(late);
    this.#memory.touch(memory);
  }

  async #hear(memory: DeviceMemory, observations: readonly Observation[]): Promise<void> {
    const { clock, state } = this.#options;
    const { findings } = this.#memory;
    const now = clock.now();
    memory.heardAt = clock.monotonic();
    const broken = listen(memory, { observations, findings, now });
    const newest = observations.at(-1);
    if (broken.length === 0 || newest === undefined) return;
    const { source, receivedAt: at } = newest;
    const alerts = new AlertReader(state.alerts);
    await breakSilences(memory, broken, { alerts, findings, source, at, now });
  }

  #watch(now: number): void {
    const { registry, clock } = this.#options;
    const { findings } = this.#memory;
    this.#look = null;
    for (const { id } of registry.all()) {
      const memory = this.#memory.device(id);
      const source = registry.source(id);
      if (memory === undefined || source === undefined) continue;
      const before = findings.size;
      const listenedMs = clock.monotonic() - (memory.heardAt ?? this.#listeningSince);
      watch(memory, source, { now, listenedMs, findings });
      if (findings.size > before) this.#memory.touch(memory);
    }
  }

  #noticeClockJump(): void {
    const { clock } = this.#options;
    const offset = clock.now() - clock.monotonic();
    if (Math.abs(offset - this.#clockOffset) > CLOCK_JUMP_MS) {
      this.#listeningSince = clock.monotonic();
    }
    this.#clockOffset = offset;
  }

  async #reevaluateAll(): Promise<number> {
    const { clock } = this.#options;
    const until = clock.monotonic() + REEVALUATE_BUDGET_MS;
    for (const id of [...this.#memory.late]) {
      if (this.#stopper.signal.aborted || clock.monotonic() > until) break;
      await this.#reevaluateDevice(id);
    }
    return this.#memory.late.size;
  }

  async #reevaluateDevice(id: string): Promise<void> {
    const { history, registry, state, clock, corrections } = this.#options;
    const memory = this.#memory;
    const alerts = new AlertReader(state.alerts);
    const begun = await this.#exclusively(async () => {
      await memory.ensureLoaded();
      memory.applyChanges();
      // Alerts are read back, here and at the end: what was found out must stand there.
      await memory.commit();
      const device = memory.device(id);
      const storedBelow = history.cursor();
      return device && beginReevaluation(device, { alerts, storedBelow });
    });
    if (begun === undefined) return;
    const giveUp = new AbortController();
    const signal = AbortSignal.any([giveUp.signal, this.#stopper.signal]);
    try {
      const late = (): Error => new AppError('RULES_HISTORY_SLOW', 'the series store is slow');
      const kindOf = (device: string): string | undefined => registry.find(device)?.kind;
      const reading = readAgain(begun, { history, kindOf, corrections }, signal);
      await withDeadline(reading, READ_DEADLINE_MS, late);
    } finally {
      giveUp.abort();
    }
    if (this.#stopper.signal.aborted) return;
    await this.#exclusively(async () => {
      await memory.ensureLoaded();
      await memory.commit();
      if (memory.device(id) !== begun.memory) return;
      await memory.changing(async () => {
        const { findings } = memory;
        await endReevaluation(begun, { alerts, findings, now: clock.now(), corrections });
      });
      memory.touch(begun.memory);
      this.#count.again.add();
      await memory.commit();
    });
  }

  /** One change at a time: batches, ticks and re-evaluations take turns. */
  #exclusively<T>(work: () => T | Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  async #guarded(message: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { logger } = this.#options;
      this.#quiet(message, (suppressed) =>
        logger.warn({ error: describeError(error), suppressed }, message),
      );
    }
  }
}

/** Observations from `position` on by device, each device's in event order, one for an instant. */
function byDevice(
  observations: readonly Observation[],
  position: number,
): Map<string, Observation[]> {
  const groups = new Map<string, Observation[]>();
  const shuffled = new Set<string>();
  for (const observation of observations) {
    if (observation.offset < position) continue;
    const { device } = observation.source;
    const group = groups.get(device);
    if (group === undefined) {
      groups.set(device, [observation]);
      continue;
    }
    const before = group.at(-1);
    if (before !== undefined && before.observedAt >= observation.observedAt) shuffled.add(device);
    group.push(observation);
  }
  for (const device of shuffled) groups.set(device, merged(groups.get(device) ?? []));
  return groups;
}

/** In event order; what was observed at one instant as one, in which the later written wins. */
function merged(group: Observation[]): Observation[] {
  group.sort((left, right) => left.observedAt - right.observedAt);
  const instants: Observation[] = [];
  for (const observation of group) {
    const before = instants.at(-1);
    if (before?.observedAt !== observation.observedAt || !isAlike(before, observation)) {
      instants.push(observation);
      continue;
    }
    const values = { ...before.values, ...observation.values };
    instants[instants.length - 1] = { ...observation, values };
  }
  return instants;
}

/** Of one instant and dated unlike they stay two: the second is late, and history settles it. */
function isAlike(left: Observation, right: Observation): boolean {
  return left.source.kind === right.source.kind && left.quality === right.quality;
}
