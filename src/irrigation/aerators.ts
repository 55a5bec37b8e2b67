import type { Clock } from '../base/clock.ts';
import { AppError, describeError } from '../base/errors.ts';
import { type LocalClock, MINUTE_MS } from '../base/local-clock.ts';
import { type Logger, repeatGuard } from '../base/logger.ts';
import type { AerationPlan } from '../contracts/aeration.ts';
import type { ActuatorView, Command, CommandDesk, CommandRequest } from '../contracts/command.ts';
import { isTerminal } from '../contracts/command.ts';
import type { KindRegistry } from '../contracts/device-kind.ts';
import type { Reason } from '../contracts/irrigation.ts';
import type { Registry } from '../contracts/registry.ts';
import { DAWN_HOUR, DUSK_HOUR } from '../water/dawn-oxygen.ts';
import { type AeratorRuns, isNight } from './aeration-decision.ts';
import { commandIdOf } from './command-id.ts';

export interface AeratorsOptions {
  registry: Pick<Registry, 'find'>;
  kinds: KindRegistry;
  commands: Pick<CommandDesk, 'actuator' | 'check' | 'list' | 'order'>;
  clock: Clock;
  localClock: LocalClock;
  logger: Logger;
}

/** One aerator of a plan, with its newest commands, newest first. */
export interface Aerator {
  device: string;
  view: ActuatorView;
  commands: readonly Command[];
}

/** Within it the same order has the same id: what was refused is not asked for again. */
const SLOT_MS = 5 * MINUTE_MS;
/** An aerator that is not heard for so long is asked again, if it is still needed. */
const NOT_AFTER_MS = 10 * MINUTE_MS;
/** By day a lease is so long: what the pond needs is known soon again. */
const DAY_LEASE_MS = 120 * MINUTE_MS;
/** A lease given at night reaches so far beyond dawn, for a night in which the link is lost. */
const BEYOND_DAWN_MS = 90 * MINUTE_MS;
/** Whoever stopped an aerator by hand may stand in the water. */
const HANDS_OFF_MS = 60 * MINUTE_MS;
/** And until then it is not missed: a person knew why. */
const REST_MS = 12 * 60 * MINUTE_MS;
const COMMANDS_READ = 10;
/** What a person stopped is not needed any more until the oxygen says so anew. */
const BY_HAND: ReadonlySet<string> = new Set(['person', 'emergency-stop']);

export const ownerOf = (site: string): string => `aeration:${site}`;

/** The aerators of plans through the command desk: what they do, and what they are told. */
export class Aerators {
  readonly #options: AeratorsOptions;
  readonly #quiet: ReturnType<typeof repeatGuard>;

  constructor(options: AeratorsOptions) {
    this.#options = options;
    this.#quiet = repeatGuard(options.clock);
  }

  /** Those of a plan that are set up. */
  async of(plan: AerationPlan): Promise<Aerator[]> {
    const { commands } = this.#options;
    const found: Aerator[] = [];
    for (const device of plan.aerators) {
      const view = await commands.actuator(device);
      if (view === undefined) continue;
      const { items } = await commands.list({ device }, { limit: COMMANDS_READ });
      found.push({ device, view, commands: items });
    }
    return found;
  }

  runs(plan: AerationPlan, aerators: readonly Aerator[]): AeratorRuns {
    const owner = ownerOf(plan.site);
    const changes = aerators.map(({ view }) => view.state.since ?? -Infinity);
    const needed = aerators.map((aerator) => neededAt(aerator, owner) ?? -Infinity);
    return {
      isOurs: aerators.some(({ view }) => this.#isOurs(view, owner)),
      isWhole:
        aerators.length > 0 &&
        aerators.every((one) => one.view.state.position === 'on' || this.#rests(one, owner)),
      changedAt: finite(Math.max(...changes)),
      neededAt: finite(Math.max(...needed)),
    };
  }

  /** Starts what stands still and renews what is ours; answers why some could not be. */
  async start(plan: AerationPlan, aerators: readonly Aerator[], told: Told): Promise<Reason[]> {
    const refusals: Reason[] = [];
    for (const aerator of aerators) {
      const { position, lease } = aerator.view.state;
      const isOurs = this.#isOurs(aerator.view, ownerOf(plan.site));
      if (isOurs ? !this.#isDue(aerator.view) : position === 'on') continue;
      const handsOff = isOurs ? null : this.#handsOff(aerator);
      const purpose = lease === null ? 'start' : `renew ${lease.command}`;
      const refusal =
        handsOff ?? (await this.#order(plan, aerator, { ...told, to: 'on', purpose }));
      if (refusal !== null) refusals.push(refusal);
    }
    return refusals;
  }

  /** Renews what is ours and starts nothing. */
  renew(plan: AerationPlan, aerators: readonly Aerator[], told: Told): Promise<Reason[]> {
    const owner = ownerOf(plan.site);
    const ours = aerators.filter(({ view }) => this.#isOurs(view, owner));
    return this.start(plan, ours, told);
  }

  /** Stops what is ours; what somebody else started is theirs to end. */
  async stop(plan: AerationPlan, aerators: readonly Aerator[], told: Told): Promise<Reason[]> {
    const refusals: Reason[] = [];
    for (const aerator of aerators) {
      if (!this.#isOurs(aerator.view, ownerOf(plan.site))) continue;
      const purpose = `stop ${aerator.view.state.lease?.command ?? ''}`;
      const refusal = await this.#order(plan, aerator, { ...told, to: 'off', purpose });
      if (refusal !== null) refusals.push(refusal);
    }
    return refusals;
  }

  #isOurs({ state }: ActuatorView, owner: string): boolean {
    const { lease, position } = state;
    return position !== 'off' && lease !== null && lease.owner === owner;
  }

  /** A renewal would add at least half of what it asks for. */
  #isDue({ actuator, state }: ActuatorView): boolean {
    if (state.lease === null) return true;
    const { until, grantedSeconds } = state.lease;
    const wanted = Math.min(this.#leaseSeconds(actuator.maxSeconds), grantedSeconds);
    return this.#options.clock.now() + wanted * 1_000 - until > (wanted * 1_000) / 2;
  }

  #leaseSeconds(maxSeconds: number): number {
    const { clock, localClock } = this.#options;
    const now = clock.now();
    const hour = localClock.minutes(now) / 60;
    const hoursToDawn = hour >= DUSK_HOUR ? DAWN_HOUR - hour : DAWN_HOUR - 24 - hour;
    const wantedMs = isNight(now, localClock)
      ? hoursToDawn * 60 * MINUTE_MS + BEYOND_DAWN_MS
      : DAY_LEASE_MS;
    return Math.min(maxSeconds, Math.ceil(wantedMs / 1_000));
  }

  /** Somebody stopped it by hand, and not long ago. */
  #rests({ commands }: Aerator, owner: string): boolean {
    const decisive = decisiveOf(commands, owner);
    if (decisive === undefined || decisive.to === 'on' || decisive.owner === owner) return false;
    return this.#options.clock.now() - decisive.createdAt < REST_MS;
  }

  #handsOff({ device, commands }: Aerator): Reason | null {
    const [newest] = commands;
    if (newest === undefined || newest.to !== 'off' || newest.source.type !== 'person') return null;
    const leftMs = newest.createdAt + HANDS_OFF_MS - this.#options.clock.now();
    if (leftMs <= 0 || leftMs > HANDS_OFF_MS) return null;
    const values = { device, by: newest.source.name, minutes: Math.ceil(leftMs / MINUTE_MS) };
    return { code: 'stopped-by-hand', values };
  }

  /** Orders it unless it is on its way already; answers why it was refused, or null. */
  async #order(plan: AerationPlan, aerator: Aerator, what: Order): Promise<Reason | null> {
    const { device, commands } = aerator;
    const isUnderWay = commands.some(
      ({ to, state }) => to === what.to && !isTerminal(state) && state !== 'running',
    );
    if (isUnderWay) return null;
    const request = this.#request(plan, aerator, what);
    if (request === null) return refused(device, 'COMMAND_UNKNOWN_ACTION');
    try {
      const refusal = await this.#options.commands.check(request);
      if (refusal !== null) return refused(device, refusal.code);
      const command = await this.#options.commands.order(request);
      return command.state === 'refused' || command.state === 'failed'
        ? refused(device, command.reason ?? command.state)
        : null;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#quiet(`order ${device}`, (suppressed) =>
        this.#options.logger.warn(
          { device, error: describeError(error), suppressed },
          'an aerator takes no order',
        ),
      );
      return refused(device, error.code);
    }
  }

  #request(plan: AerationPlan, { device, view }: Aerator, what: Order): CommandRequest | null {
    const { clock, kinds, registry } = this.#options;
    const part = kinds.get(registry.find(device)?.kind ?? '')?.actuator;
    if (part === undefined) return null;
    const now = clock.now();
    const slot = Math.floor(now / SLOT_MS) * SLOT_MS;
    return {
      id: commandIdOf(slot, [plan.site, device, what.to, what.purpose, slot]),
      device,
      action: what.to === 'on' ? part.on : part.off,
      ...(what.to === 'on' && { maxSeconds: this.#leaseSeconds(view.actuator.maxSeconds) }),
      notAfter: now + NOT_AFTER_MS,
      owner: ownerOf(plan.site),
      why: what.why,
      source: {
        type: 'aeration',
        name:
          what.by === null ? `aeration of ${plan.site}` : `${what.by}, aeration of ${plan.site}`,
        id: plan.site,
      },
    };
  }
}

/** Why, in English for the history of commands, and by whom when a person accepted it. */
export interface Told {
  why: string;
  by: string | null;
}

interface Order extends Told {
  to: 'on' | 'off';
  purpose: string;
}

function refused(device: string, code: string): Reason {
  return { code: 'aerator-refused', values: { device, why: code } };
}

/** When the plan last started it, unless it, or a person, stopped it since. */
function neededAt({ commands }: Aerator, owner: string): number | null {
  const decisive = decisiveOf(commands, owner);
  return decisive?.to === 'on' ? decisive.createdAt : null;
}

/** The newest start or stop of the plan itself, or stop by hand. */
function decisiveOf(commands: readonly Command[], owner: string): Command | undefined {
  return commands.find(
    ({ to, owner: whose, source }) => whose === owner || (to === 'off' && BY_HAND.has(source.type)),
  );
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
