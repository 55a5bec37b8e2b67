import { createHash } from 'node:crypto';
import { AppError } from '#src/base/errors';
import type { Actuator, ActuatorState } from '#src/contracts/actuator';
import {
  type ActuatorView,
  type Command,
  type CommandDesk,
  type CommandFilter,
  type CommandHand,
  type CommandRequest,
  type EmergencyStop,
  isTerminal,
} from '#src/contracts/command';
import type { KindRegistry } from '#src/contracts/device-kind';
import type { LivePublisher } from '#src/contracts/live';
import type { CoopFilter, Page, Paged, State } from '#src/contracts/state';

interface PlainDeskOptions {
  state: State;
  kinds: KindRegistry;
  live: LivePublisher;
  now: () => number;
}

/** Commands written straight to the state: what becomes of them is tested elsewhere. */
export class PlainDesk implements CommandDesk {
  readonly #options: PlainDeskOptions;
  /** Devices that are connected. */
  readonly online = new Set<string>();

  constructor(options: PlainDeskOptions) {
    this.#options = options;
  }

  async order(request: CommandRequest): Promise<Command> {
    const { state, live, now } = this.#options;
    const before = await state.commands.get(request.id);
    if (before !== undefined) return before;
    try {
      const command = await this.#commandOf(request);
      await state.transaction(async ({ commands, audit }) => {
        await commands.save([command]);
        await audit.append([this.#entry('command.ordered', request, command.action)]);
      });
      live.publish({ type: 'command', coop: command.coop, data: command });
      return command;
    } catch (error) {
      const code = error instanceof AppError ? error.code : null;
      const at = now();
      const refused = { ...this.#entry('command.refused', request, code), at };
      const coop = (await state.devices.get(request.device))?.coop ?? null;
      await state.audit.append([{ ...refused, coop }]);
      throw error;
    }
  }

  async orderAll(requests: readonly CommandRequest[], hand: CommandHand): Promise<Command[]> {
    for (const request of requests) await this.#commandOf(request);
    if (requests.length > 1) {
      const plain = requests.map(({ device, action }) => [device, action]);
      confirm(hand, plain, `command ${requests.length} devices`);
    }
    return Promise.all(requests.map((request) => this.order(request)));
  }

  get(id: string): Promise<Command | undefined> {
    return this.#options.state.commands.get(id);
  }

  list(filter: CommandFilter, page: Page): Promise<Paged<Command>> {
    return this.#options.state.commands.list(filter, page);
  }

  async actuator(device: string): Promise<ActuatorView | undefined> {
    const actuator = await this.#options.state.actuators.get(device);
    return actuator && this.#view(actuator);
  }

  async actuators(
    filter: CoopFilter & { site?: string },
    page: Page,
  ): Promise<Paged<ActuatorView>> {
    const { items, next } = await this.#options.state.actuators.list(filter, page);
    return { items: await Promise.all(items.map((one) => this.#view(one))), next };
  }

  async saveActuator(actuator: Omit<Actuator, 'version'>, hand: CommandHand): Promise<Actuator> {
    const { state, now } = this.#options;
    const before = await state.actuators.get(actuator.device);
    if (actuator.supply === actuator.device) {
      throw new AppError('ACTUATOR_INVALID', 'it would feed itself', { field: 'supply' });
    }
    if (before !== undefined && actuator.maxSeconds > before.maxSeconds) {
      confirm(hand, actuator, `let it run ${actuator.maxSeconds} s at a time`);
    }
    const saved = { ...actuator, version: (before?.version ?? 0) + 1 };
    await state.transaction(async ({ actuators, audit }) => {
      await actuators.save(saved);
      const what = { at: now(), coop: saved.coop, who: hand.by, what: 'actuator.changed' };
      await audit.append([
        { ...what, subject: saved.device, why: null, before: before ?? null, after: saved },
      ]);
    });
    return saved;
  }

  async removeActuator(device: string, _hand: CommandHand): Promise<boolean> {
    return this.#options.state.actuators.remove(device);
  }

  async clearFault(device: string): Promise<ActuatorView | undefined> {
    const view = await this.actuator(device);
    if (view === undefined) return undefined;
    await this.#options.state.actuators.saveStates([{ ...view.state, fault: null }]);
    return this.actuator(device);
  }

  async emergencyStop(
    scope: string,
    why: string | null,
    hand: CommandHand,
  ): Promise<EmergencyStop> {
    const { state, now } = this.#options;
    const standing = (await state.actuators.stops()).find((one) => one.scope === scope);
    if (standing !== undefined) return standing;
    const [type, id = ''] = scope.split(':');
    const row = await (type === 'coop'
      ? { coop: id }
      : type === 'site'
        ? state.sites.get(id)
        : state.devices.get(id));
    const stop = { scope, coop: row?.coop ?? '', at: now(), by: hand.by, why };
    await state.actuators.saveStop(stop);
    return stop;
  }

  async release(scope: string, hand: CommandHand): Promise<boolean> {
    confirm(hand, scope, `let ${scope} start again`);
    return this.#options.state.actuators.removeStop(scope);
  }

  async stops({ coops }: CoopFilter): Promise<EmergencyStop[]> {
    const stops = await this.#options.state.actuators.stops();
    return stops.filter(({ coop }) => coops?.includes(coop) ?? true);
  }

  async check(): Promise<null> {
    return null;
  }

  async #commandOf(request: CommandRequest): Promise<Command> {
    const { state, kinds, now } = this.#options;
    const actuator = await state.actuators.get(request.device);
    const device = await state.devices.get(request.device);
    if (actuator === undefined || device === undefined) {
      throw new AppError('ACTUATOR_NOT_FOUND', `${request.device} is no actuator`);
    }
    const spec = kinds.get(device.kind)?.commands?.find(({ action }) => action === request.action);
    if (spec === undefined) {
      throw new AppError('COMMAND_UNKNOWN_ACTION', `a ${device.kind} knows no ${request.action}`, {
        field: 'action',
      });
    }
    const starts = spec.maxSeconds !== undefined;
    this.#requireLease(request, starts, actuator);
    const places = [`coop:${device.coop}`, `site:${device.site}`, `device:${device.id}`];
    const stopped = (await state.actuators.stops()).some(({ scope }) => places.includes(scope));
    if (starts && stopped) throw new AppError('ACTUATOR_STOPPED', 'an emergency stop stands');
    return {
      ...{ id: request.id, device: device.id, coop: device.coop, site: device.site },
      ...{ action: request.action, to: starts ? 'on' : 'off' },
      ...{ maxSeconds: request.maxSeconds ?? null, notAfter: request.notAfter ?? now() + 60_000 },
      ...{ sequence: 1, source: request.source, owner: request.owner ?? request.source.name },
      ...{ why: request.why ?? null, state: 'queued', reason: null, createdAt: now() },
      ...{ sentAt: null, attempts: 0, grantedSeconds: null, startedAt: null, endedAt: null },
      ...{ before: 'unknown', proof: null, compensates: null },
      timeline: [{ at: now(), state: 'queued', note: null }],
    };
  }

  #requireLease({ maxSeconds }: CommandRequest, starts: boolean, actuator: Actuator): void {
    const field = 'maxSeconds';
    if (starts && maxSeconds === undefined) {
      throw new AppError('COMMAND_NO_LEASE', 'it says no maxSeconds', { field });
    }
    if ((maxSeconds ?? 0) > actuator.maxSeconds) {
      const message = `${maxSeconds} s are more than ${actuator.device} may run`;
      const hint = `At most ${actuator.maxSeconds} s.`;
      throw new AppError('COMMAND_OVER_CAP', message, { field, hint });
    }
  }

  #entry(what: string, request: CommandRequest, after: unknown) {
    const { device, source, why = null } = request;
    const coop = 'binh-minh';
    return {
      at: this.#options.now(),
      coop,
      who: source.name,
      what,
      subject: device,
      why,
      before: null,
      after,
    };
  }

  async #view(actuator: Actuator): Promise<ActuatorView> {
    const states = await this.#options.state.actuators.states();
    const known = states.find(({ device }) => device === actuator.device);
    return {
      actuator,
      state: known ?? blank(actuator.device),
      connected: this.online.has(actuator.device),
      reliability: null,
      blocked: actuator.enabled ? [] : [{ code: 'ACTUATOR_DISABLED', text: 'it is not enabled' }],
    };
  }
}

/** Moves a command on, as the word of its device and the witness would. */
export async function advance(
  state: State,
  id: string,
  to: Command['state'],
  change: Partial<Command> = {},
): Promise<Command> {
  const command = await state.commands.get(id);
  if (command === undefined || isTerminal(command.state)) throw new Error(`${id} is over`);
  const event = { at: command.createdAt + 1_000, state: to, note: change.reason ?? null };
  const moved = { ...command, ...change, state: to, timeline: [...command.timeline, event] };
  await state.commands.save([moved]);
  return moved;
}

function blank(device: string): ActuatorState {
  return {
    ...{ device, sequence: 0, position: 'unknown', since: null, lease: null, lastOffAt: null },
    use: { day: '2026-11-22', seconds: 0, litres: 0 },
    ...{ goodRuns: [], verdicts: { effective: 0, contradicted: 0, unproven: 0, failed: 0 } },
    fault: null,
  };
}

function confirm({ by, confirmation }: CommandHand, content: unknown, would: string): void {
  const text = createHash('sha256')
    .update(JSON.stringify([by, content]))
    .digest('base64url');
  if (confirmation === text) return;
  throw new AppError('CONFIRMATION_NEEDED', `it would ${would}`, { confirmation: text });
}
