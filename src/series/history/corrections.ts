import { randomUUID } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import { DAY_MS } from '../../base/local-clock.ts';
import type {
  AppliedCorrections,
  CorrectionActions,
  NewCorrection,
} from '../../contracts/corrections.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import { type Correction, type CorrectionSpan, VALUE_FLAGS } from '../../contracts/history.ts';
import type { SeriesStore } from '../../contracts/series.ts';
import type { State } from '../../contracts/state.ts';
import { JudgedCorrections } from './applied.ts';
import { CorrectionList } from './corrector.ts';
import type { DayOfDevice, RollupLedger } from './rollup-ledger.ts';

export interface CorrectionsOptions {
  state: Pick<State, 'corrections'>;
  store: Pick<SeriesStore, 'query'>;
  rollups: RollupLedger;
  kinds: KindRegistry;
  clock: Clock;
}

export interface Corrections extends CorrectionActions {
  readonly name: string;
  /** Reads what applies. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Those that apply, for who reads values; as new as the last action. */
  readonly applied: CorrectionList;
  /** The same, for who judges values as they come. */
  readonly judged: AppliedCorrections;
  /** Learns how changes ended that the state did not confirm. Throws STATE_UNAVAILABLE. */
  settle(): Promise<void>;
}

/** A note on a phone's screen; longer ones belong in a journal of the farm. */
const NOTE_LENGTH_MAX = 1_000;
/** One metric of one device: a value mended each day for three years, 300 KB. */
const CORRECTIONS_PER_METRIC_MAX = 1_000;
/** Devices' clocks may be ahead, and local days end later than ours. */
const AHEAD_MS = 2 * DAY_MS;

/** Records what people say of values; throws CORRECTION_INVALID, CORRECTIONS_FULL. */
export function createCorrections(options: CorrectionsOptions): Corrections {
  return new RecordedCorrections(options);
}

class RecordedCorrections implements Corrections {
  readonly name = 'corrections';
  readonly applied = new CorrectionList();
  readonly judged = new JudgedCorrections(this.applied);
  readonly #options: CorrectionsOptions;
  readonly #current = new Map<string, Correction>();
  /** Lets go of the days of changes that may or may not have been kept. */
  #unsettled: Array<() => void> = [];
  /** What those changes were about. */
  #unsettledSpans: CorrectionSpan[] = [];
  /** Changes take turns, so that each sees the versions before it. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CorrectionsOptions) {
    this.#options = options;
  }

  start(): Promise<void> {
    return this.#reload();
  }

  async stop(): Promise<void> {
    await this.#turn;
  }

  list: CorrectionActions['list'] = (filter) => this.#options.state.corrections.current(filter);

  versions: CorrectionActions['versions'] = (id) => this.#options.state.corrections.versions(id);

  async create(correction: NewCorrection, by: string): Promise<Correction> {
    this.#check(correction);
    return this.#inTurn(async () => {
      const made = this.#versionOf(correction, { id: randomUUID(), version: 1, by });
      await this.#record(made, [made]);
      return made;
    });
  }

  async replace(
    id: string,
    correction: NewCorrection,
    by: string,
  ): Promise<Correction | undefined> {
    this.#check(correction);
    return this.#inTurn(async () => {
      const last = await this.#applying(id);
      if (last === undefined) return undefined;
      const made = this.#versionOf(correction, { id, version: last.version + 1, by });
      await this.#record(made, [last, made]);
      return made;
    });
  }

  remove(id: string, by: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const last = await this.#applying(id);
      if (last === undefined) return false;
      const at = this.#options.clock.now();
      const gone = { ...last, version: last.version + 1, by, at, removed: true };
      await this.#record(gone, [last]);
      return true;
    });
  }

  async settle(): Promise<void> {
    if (this.#unsettled.length > 0) await this.#inTurn(() => this.#settle());
  }

  async #settle(): Promise<void> {
    if (this.#unsettled.length === 0) return;
    const releases = this.#unsettled.splice(0);
    const spans = this.#unsettledSpans.splice(0);
    try {
      await this.#reload();
    } catch (error) {
      this.#unsettled.push(...releases);
      this.#unsettledSpans.push(...spans);
      throw error;
    }
    for (const release of releases) release();
    // Whether the change was kept is known only now.
    for (const span of spans) this.judged.tell(span);
  }

  #versionOf(
    { device, metric, from, to, work, note }: NewCorrection,
    { id, version, by }: Pick<Correction, 'id' | 'version' | 'by'>,
  ): Correction {
    const said = note?.trim() ?? '';
    const at = this.#options.clock.now();
    const span = { device, metric, from, to };
    return { id, version, ...span, work, note: said === '' ? null : said, by, at, removed: false };
  }

  async #applying(id: string): Promise<Correction | undefined> {
    const last = (await this.versions(id)).at(-1);
    return last?.removed === true ? undefined : last;
  }

  /**
   * Marks the days, keeps the version, and only then lets readers see it: a rollup that knows the
   * old corrections alone is dirty from before until it was computed with the new ones.
   */
  async #record(next: Correction, spans: readonly CorrectionSpan[]): Promise<void> {
    await this.#settle();
    this.#refuseTooMany(next);
    const { rollups, state } = this.#options;
    const releases = [...new Set(spans.map(({ device }) => device))].map((device) =>
      rollups.hold(device),
    );
    const release = (): void => {
      for (const one of releases) one();
    };
    try {
      for (const span of spans) releases.push(await rollups.mark(await this.#daysOf(span)));
    } catch (error) {
      release();
      throw error;
    }
    try {
      await state.corrections.save(next);
    } catch (error) {
      this.#unsettled.push(release);
      this.#unsettledSpans.push(...spans);
      await this.#settle().catch(() => undefined);
      throw error;
    }
    if (next.removed) this.#current.delete(next.id);
    else this.#current.set(next.id, next);
    this.applied.load([...this.#current.values()]);
    for (const span of spans) this.judged.tell(span);
    release();
  }

  /** Local days of a span with points of the metric, or all of them when nobody can tell. */
  async #daysOf({ device, metric, from, to }: CorrectionSpan): Promise<DayOfDevice[]> {
    const end = Math.min(to ?? Number.POSITIVE_INFINITY, this.#options.clock.now() + AHEAD_MS);
    const kinds = [...this.#options.kinds.values()].filter(({ metrics }) =>
      metrics.some(({ name }) => name === metric),
    );
    const { days } = this.#options.rollups;
    const start = Math.max(from, 0);
    const found: DayOfDevice[] = [];
    if (!(start < end)) return found;
    for (const { name: kind } of kinds) {
      const span = { device, metric, from: start, to: end };
      const some = await this.#daysWithPoints(kind, span).catch(() => {
        const all: number[] = [];
        for (let day = days.dayOf(start); day <= days.dayOf(end - 1); day++) all.push(day);
        return all;
      });
      found.push(...some.map((day) => ({ kind, device, day })));
    }
    return found;
  }

  async #daysWithPoints(
    kind: string,
    { device, metric, from, to }: CorrectionSpan & { to: number },
  ): Promise<number[]> {
    const { store, rollups } = this.#options;
    const { timeZone } = rollups.days;
    const found: number[] = [];
    const blocks = store.query({
      kind,
      metrics: [metric],
      filter: { devices: [device] },
      from,
      to,
      aggregate: { every: { count: 1, unit: 'day' }, functions: ['count'], timeZone },
      order: 'ascending',
    });
    for await (const { times } of blocks) {
      for (const time of times) found.push(rollups.days.dayOf(time));
    }
    return found;
  }

  async #reload(): Promise<void> {
    const current = await this.#options.state.corrections.current();
    this.#current.clear();
    for (const one of current) this.#current.set(one.id, one);
    this.applied.load(current);
  }

  #refuseTooMany({ id, device, metric, removed }: Correction): void {
    if (removed) return;
    let count = 1;
    for (const one of this.#current.values()) {
      if (one.id !== id && one.device === device && one.metric === metric) count++;
    }
    if (count <= CORRECTIONS_PER_METRIC_MAX) return;
    throw new AppError('CORRECTIONS_FULL', `${metric} of ${device} has ${count - 1} corrections`, {
      field: 'metric',
      hint: 'Let one correction stand for a longer span, and remove those it replaces.',
    });
  }

  #check({ device, metric, from, to, work, note }: NewCorrection): void {
    const isKnown = [...this.#options.kinds.values()].some(({ metrics }) =>
      metrics.some(({ name }) => name === metric),
    );
    if (device === '') throw invalid('device', 'a correction is of one device');
    if (!isKnown) throw invalid('metric', `no kind of device has a metric ${metric}`);
    if (!Number.isFinite(from)) throw invalid('from', 'from is a time in ms');
    if (to !== null && !(Number.isFinite(to) && from < to)) {
      throw invalid('to', 'to is a time after from, or null for an open end');
    }
    if ((note?.length ?? 0) > NOTE_LENGTH_MAX) {
      throw invalid('note', `a note has ${NOTE_LENGTH_MAX} characters at most`);
    }
    switch (work.type) {
      case 'calibration':
        if (!Number.isFinite(work.gain) || work.gain === 0) {
          throw invalid('work.gain', 'a gain is a number, but not 0');
        }
        if (!Number.isFinite(work.offset)) throw invalid('work.offset', 'an offset is a number');
        return;
      case 'flag':
        if (VALUE_FLAGS.includes(work.flag)) return;
        throw invalid('work.flag', `a flag is one of ${VALUE_FLAGS.join(', ')}`);
      case 'value':
        if (!Number.isFinite(work.value)) throw invalid('work.value', 'a value is a number');
        return;
      default:
        throw invalid('work.type', 'a correction is a calibration, a flag or a value');
    }
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(work);
    this.#turn = run.catch(() => undefined);
    return run;
  }
}

function invalid(field: string, message: string): AppError {
  return new AppError('CORRECTION_INVALID', message, { field });
}
