import { AppError } from '#src/base/errors';
import type { Actuator, ActuatorState } from '#src/contracts/actuator';
import type {
  ActuatorView,
  Command,
  CommandDesk,
  CommandFilter,
  CommandRequest,
} from '#src/contracts/command';
import { actuatorOf, actuatorStateOf, commandOf } from '../../state/examples-water.ts';

const HOUR_MS = 3_600_000;

/** What an aerator does with an order, and with its lease. */
export interface Manners {
  /** Nothing reaches it: an order waits until its notAfter. */
  isOffline?: boolean;
  /** Longest lease it grants, s. */
  grants?: number;
  refuses?: string;
  /** A fault that stands at the desk. */
  isFaulty?: boolean;
}

/** A command desk by its contract, with aerators that obey at once and keep their leases. */
export class PaperDesk implements Pick<CommandDesk, 'actuator' | 'check' | 'list' | 'order'> {
  readonly commands: Command[] = [];
  readonly manners = new Map<string, Manners>();
  readonly #now: () => number;
  readonly #dayOf: (time: number) => string;
  readonly #actuators = new Map<string, Actuator>();
  readonly #states = new Map<string, ActuatorState>();

  constructor(now: () => number, dayOf: (time: number) => string) {
    this.#now = now;
    this.#dayOf = dayOf;
  }

  add(device: string, change: Partial<Actuator> = {}): Actuator {
    const actuator = actuatorOf({ device, role: 'aerator', failSafe: 'on', ...change });
    this.#actuators.set(device, actuator);
    const use = { day: this.#dayOf(this.#now()), seconds: 0, litres: 0 };
    const state = { device, position: 'off' as const, lease: null, since: null, use };
    this.#states.set(device, actuatorStateOf(state));
    return actuator;
  }

  /** Time goes on: what was granted ends by itself. */
  pass(): void {
    for (const [device, state] of this.#states) {
      if (state.lease !== null && this.#now() >= state.lease.until) this.end(device);
    }
  }

  isOn(device: string): boolean {
    return this.#states.get(device)?.position === 'on';
  }

  /** It stands, by its lease's end, a power cut or a hand at the switch. */
  end(device: string): void {
    this.#book(device);
    this.#change(device, { position: 'off', lease: null, since: this.#now() });
  }

  async actuator(device: string): Promise<ActuatorView | undefined> {
    const actuator = this.#actuators.get(device);
    const state = this.#states.get(device);
    if (actuator === undefined || state === undefined) return undefined;
    return { actuator, state, connected: true, reliability: null, blocked: [] };
  }

  async list({ device }: CommandFilter, { limit }: { limit: number }) {
    const items = this.commands.filter((one) => one.device === device).reverse();
    return { items: items.slice(0, limit), next: null };
  }

  async check({ device }: CommandRequest): Promise<{ code: string; text: string } | null> {
    if (this.manners.get(device)?.isFaulty !== true) return null;
    return { code: 'ACTUATOR_FAULTY', text: 'it has a fault' };
  }

  async order(request: CommandRequest): Promise<Command> {
    const known = this.commands.find(({ id }) => id === request.id);
    if (known !== undefined) return known;
    const refusal = await this.check(request);
    if (refusal !== null) throw new AppError(refusal.code, refusal.text);
    const command = this.#take(request);
    this.commands.push(command);
    return command;
  }

  #take(request: CommandRequest): Command {
    const { id, device, action, maxSeconds = null, owner = request.source.name } = request;
    const now = this.#now();
    const to = maxSeconds === null ? 'off' : 'on';
    const common = commandOf({
      ...{ id, device, action, to, maxSeconds, owner, source: request.source, createdAt: now },
      ...{ why: request.why ?? null, notAfter: request.notAfter ?? now + 60_000 },
    });
    const { isOffline, refuses, grants = Infinity } = this.manners.get(device) ?? {};
    if (isOffline === true) return { ...common, state: 'queued' };
    if (refuses !== undefined) return { ...common, state: 'refused', reason: refuses };
    if (maxSeconds === null) {
      this.end(device);
      return { ...common, state: 'effective' };
    }
    this.#book(device);
    const grantedSeconds = Math.min(maxSeconds, grants);
    const lease = { command: id, from: now, until: now + grantedSeconds * 1_000 };
    this.#change(device, {
      position: 'on',
      lease: { ...lease, grantedSeconds, owner },
      ...(!this.isOn(device) && { since: now }),
    });
    return { ...common, state: 'effective', grantedSeconds, startedAt: now };
  }

  /** What waited for a device is over. */
  expire(): void {
    for (const [place, command] of this.commands.entries()) {
      if (command.state !== 'queued' || command.notAfter > this.#now()) continue;
      this.commands[place] = { ...command, state: 'expired' };
    }
  }

  /** What was used up to now of the day that it is, when a run ends or is replaced. */
  #book(device: string): void {
    const state = this.#states.get(device);
    if (state === undefined || state.lease === null) return;
    const now = this.#now();
    const day = this.#dayOf(now);
    const midnight = now - ((now + 7 * HOUR_MS) % (24 * HOUR_MS));
    const more = (now - Math.max(state.lease.from, midnight)) / 1_000;
    const seconds = (state.use.day === day ? state.use.seconds : 0) + more;
    this.#change(device, { use: { day, seconds, litres: 0 } });
  }

  #change(device: string, change: Partial<ActuatorState>): void {
    const state = this.#states.get(device);
    if (state !== undefined) this.#states.set(device, { ...state, ...change });
  }
}
