import { type Clock, repeat } from '../base/clock.ts';
import { AppError, describeError } from '../base/errors.ts';
import { type LocalClock, localClock, MINUTE_MS } from '../base/local-clock.ts';
import { type Logger, repeatGuard } from '../base/logger.ts';
import type { Service } from '../base/service.ts';
import type { Aeration, AerationDecision, AerationPlan } from '../contracts/aeration.ts';
import type { CommandDesk } from '../contracts/command.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { History } from '../contracts/history.ts';
import type { Reason } from '../contracts/irrigation.ts';
import type { Registry } from '../contracts/registry.ts';
import type { CoopFilter, Page, Paged, Repositories, State } from '../contracts/state.ts';
import { decideAeration } from './aeration-decision.ts';
import { energyOf } from './aeration-energy.ts';
import { aerationFaults } from './aeration-faults.ts';
import { type Aerator, Aerators } from './aerators.ts';
import { refusalOf } from './declared-faults.ts';
import { Ponds } from './pond-readings.ts';

export interface AerationOptions {
  state: State;
  registry: Registry;
  kinds: KindRegistry;
  commands: CommandDesk;
  history: Pick<History, 'query'>;
  clock: Clock;
  logger: Logger;
  timeZone: string;
}

export interface AerationService extends Aeration, Service {
  /** Looks at every pond once; `start` calls it each minute. */
  tick(): Promise<void>;
}

/** Sensors report every few minutes. */
const TICK_MS = MINUTE_MS;
/** A decision asked for between two ticks rests on readings that are no older. */
const READ_MS_MAX = 20_000;

/** Runs the aerators of ponds by their oxygen; see `docs/aeration.md`. */
export function createAeration(options: AerationOptions): AerationService {
  return new PondAeration(options);
}

class PondAeration implements AerationService {
  readonly name = 'aeration';
  readonly #options: AerationOptions;
  readonly #local: LocalClock;
  readonly #ponds: Ponds;
  readonly #aerators: Aerators;
  readonly #quiet: ReturnType<typeof repeatGuard>;
  /** Why orders of the last round were refused, by site. */
  readonly #refusals = new Map<string, readonly Reason[]>();
  #turn: Promise<void> = Promise.resolve();
  #stopTimer: () => void = () => undefined;

  constructor(options: AerationOptions) {
    this.#options = options;
    this.#local = localClock(options.timeZone);
    this.#ponds = new Ponds(options);
    this.#aerators = new Aerators({ ...options, localClock: this.#local });
    this.#quiet = repeatGuard(options.clock);
  }

  async start(signal: AbortSignal): Promise<void> {
    if (!signal.aborted) this.#stopTimer = repeat(TICK_MS, () => this.tick());
  }

  async stop(): Promise<void> {
    this.#stopTimer();
    await this.#turn;
  }

  tick(): Promise<void> {
    this.#turn = this.#turn.then(() =>
      this.#round().catch((error: unknown) => this.#warn('round', error)),
    );
    return this.#turn;
  }

  async save(plan: AerationPlan, by: string): Promise<AerationPlan> {
    const { state, registry, kinds, clock } = this.#options;
    await state.transaction(async (tx) => {
      const actuators = await Promise.all(plan.aerators.map((id) => tx.actuators.get(id)));
      const byDevice = new Map(actuators.map((one) => [one?.device, one]));
      const [fault] = aerationFaults(plan, {
        site: (id) => registry.site(id),
        device: (id) => registry.find(id),
        kinds,
        actuator: (device) => byDevice.get(device),
        plans: await tx.aeration.all(),
      });
      if (fault !== undefined) throw refusalOf('AERATION_INVALID', fault);
      const before = (await tx.aeration.get(plan.site)) ?? null;
      await tx.aeration.save(plan);
      await note(tx, { at: clock.now(), who: by, what: 'aeration.saved', before, after: plan });
    });
    return plan;
  }

  async remove(site: string, by: string): Promise<boolean> {
    const { state, clock } = this.#options;
    this.#refusals.delete(site);
    return state.transaction(async (tx) => {
      const before = await tx.aeration.get(site);
      if (before === undefined || !(await tx.aeration.remove(site))) return false;
      await note(tx, { at: clock.now(), who: by, what: 'aeration.removed', before, after: null });
      return true;
    });
  }

  get(site: string): Promise<AerationPlan | undefined> {
    return this.#options.state.aeration.get(site);
  }

  list(filter: CoopFilter, page: Page): Promise<Paged<AerationPlan>> {
    return this.#options.state.aeration.list(filter, page);
  }

  async decision(site: string): Promise<AerationDecision | undefined> {
    const plan = await this.get(site);
    if (plan === undefined) return undefined;
    const { decision } = await this.#look(plan);
    const refusals = this.#refusals.get(site) ?? [];
    return { ...decision, reasons: [...decision.reasons, ...refusals] };
  }

  async accept(site: string, by: string): Promise<AerationDecision> {
    const plan = await this.get(site);
    const { decision, aerators } = plan === undefined ? nothing : await this.#look(plan);
    const what = decision?.decision;
    if (plan?.mode !== 'propose' || decision === null || (what !== 'start' && what !== 'stop')) {
      throw new AppError(
        'AERATION_NOT_PROPOSED',
        `nothing is proposed for the aerators of ${site}`,
        {
          hint: 'Look at its decision again: the water changed, or the plan runs by itself.',
        },
      );
    }
    const told = { why: textOf(decision.reasons), by };
    const refusals = await this.#aerators[what](plan, aerators, told);
    return { ...decision, reasons: [...decision.reasons, ...refusals] };
  }

  async #round(): Promise<void> {
    const plans = await this.#options.state.aeration.all();
    const active = plans.filter(({ mode }) => mode !== 'manual');
    this.#ponds.keep(plans.map(({ sensor }) => sensor));
    await this.#read(active.map(({ sensor }) => sensor));
    for (const plan of active) {
      try {
        const { decision, aerators } = await this.#look(plan);
        this.#refusals.set(plan.site, await this.#act(plan, decision, aerators));
      } catch (error) {
        // One pond's trouble is not another's.
        this.#warn(plan.site, error);
      }
    }
  }

  /**
   * What runs on the plan's lease goes on while it is needed, accepted by a person or not; only a
   * plan of mode `auto` starts and stops by itself.
   */
  async #act(
    plan: AerationPlan,
    { decision, reasons }: AerationDecision,
    aerators: readonly Aerator[],
  ): Promise<readonly Reason[]> {
    const told = { why: textOf(reasons), by: null };
    if (decision === 'none') return [];
    if (decision === 'keep') return this.#aerators.renew(plan, aerators, told);
    if (plan.mode === 'auto') return this.#aerators[decision](plan, aerators, told);
    return decision === 'start' ? this.#aerators.renew(plan, aerators, told) : [];
  }

  async #look(
    plan: AerationPlan,
  ): Promise<{ decision: AerationDecision; aerators: readonly Aerator[] }> {
    const { clock } = this.#options;
    if (this.#ponds.readMsAgo(plan.sensor, clock.now()) > READ_MS_MAX) {
      await this.#read([plan.sensor]);
    }
    const aerators = await this.#aerators.of(plan);
    const now = clock.now();
    const verdict = decideAeration({
      plan,
      now,
      clock: this.#local,
      readings: this.#ponds.of(plan.sensor, now),
      runs: this.#aerators.runs(plan, aerators),
    });
    const states = aerators.map(({ view }) => view.state);
    const energy = energyOf(plan, states, { now, clock: this.#local });
    return { decision: { site: plan.site, at: now, ...verdict, energy }, aerators };
  }

  /** While the history cannot be read what is known grows old, and is taken for that. */
  async #read(sensors: readonly string[]): Promise<void> {
    try {
      await this.#ponds.refresh(sensors, this.#options.clock.now());
    } catch (error) {
      this.#warn('history', error);
    }
  }

  #warn(what: string, error: unknown): void {
    this.#quiet(what, (suppressed) =>
      this.#options.logger.warn(
        { what, error: describeError(error), suppressed },
        'aeration waits',
      ),
    );
  }
}

const nothing = { decision: null, aerators: [] };

/** `oxygen-low oxygen=3.2 startBelow=4` for the history of commands. */
function textOf(reasons: readonly Reason[]): string {
  const { code, values } = reasons.at(-1) ?? { code: '', values: {} };
  return [code, ...Object.entries(values).map(([name, value]) => `${name}=${value}`)].join(' ');
}

function note(
  tx: Repositories,
  {
    before,
    after,
    ...entry
  }: {
    at: number;
    who: string;
    what: string;
    before: AerationPlan | null;
    after: AerationPlan | null;
  },
): Promise<void> {
  const { coop, site } = after ?? before ?? { coop: null, site: '' };
  return tx.audit.append([{ ...entry, coop, subject: site, why: null, before, after }]);
}
