import { type Clock, repeat } from '../../base/clock.ts';
import { runAt } from '../../base/cron.ts';
import { AppError, describeError } from '../../base/errors.ts';
import { DAY_MS, type LocalClock, localClock, MINUTE_MS } from '../../base/local-clock.ts';
import { type Logger, repeatGuard } from '../../base/logger.ts';
import type { Metrics } from '../../base/metrics.ts';
import type { Service } from '../../base/service.ts';
import type { AuditEntry, CommandDesk } from '../../contracts/command.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import type { Forecasts } from '../../contracts/forecast.ts';
import type {
  Programme,
  ProgrammeRun,
  Programmes,
  WaterBalance,
} from '../../contracts/irrigation.ts';
import type { Language } from '../../contracts/localized.ts';
import type { Registry } from '../../contracts/registry.ts';
import type { CoopFilter, Page, Paged, State } from '../../contracts/state.ts';
import { type CalendarEntry, calendarText } from './calendar.ts';
import { programmeFaults } from './faults.ts';
import { type GatherOptions, gather, gatherPlant } from './gather.ts';
import { budgetsOf, busyIn, type OpenRun } from './ledger.ts';
import { type Neighbour, neighboursOf, withNeighbours } from './neighbours.ts';
import { planProgramme } from './plan.ts';
import type { FieldReadings } from './readings.ts';
import { Runner, type Scene } from './runner.ts';
import { proposalEnd, Scheduler } from './scheduler.ts';
import { SupplyKeeper } from './supply-keeper.ts';
import { suppliesOf } from './supply-times.ts';

export interface ProgrammesOptions {
  state: State;
  registry: Pick<Registry, 'find' | 'all'>;
  kinds: KindRegistry;
  commands: Pick<CommandDesk, 'order' | 'get' | 'actuator' | 'list'>;
  balance: Pick<WaterBalance, 'needOn' | 'rows'>;
  forecasts: Pick<Forecasts, 'of'>;
  readings: FieldReadings;
  clock: Clock;
  logger: Logger;
  metrics: Metrics;
  timeZone: string;
}

export interface ProgrammesService extends Programmes, Service {
  /** Decides what has come and carries on what runs; `start` calls it with each minute. */
  tick(): Promise<void>;
  /** Sees to what cannot wait for the next minute; does nothing while nothing is under way. */
  look(): Promise<void>;
}

/** Decisions and previews look so far ahead; forecasts reach no further. */
const PREVIEW_DAYS_MAX = 14;
/** One for each plot of a large cooperative; all are planned in two seconds. */
const PROGRAMMES_MAX = 1_000;
/** The wall clock moved this far from the one that cannot jump. */
const CLOCK_JUMP_MS = MINUTE_MS;
/** Runs are kept for two irrigation seasons. */
const KEEP_MS = 730 * DAY_MS;
const EXPIRE_EVERY_MS = 3_600_000;
/** A pump follows its valve, and a run by hand its order, within one or two of these. */
const LOOK_MS = 2_000;
const EVERY_MINUTE = '* * * * *';
const RUNS_READ = 200;

/** Irrigation programmes; see `Programmes`. Throws PROGRAMME_RUNNING where one run is enough. */
export function createProgrammes(options: ProgrammesOptions): ProgrammesService {
  return new ProgrammeService(options);
}

class ProgrammeService implements ProgrammesService {
  readonly name = 'programmes';
  readonly #options: ProgrammesOptions;
  readonly #local: LocalClock;
  readonly #gathering: GatherOptions;
  readonly #runner: Runner;
  readonly #scheduler: Scheduler;
  #turn: Promise<unknown> = Promise.resolve();
  #ends: Array<() => void> = [];
  /** Something goes on that has to be looked at; after a start nobody knows. */
  #isBusy = true;
  /** Wall time minus monotonic time, as the times of waiting pieces were set by. */
  #offset: number;
  #expiredAt = Number.NEGATIVE_INFINITY;

  constructor(options: ProgrammesOptions) {
    this.#options = options;
    const { state, clock, logger, metrics, timeZone } = options;
    this.#local = localClock(timeZone);
    this.#offset = clock.now() - clock.monotonic();
    const quiet = repeatGuard(clock);
    const onFault = (what: string, error: unknown): void =>
      quiet(what, (suppressed) =>
        logger.warn({ what, error: describeError(error), suppressed }, 'a programme waits'),
      );
    const clockAndFault = { clock: this.#local, onFault };
    this.#gathering = { ...options, clock: this.#local, onUnknown: onFault };
    const supplies = new SupplyKeeper({ ...options, onFault });
    this.#runner = new Runner({ ...options, ...clockAndFault, supplies });
    this.#scheduler = new Scheduler({
      ...{ state, gathering: this.#gathering, runner: this.#runner, supplies },
      ...clockAndFault,
      runs: metrics.counter('sluice_programme_starts_total', 'Starts of programmes, as decided.', [
        'decision',
      ]),
    });
  }

  async start(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    this.#ends = [
      runAt(EVERY_MINUTE, this.#options.timeZone, () => this.tick()),
      repeat(LOOK_MS, () => this.look()),
    ];
  }

  async stop(): Promise<void> {
    for (const end of this.#ends.splice(0)) end();
    await this.#turn;
  }

  tick(): Promise<void> {
    return this.#inTurn(() => this.#tick()).catch((error: unknown) => {
      this.#gathering.onUnknown('tick', error);
    });
  }

  async look(): Promise<void> {
    if (!this.#isBusy) return;
    await this.#inTurn(async () => {
      await this.#noticeJump();
      this.#isBusy = await this.#scheduler.look(this.#options.clock.now());
    }).catch((error: unknown) => this.#gathering.onUnknown('look', error));
  }

  save(asked: Omit<Programme, 'version'>, by: string): Promise<Programme> {
    return this.#inTurn(async () => {
      const { state, clock } = this.#options;
      const before = await state.programmes.get(asked.id);
      const programme: Programme = { ...asked, version: (before?.version ?? 0) + 1 };
      await this.#check(programme, before, by);
      const isMoved = JSON.stringify(before?.start) !== JSON.stringify(programme.start);
      await state.transaction(async (tx) => {
        await tx.programmes.save(programme);
        // Times that are new, or were off until now, do not count from before.
        if (isMoved || before?.enabled !== true) {
          await tx.programmes.saveDecided(programme.id, clock.now());
        }
        await tx.audit.append([this.#entry('saved', { programme, by, before, after: programme })]);
      });
      if (before !== undefined && !programme.enabled)
        await this.#endOpen(programme, by, 'disabled');
      return programme;
    });
  }

  remove(id: string, by: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const { state } = this.#options;
      const programme = await state.programmes.get(id);
      if (programme === undefined) return false;
      await this.#endOpen(programme, by, 'removed');
      await state.transaction(async (tx) => {
        await tx.programmes.remove(id);
        await tx.audit.append([this.#entry('removed', { programme, by, before: programme })]);
      });
      return true;
    });
  }

  get(id: string): Promise<Programme | undefined> {
    return this.#options.state.programmes.get(id);
  }

  list(filter: CoopFilter, page: Page): Promise<Paged<Programme>> {
    return this.#options.state.programmes.list(filter, page);
  }

  runs(id: string, page: Page): Promise<Paged<ProgrammeRun>> {
    return this.#options.state.programmes.runs(id, page);
  }

  async preview(programme: Programme, from: number, days: number): Promise<ProgrammeRun[]> {
    const now = this.#options.clock.now();
    const plant = await gatherPlant([programme], this.#gathering, now);
    this.#refuseFaults(programme, plant);
    const begins = Math.max(from, now);
    const to = Math.min(begins + days * DAY_MS, now + PREVIEW_DAYS_MAX * DAY_MS);
    const time = { from: begins, to };
    const beside = neighboursOf(programme, await this.#options.state.programmes.all(), plant);
    const scene = await this.#foresee([programme, ...beside], to);
    const { world } = scene;
    const neighbours: Neighbour[] = [];
    for (const other of beside) {
      neighbours.push({ programme: other, runs: await this.#planned(other, scene, time) });
    }
    const runs = await this.#planned(programme, scene, time);
    return runs.map((run) => ({
      ...withNeighbours(run, neighbours, world),
      supplies: suppliesOf(run.pieces, world),
    }));
  }

  accept(id: string, at: number, by: string): Promise<ProgrammeRun> {
    return this.#inTurn(async () => {
      const { clock, state } = this.#options;
      const programme = await this.#known(id);
      await this.#noticeJump();
      // One instant for all of it: what lies in the scene's future would wait for the next look.
      const now = clock.now();
      const scene = await this.#scheduler.scene([], now);
      const own = scene.open.filter(({ run }) => run.programme === id);
      const proposed = own.find(({ run }) => run.at === at && run.state === 'proposed');
      if (proposed === undefined || proposalEnd(programme, proposed.run, this.#local) <= now) {
        throw new AppError('PROGRAMME_NOT_PROPOSED', `nothing of ${id} is proposed for then`, {
          field: 'at',
          hint: 'Read its runs again: it was answered, expired or overtaken meanwhile.',
        });
      }
      refuseSecond(programme, own);
      const run: ProgrammeRun = {
        ...proposed.run,
        ...{ decision: 'run', state: 'waiting' },
        reasons: [...proposed.run.reasons, { code: 'accepted', values: { by } }],
        pieces: movedToNow(proposed.run, now),
      };
      await state.transaction(async (tx) => {
        await tx.programmes.saveRun(run);
        await tx.audit.append([this.#entry('accepted', { programme, by, after: run })]);
      });
      proposed.run = run;
      return this.#begin(run, programme, scene);
    });
  }

  runNow(id: string, by: string): Promise<ProgrammeRun> {
    return this.#inTurn(async () => {
      const { clock, state } = this.#options;
      const programme = await this.#known(id);
      await this.#noticeJump();
      const now = clock.now();
      const scene = await this.#scheduler.scene([programme], now);
      const own = scene.open.filter(({ run }) => run.programme === id);
      refuseSecond(programme, own);
      for (const open of own) {
        await this.#runner.end(open, { note: 'overtaken', by, scene });
      }
      const start = { at: await this.#freeName(id, now), until: null };
      const planned = await this.#scheduler.plan(programme, start, scene, { isAsked: true });
      const reasons = [{ code: 'asked', values: { by } }, ...planned.reasons];
      const state_ = planned.pieces.length === 0 ? 'done' : 'waiting';
      const run: ProgrammeRun = { ...planned, reasons, state: state_ };
      await state.transaction(async (tx) => {
        await tx.programmes.saveRun(run);
        await tx.audit.append([this.#entry('run', { programme, by, after: run })]);
      });
      return run.state === 'waiting' ? this.#begin(run, programme, scene) : run;
    });
  }

  stopRun(id: string, by: string): Promise<boolean> {
    return this.#inTurn(async () => this.#endOpen(await this.#known(id), by, `stopped by ${by}`));
  }

  async calendar(filter: CoopFilter, language?: Language): Promise<string> {
    const { clock, state } = this.#options;
    const now = clock.now();
    const to = now + PREVIEW_DAYS_MAX * DAY_MS;
    const wanted = (await state.programmes.all()).filter(
      ({ enabled, coop }) => enabled && (filter.coops === undefined || filter.coops.includes(coop)),
    );
    const scene = await this.#foresee(wanted, to);
    const entries: CalendarEntry[] = [];
    for (const programme of wanted) {
      // What was begun is in the calendar as it goes on.
      const begun = scene.open.filter(({ run }) => run.programme === programme.id);
      entries.push(...begun.map(({ run }) => ({ programme, run })));
      const runs = await this.#planned(programme, scene, { from: now, to });
      entries.push(...runs.map((run) => ({ programme, run })));
    }
    return calendarText(entries, now, language);
  }

  /** A person has said so: its first valve is ordered before they are answered. */
  async #begin(run: ProgrammeRun, programme: Programme, scene: Scene): Promise<ProgrammeRun> {
    this.#isBusy = true;
    const begun = await this.#scheduler.carryOn(run, programme, scene);
    await this.#scheduler.attend(scene);
    return begun;
  }

  /** Everything that changes something waits for what was asked before. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  async #tick(): Promise<void> {
    const { clock, state } = this.#options;
    await this.#noticeJump();
    this.#isBusy = await this.#scheduler.tick(clock.now());
    if (clock.monotonic() - this.#expiredAt < EXPIRE_EVERY_MS) return;
    this.#expiredAt = clock.monotonic();
    await state.programmes.expireRuns(clock.now() - KEEP_MS);
  }

  /** What waits within a run goes on in its own time when somebody sets the clock. */
  async #noticeJump(): Promise<void> {
    const { clock, state, logger } = this.#options;
    const seen = clock.now() - clock.monotonic();
    const byMs = Math.round(seen - this.#offset);
    if (Math.abs(byMs) > CLOCK_JUMP_MS) {
      for (const run of await state.programmes.openRuns()) {
        if (run.state === 'proposed') continue;
        const pieces = run.pieces.map((piece) =>
          piece.command === null ? { ...piece, from: piece.from + byMs } : piece,
        );
        await state.programmes.saveRun({ ...run, pieces });
      }
      logger.warn({ byMs }, 'the clock jumped; runs go on in their own time');
    }
    this.#offset = seen;
  }

  async #check(programme: Programme, before: Programme | undefined, by: string): Promise<void> {
    const { state, clock } = this.#options;
    const { id, coop } = programme;
    try {
      if (before !== undefined && before.coop !== coop) {
        throw new AppError('PROGRAMME_INVALID', `programme ${id} belongs to ${before.coop}`, {
          field: 'coop',
          hint: 'A programme stays with its cooperative. Give the new one another id.',
        });
      }
      if (before === undefined && (await state.programmes.all()).length >= PROGRAMMES_MAX) {
        throw new AppError('PROGRAMME_INVALID', `there are ${PROGRAMMES_MAX} programmes`, {
          field: 'id',
          hint: 'Remove one that is no longer used.',
        });
      }
      this.#refuseFaults(programme, await gatherPlant([programme], this.#gathering, clock.now()));
    } catch (error) {
      if (error instanceof AppError && error.code === 'PROGRAMME_INVALID') {
        const after = { field: error.field, why: error.message };
        await state.audit.append([this.#entry('refused', { programme, by, before, after })]);
      }
      throw error;
    }
  }

  #refuseFaults(programme: Programme, plant: Scene['world']): void {
    const devices = this.#options.registry;
    const faults = programmeFaults(programme, { plant, devices });
    const [first] = faults;
    if (first === undefined) return;
    const all = faults.map(({ field, why }) => `${field}: ${why}`).join('; ');
    throw new AppError('PROGRAMME_INVALID', `programme ${programme.id}: ${all}`, {
      field: first.field,
      hint: [...new Set(faults.map(({ hint }) => hint))].join(' '),
    });
  }

  async #endOpen(programme: Programme, by: string, note: string): Promise<boolean> {
    const { state, clock } = this.#options;
    const scene = await this.#scheduler.scene([], clock.now());
    const own = scene.open.filter(({ run }) => run.programme === programme.id);
    this.#isBusy = true;
    for (const open of own) {
      await state.audit.append([this.#entry('stopped', { programme, by, before: open.run })]);
      open.run = await this.#runner.end(open, { note, by, scene });
    }
    return own.length > 0;
  }

  async #foresee(programmes: readonly Programme[], to: number): Promise<Scene> {
    const now = this.#options.clock.now();
    const days = Math.ceil((to - now) / DAY_MS);
    const world = await gather(programmes, this.#gathering, { now, days });
    return { ...(await this.#scheduler.scene([], now)), world };
  }

  async #planned(
    programme: Programme,
    { world, open }: Scene,
    time: { from: number; to: number },
  ): Promise<ProgrammeRun[]> {
    const { items: runs } = await this.#options.state.programmes.runs(programme.id, {
      limit: RUNS_READ,
    });
    const budgets = budgetsOf(programme, { world, runs, open, run: null });
    const busy = [...world.busy, ...open.flatMap((one) => busyIn(one, world.now, true))];
    const from = time.from <= world.now ? await this.#undecided(programme, world.now) : time.from;
    return planProgramme(programme, { ...world, busy }, { ...time, from, budgets });
  }

  /** From where on starts are to come: a window that is open may wait for its last moment. */
  async #undecided({ id, start }: Programme, now: number): Promise<number> {
    if (start.type !== 'window') return now;
    const decided = await this.#options.state.programmes.decided(id);
    return Math.min(now, Math.max((decided ?? now) + 1, now - DAY_MS));
  }

  async #known(id: string): Promise<Programme> {
    const programme = await this.get(id);
    if (programme !== undefined) return programme;
    throw new AppError('PROGRAMME_NOT_FOUND', `there is no programme ${id}`);
  }

  /** A start's instant is its name: one that is taken is told apart by a millisecond. */
  async #freeName(id: string, now: number): Promise<number> {
    const { items } = await this.runs(id, { limit: RUNS_READ });
    let at = now;
    while (items.some((run) => run.at === at)) at++;
    return at;
  }

  #entry(
    what: string,
    entry: { programme: Programme; by: string; before?: unknown; after?: unknown },
  ): Omit<AuditEntry, 'number'> {
    const { programme, by, before = null, after = null } = entry;
    return {
      ...{ at: this.#options.clock.now(), coop: programme.coop, who: by },
      ...{ what: `programme.${what}`, subject: programme.id, why: null, before, after },
    };
  }
}

function refuseSecond({ id }: Programme, own: readonly OpenRun[]): void {
  if (own.every(({ run }) => run.state === 'proposed' || run.state === 'done')) return;
  throw new AppError('PROGRAMME_RUNNING', `programme ${id} runs already`, {
    hint: 'Wait until it is done, or stop its run first.',
  });
}

/** A run accepted late begins now, with the distances it was planned with. */
function movedToNow({ pieces }: ProgrammeRun, now: number): ProgrammeRun['pieces'] {
  const lateMs = Math.max(0, now - (pieces[0]?.from ?? now));
  return pieces.map((piece) => ({ ...piece, from: piece.from + lateMs }));
}
