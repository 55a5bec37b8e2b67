import { AppError } from '#src/base/errors';
import type {
  ActuatorView,
  Command,
  CommandDesk,
  CommandFilter,
  CommandRequest,
} from '#src/contracts/command';
import { actuatorOf, actuatorStateOf } from '../../state/examples-water.ts';

/** How a device takes its starts; at once and whole without one. */
export interface Manner {
  /** Grants so much at most. */
  grants?: number;
  /** Refuses starts by this code. */
  refuses?: string;
  /** Not there: starts expire. */
  isOffline?: boolean;
  /** Waits for its device, and is then refused by this code after all. */
  turnsDown?: string;
  /** Its witness shows nothing of a start. */
  contradicts?: boolean;
}

/** One time a device was on. */
export interface Lease {
  id: string;
  device: string;
  owner: string;
  from: number;
  to: number;
}

export interface MonotonicLease extends Lease {
  fromMonotonic: number;
  toMonotonic: number;
  /** When it was granted to end. */
  planned: number;
}

/**
 * The seam of the commands: keeps every order by its id, as the desk's own state does, and plays
 * devices that begin at once. It outlives the programmes, as the desk does.
 */
export class RecordingDesk implements Pick<CommandDesk, 'order' | 'get' | 'actuator' | 'list'> {
  readonly requests: CommandRequest[] = [];
  readonly manners = new Map<string, Manner>();
  /** What feeds the valves; looked at apart from them. */
  readonly supplies = new Set(['pump']);
  readonly #commands = new Map<string, Command>();
  readonly #clock: { now(): number; monotonic(): number };
  readonly #leases = new Map<string, { endsAt: number; begunAt: number }>();
  /** The n-th order from now is kept, and then the program dies. */
  diesAfter = Number.POSITIVE_INFINITY;
  /** The n-th order from now never arrives. */
  diesBefore = Number.POSITIVE_INFINITY;

  constructor(clock: { now(): number; monotonic(): number }) {
    this.#clock = clock;
  }

  async order(request: CommandRequest): Promise<Command> {
    if (--this.diesBefore === 0) throw new Error('the power went before the order');
    const known = await this.get(request.id);
    if (known !== undefined) return known;
    this.requests.push(request);
    const manner = this.manners.get(request.device) ?? {};
    const isStart = request.maxSeconds !== undefined;
    if (isStart && manner.refuses !== undefined) throw new AppError(manner.refuses, 'refused');
    const command = this.#commandOf(request, manner);
    this.#commands.set(command.id, command);
    if (!isStart) this.#stop(request.device);
    if (--this.diesAfter === 0) throw new Error('the power went after the order');
    return command;
  }

  async get(id: string): Promise<Command | undefined> {
    this.#settle();
    return this.#commands.get(id);
  }

  async actuator(device: string): Promise<ActuatorView> {
    this.#settle();
    const own = [...this.#commands.values()].filter((command) => command.device === device);
    const runs = own.findLast(({ id, endedAt }) => this.#leases.has(id) && endedAt === null);
    const { isOffline = false, refuses } = this.manners.get(device) ?? {};
    const lease = runs && {
      ...{ command: runs.id, from: runs.startedAt ?? 0, owner: runs.owner },
      grantedSeconds: runs.grantedSeconds ?? 0,
      until: (runs.startedAt ?? 0) + (runs.grantedSeconds ?? 0) * 1000,
    };
    const ends = own.flatMap(({ endedAt }) => endedAt ?? []);
    return {
      actuator: actuatorOf({ device }),
      state: actuatorStateOf({
        ...{ device, position: runs === undefined ? 'off' : 'on', lease: lease ?? null },
        lastOffAt: ends.length === 0 ? null : Math.max(...ends),
      }),
      connected: !isOffline,
      reliability: null,
      blocked: refuses === undefined ? [] : [{ code: refuses, text: 'refused' }],
    };
  }

  async list({ device, source }: CommandFilter, { limit }: { limit: number }) {
    this.#settle();
    const items = [...this.#commands.values()].reverse().filter((command) => {
      return command.device === device && (source === undefined || command.source.type === source);
    });
    return { items: items.slice(0, limit), next: null };
  }

  /** Every time a valve was on, by the clock that does not jump; or one of what feeds them. */
  leases(isSupply = false): MonotonicLease[] {
    this.#settle();
    return [...this.#commands.values()].flatMap((command) => {
      const lease = this.#leases.get(command.id);
      if (lease === undefined || this.supplies.has(command.device) !== isSupply) return [];
      const { device, owner, startedAt, endedAt, grantedSeconds } = command;
      const from = startedAt ?? 0;
      return {
        ...{
          id: command.id,
          device,
          owner,
          from,
          to: endedAt ?? from + (grantedSeconds ?? 0) * 1000,
        },
        ...{ fromMonotonic: lease.begunAt, toMonotonic: lease.endsAt },
        planned: lease.begunAt + (grantedSeconds ?? 0) * 1000,
      };
    });
  }

  /** Seconds by command. */
  given(): Array<{ id: string; seconds: number }> {
    this.#settle();
    return this.leases().map(({ id, fromMonotonic, toMonotonic }) => ({
      id,
      seconds: (toMonotonic - fromMonotonic) / 1000,
    }));
  }

  starts(): CommandRequest[] {
    return this.#ofValves().filter(({ maxSeconds }) => maxSeconds !== undefined);
  }

  stops(): CommandRequest[] {
    return this.#ofValves().filter(({ maxSeconds }) => maxSeconds === undefined);
  }

  #ofValves(): CommandRequest[] {
    return this.requests.filter(({ device }) => !this.supplies.has(device));
  }

  #commandOf(request: CommandRequest, manner: Manner): Command {
    const now = this.#clock.now();
    const isOffline = manner.isOffline === true || manner.turnsDown !== undefined;
    const { maxSeconds = null } = request;
    const granted = maxSeconds === null ? null : Math.min(maxSeconds, manner.grants ?? maxSeconds);
    if (granted !== null && !isOffline) {
      const begunAt = this.#clock.monotonic();
      this.#leases.set(request.id, { begunAt, endsAt: begunAt + granted * 1000 });
    }
    const state = isOffline ? 'queued' : manner.contradicts ? 'contradicted' : 'running';
    return {
      ...{ id: request.id, device: request.device, coop: 'an-binh', site: null },
      ...{ action: request.action, to: maxSeconds === null ? 'off' : 'on', maxSeconds },
      ...{ notAfter: request.notAfter ?? now + 60_000, sequence: this.requests.length },
      ...{ source: request.source, owner: request.owner ?? '', why: request.why ?? null, state },
      ...{ reason: null, createdAt: now, sentAt: now, attempts: 1, grantedSeconds: granted },
      ...{ startedAt: isOffline ? null : now, endedAt: null, before: 'off' },
      ...{ proof: null, compensates: null, timeline: [] },
    };
  }

  #settle(): void {
    const now = this.#clock.now();
    for (const [id, command] of this.#commands) {
      const lease = this.#leases.get(id);
      if (lease === undefined) {
        if (command.state === 'queued' && now >= command.notAfter) {
          const reason = this.manners.get(command.device)?.turnsDown ?? null;
          const state = reason === null ? 'expired' : 'refused';
          this.#commands.set(id, { ...command, state, reason });
        }
      } else if (command.endedAt === null && this.#clock.monotonic() >= lease.endsAt) {
        const state = command.state === 'running' ? 'effective' : command.state;
        const late = this.#clock.monotonic() - lease.endsAt;
        this.#commands.set(id, { ...command, state, endedAt: now - late });
      }
    }
  }

  #stop(device: string): void {
    this.#settle();
    for (const [id, command] of this.#commands) {
      const lease = this.#leases.get(id);
      if (command.device !== device || command.endedAt !== null || lease === undefined) continue;
      this.#leases.set(id, { ...lease, endsAt: this.#clock.monotonic() });
    }
    this.#settle();
  }
}
