import { repeat } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { repeatGuard } from '../base/logger.ts';
import type { Service } from '../base/service.ts';
import type { Actuator } from '../contracts/actuator.ts';
import type {
  ActuatorView,
  Command,
  CommandDesk,
  CommandHand,
  CommandRequest,
  EmergencyStop,
} from '../contracts/command.ts';
import type { Consumer, DecodedBatch } from '../contracts/observation.ts';
import type { ReadinessCheck } from '../contracts/readiness.ts';
import type { CoopFilter, Page, Paged } from '../contracts/state.ts';
import { clearFault, removeActuator, saveActuator, viewOf } from './actuators.ts';
import { Confirmations } from './confirmations.ts';
import { type CommandOptions, Engine } from './engine.ts';
import { recordRefusal, refusalAgain, takeOrder } from './orders.ts';
import type { Sitting } from './sitting.ts';
import { release, stopAll } from './stops.ts';

export type { CommandOptions } from './engine.ts';

/** The desk, the consumer that hears what becomes of commands, and their clock; see DESIGN.md. */
export type CommandRoom = CommandDesk &
  Consumer &
  Service & {
    /** Sends, gives up, ends leases and asks witnesses; `start` calls it every second. */
    tick(): Promise<void>;
    /** Resolves when everything that was handed over so far is committed. */
    idle(): Promise<void>;
    readiness(): ReadinessCheck;
  };

const TICK_MS = 1_000;
/** A hundred valves at once is a whole farm; more is a mistake. */
const ORDERS_AT_ONCE_MAX = 200;

export function createCommands(options: CommandOptions): CommandRoom {
  return new Desk(options);
}

class Desk implements CommandRoom {
  readonly name = 'commands';
  readonly #options: CommandOptions;
  readonly #engine: Engine;
  readonly #confirmations: Confirmations;
  readonly #quiet: ReturnType<typeof repeatGuard>;
  #stoppers: Array<() => void> = [];

  constructor(options: CommandOptions) {
    this.#options = options;
    this.#engine = new Engine(options);
    this.#confirmations = new Confirmations(options.clock);
    this.#quiet = repeatGuard(options.clock);
  }

  async start(signal: AbortSignal): Promise<void> {
    await this.#engine.load();
    const { messenger, registry } = this.#options;
    this.#stoppers = [
      messenger.onListening((device) => {
        if (this.#engine.waitsFor(device)) this.#guarded(() => this.#engine.listening(device));
      }),
      registry.onChange((device) => this.#guarded(() => this.#engine.changed(device))),
    ];
    if (!signal.aborted) {
      this.#stoppers.push(repeat(TICK_MS, () => this.#guarded(() => this.tick())));
    }
  }

  cursor(): Promise<number> {
    return this.#engine.cursor();
  }

  persisted(): number {
    return this.#engine.persisted;
  }

  accept(batch: DecodedBatch): Promise<void> {
    return this.#engine.accept(batch);
  }

  tick(): Promise<void> {
    return this.#engine.tick();
  }

  idle(): Promise<void> {
    return this.#engine.idle();
  }

  readiness(): ReadinessCheck {
    return this.#engine.readiness();
  }

  async order(request: CommandRequest): Promise<Command> {
    const [command] = await this.#order([request]);
    if (command === undefined) throw new Error('an order without a command');
    return command;
  }

  async orderAll(requests: readonly CommandRequest[], hand: CommandHand): Promise<Command[]> {
    if (requests.length === 0 || requests.length > ORDERS_AT_ONCE_MAX) {
      throw new AppError('COMMAND_INVALID', `${requests.length} commands at once`, {
        field: 'commands',
        hint: `Give 1 to ${ORDERS_AT_ONCE_MAX} commands.`,
      });
    }
    const devices = new Set(requests.map(({ device }) => device));
    if (devices.size > 1) {
      const content = requests.map(({ device, action, maxSeconds }) => [
        device,
        action,
        maxSeconds,
      ]);
      const consequence = `It sends ${requests.length} commands to ${devices.size} devices.`;
      this.#confirmations.require(hand, ['orders', content], consequence);
    }
    return this.#order(requests);
  }

  check(request: CommandRequest): Promise<{ code: string; text: string } | null> {
    return this.#engine.look(async (sitting) => {
      if ((await this.#known(sitting, request.id)) !== undefined) return null;
      const { refusal } = takeOrder(this.#engine.floor, sitting, { request });
      return refusal && { code: refusal.code, text: refusal.message };
    });
  }

  get(id: string): Promise<Command | undefined> {
    return this.#options.state.commands.get(id);
  }

  list: CommandDesk['list'] = (filter, page) => this.#options.state.commands.list(filter, page);

  actuator(device: string): Promise<ActuatorView | undefined> {
    return this.#engine.look((sitting) => this.#view(sitting, device));
  }

  async actuators(
    filter: CoopFilter & { site?: string },
    page: Page,
  ): Promise<Paged<ActuatorView>> {
    const { items, next } = await this.#options.state.actuators.list(filter, page);
    return this.#engine.look((sitting) => ({
      items: items.flatMap(({ device }) => this.#view(sitting, device) ?? []),
      next,
    }));
  }

  saveActuator(actuator: Omit<Actuator, 'version'>, hand: CommandHand): Promise<Actuator> {
    const confirmations = this.#confirmations;
    return this.#engine.change(async ({ floor, sitting }) => {
      await this.#engine.begin(sitting, actuator.device);
      return saveActuator(floor, sitting, { actuator, hand, confirmations });
    });
  }

  removeActuator(device: string, hand: CommandHand): Promise<boolean> {
    return this.#engine.change(({ floor, sitting }) =>
      removeActuator(floor, sitting, { device, hand }),
    );
  }

  async clearFault(
    device: string,
    why: string,
    hand: CommandHand,
  ): Promise<ActuatorView | undefined> {
    await this.#engine.change(({ sitting }) => clearFault(sitting, { device, why, hand }));
    return this.actuator(device);
  }

  release(scope: string, hand: CommandHand): Promise<boolean> {
    const confirmations = this.#confirmations;
    return this.#engine.change(({ sitting }) => release(sitting, { scope, hand, confirmations }));
  }

  stops({ coops }: CoopFilter): Promise<EmergencyStop[]> {
    return this.#engine.look((sitting) =>
      sitting.stops().filter(({ coop }) => coops?.includes(coop) ?? true),
    );
  }

  async stop(): Promise<void> {
    for (const end of this.#stoppers.splice(0)) end();
    await this.#guarded(() => this.#engine.close());
  }

  emergencyStop(scope: string, why: string | null, hand: CommandHand): Promise<EmergencyStop> {
    return this.#engine.change(({ floor, sitting }) =>
      stopAll(floor, sitting, { scope, why, hand }),
    );
  }

  /** All pass or none; a refusal is kept, and then told. */
  async #order(requests: readonly CommandRequest[]): Promise<Command[]> {
    const refusal = await this.#engine.change(
      async ({ floor, sitting }) => {
        const taken: Command[] = [];
        for (const request of requests) {
          const known = await this.#known(sitting, request.id);
          if (known?.sequence === 0) return { error: refusalAgain(known), outcome: null, request };
          if (known !== undefined) {
            taken.push(known);
            continue;
          }
          const outcome = takeOrder(floor, sitting, { request });
          if (outcome.command === null) return { error: outcome.refusal, outcome, request };
          taken.push(outcome.command);
        }
        return taken;
      },
      (result) => Array.isArray(result),
    );
    if (Array.isArray(refusal)) return refusal;
    const { outcome, request, error } = refusal;
    if (outcome !== null) {
      await this.#engine.change(({ sitting }) => recordRefusal(sitting, { request, outcome }));
    }
    throw error;
  }

  async #known(sitting: Sitting, id: string): Promise<Command | undefined> {
    return sitting.command(id) ?? (await this.#options.state.commands.get(id));
  }

  #view(sitting: Sitting, device: string): ActuatorView | undefined {
    const actuator = sitting.actuator(device);
    return actuator && viewOf(this.#engine.floor, sitting, actuator);
  }

  async #guarded(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#quiet('commands', (suppressed) =>
        this.#options.logger.warn({ error, suppressed }, 'commands wait'),
      );
    }
  }
}
