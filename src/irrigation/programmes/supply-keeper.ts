import type { ActuatorKind } from '../../contracts/actuator.ts';
import type { ActuatorView, Command, CommandDesk } from '../../contracts/command.ts';
import { isTerminal } from '../../contracts/command.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import type { Registry } from '../../contracts/registry.ts';
import { commandIdOf } from '../command-id.ts';
import type { OpenRun } from './ledger.ts';
import { isDueSoon, type Need, neededUntil, needsOf, type OpenValve } from './supply-needs.ts';
import { isOfProgramme, STOPPED, SUPPLY_OWNER, type World } from './world.ts';

export interface SupplyKeeperOptions {
  registry: Pick<Registry, 'find'>;
  kinds: KindRegistry;
  commands: Pick<CommandDesk, 'order' | 'actuator' | 'list'>;
  /** A supply could not be seen to; the others are. */
  onFault: (what: string, error: unknown) => void;
}

/** Water that was to come and did not. */
export interface Loss {
  supply: string;
  /** An error code, a state of its command, the device's word, or one of the three below. */
  code: string;
  /** From when on there was none. */
  at: number;
  /** Nothing below it is given in this run any more. */
  isFinal: boolean;
}

/** Somebody stopped it. */
const BY_HAND = 'supply-stopped';
/** Its time was over, and nobody could make it longer. */
const ENDED = 'supply-ended';
/** It never said that it runs. */
const SILENT = 'supply-silent';
/** A device may not begin it later than this after its order: a valve stands open for it. */
const BEGIN_WITHIN_MS = 20_000;
/**
 * A valve that is open so long and has no supply yet is closed again: a main and a pump after each
 * other, with their ten seconds before a lost command is sent once more.
 */
const SUPPLY_WAIT_MS = 45_000;
/** A lease with no more left is extended, which leaves room for four tries. */
const EXTEND_WITHIN_MS = 90_000;
/** Within it an order that was refused is not made again. */
const TRY_EVERY_MS = 20_000;
/** What ends so little before its valve was meant to: `neededUntil`, and a slow device. */
const END_SLACK_MS = 15_000;
/** It is not extended for less. */
const EXTENSION_MS_MIN = 5_000;
/** Newest commands of a supply that are looked through: of one need, and what ended it. */
const COMMANDS_READ = 10;
/** They refuse a start now and not in a while, or only until the valve is open. */
const NEEDS_OPEN = 'INTERLOCK_NEEDS_OPEN';
const RESTS = 'INTERLOCK_MINIMUM_OFF';

/**
 * Runs what feeds the valves of the programmes. It remembers nothing: what a supply is needed for
 * stands in the runs, what became of it in its commands, and these are named by what they are for.
 * So nothing is ordered twice after a crash, and nothing is forgotten.
 */
export class SupplyKeeper {
  readonly #options: SupplyKeeperOptions;

  constructor(options: SupplyKeeperOptions) {
    this.#options = options;
  }

  /**
   * Stops what nothing needs any more, extends what is needed longer, and starts what an open valve
   * waits for, from the field upward. Answers how many are held.
   */
  async keep(runs: readonly OpenRun[], world: World): Promise<number> {
    const depth = ({ supply }: Need): number => world.valves.get(supply)?.supplies.length ?? 0;
    const needs = needsOf(runs, world).sort((a, b) => depth(a) - depth(b));
    const views = new Map<string, ActuatorView>();
    let held = 0;
    // Downward: the pump stands before the valve that it would push against closes.
    for (const need of needs) {
      await this.#guarded(need, async () => {
        const view = await this.#options.commands.actuator(need.supply);
        if (view === undefined) return;
        views.set(need.supply, view);
        if (view.state.lease?.owner === SUPPLY_OWNER) held += 1;
        if (need.open.length === 0) await this.#rest(need, view, world);
      });
    }
    for (const need of needs.reverse()) {
      const view = views.get(need.supply);
      if (view === undefined || need.open.length === 0) continue;
      await this.#guarded(need, () => this.#feed(need, { view, views, world }));
    }
    return held;
  }

  /**
   * Why a valve of a run that has begun at `since` would get no water if it were opened now; null: it
   * would, as far as is known; `later`: not yet.
   */
  async refusal(
    device: string,
    since: number | null,
    world: World,
  ): Promise<Loss | 'later' | null> {
    for (const supply of world.valves.get(device)?.supplies ?? []) {
      const view = await this.#options.commands.actuator(supply);
      const told = { supply, at: world.now, isFinal: true };
      if (view === undefined) return { ...told, code: 'ACTUATOR_NOT_FOUND' };
      if (isOn(view)) continue;
      // What somebody shut by hand is not opened behind their back by the same run.
      const [newest] = since === null ? [] : await this.#since(supply, since);
      const shut = newest?.to === 'off' ? stopCode(newest) : null;
      if (shut !== null) return { ...told, code: shut };
      const blocked = view.blocked.filter(({ code }) => code !== NEEDS_OPEN);
      const hard = blocked.find(({ code }) => code !== RESTS);
      if (hard !== undefined) return { ...told, code: hard.code };
      if (!view.connected) return { ...told, code: 'COMMAND_OFFLINE' };
      // Until it has been seen to stand the desk lets nobody begin.
      const { position, since: changedAt } = view.state;
      if (blocked.length > 0 || (position === 'unknown' && changedAt !== null)) return 'later';
    }
    return null;
  }

  /** What feeds an open valve has failed it; null: not so far. */
  async lossOf({ device, from: since, until }: OpenValve, world: World): Promise<Loss | null> {
    for (const supply of world.valves.get(device)?.supplies ?? []) {
      const view = await this.#options.commands.actuator(supply);
      if (view === undefined) {
        return { supply, code: 'ACTUATOR_NOT_FOUND', at: since, isFinal: true };
      }
      if (isOn(view)) continue;
      const commands = await this.#since(supply, since);
      const { lastOffAt } = view.state;
      if (lastOffAt !== null && lastOffAt >= since) {
        // A pump ends with its valves, and a little before them.
        if (lastOffAt >= until - END_SLACK_MS) continue;
        const stop = commands.find(({ to }) => to === 'off');
        const code = stop === undefined ? null : stopCode(stop);
        const at = Math.min(lastOffAt, world.now);
        return { supply, code: code ?? ENDED, at, isFinal: code !== null };
      }
      const start = commands.find(({ to }) => to === 'on');
      if (start !== undefined && isTerminal(start.state)) {
        const code = start.state === 'refused' ? (start.reason ?? start.state) : start.state;
        return { supply, code, at: since, isFinal: true };
      }
      if (world.now - since > SUPPLY_WAIT_MS) {
        return { supply, code: SILENT, at: since, isFinal: start !== undefined };
      }
    }
    return null;
  }

  /** Whether the newest stop of a part since then was everybody's, though it is released again. */
  async isStoppedForAll(device: string, since: number): Promise<boolean> {
    const source = 'emergency-stop';
    const { items } = await this.#options.commands.list({ device, source }, { limit: 1 });
    return (items[0]?.createdAt ?? Number.NEGATIVE_INFINITY) >= since;
  }

  /** Nothing of ours is open below it. */
  async #rest(need: Need, { state: { lease } }: ActuatorView, world: World): Promise<void> {
    const { supply } = need;
    const valve = world.valves.get(supply);
    if (isDueSoon(need, world) && valve?.needsOpen === false) return;
    const begun = lease === null ? await this.#beginning(supply) : undefined;
    const command = lease?.owner === SUPPLY_OWNER ? lease.command : begun?.id;
    if (command === undefined || isUsedByOthers(supply, world)) return;
    const action = this.#actions(supply)?.off;
    if (action === undefined) return;
    await this.#options.commands.order({
      id: commandIdOf(lease?.from ?? begun?.createdAt ?? 0, ['supply', supply, 'stop', command]),
      device: supply,
      action,
      owner: SUPPLY_OWNER,
      notAfter: Math.max(lease?.until ?? 0, world.now + BEGIN_WITHIN_MS),
      why: 'no programme needs it now',
      source: { type: 'programme', name: SUPPLY_OWNER, id: null },
    });
  }

  /** Something of ours is open below it. */
  async #feed(
    need: Need,
    { view, views, world }: { view: ActuatorView; views: Views; world: World },
  ): Promise<void> {
    const { supply, open } = need;
    const valve = world.valves.get(supply);
    const first = open[0];
    if (valve === undefined || first === undefined) return;
    const { lease } = view.state;
    // Who else runs it may go on; it is asked for when they have ended it.
    if (lease === null ? isOn(view) : lease.owner !== SUPPLY_OWNER) return;
    const { now } = world;
    const until = neededUntil(need, valve.needsOpen);
    const seconds = Math.min(valve.maxSeconds, Math.floor((until - now) / 1000));
    const gainMs = now + seconds * 1000 - (lease?.until ?? now);
    if (seconds < 1 || gainMs < (lease === null ? 1_000 : EXTENSION_MS_MIN)) return;
    if ((await this.#beginning(supply)) !== undefined) return;
    if (lease === null) {
      const since = Math.min(...open.map(({ from }) => from));
      const asked = (await this.#since(supply, since)).some(({ to }) => to === 'on');
      if (asked || !open.some(({ device }) => isReached(device, supply, { views, world }))) return;
      const id = commandIdOf(first.from, ['supply', supply, 'start', first.command.id]);
      return this.#start(need, { id, seconds, now });
    }
    // Of a short lease half is enough.
    if (lease.until - now > Math.min(EXTEND_WITHIN_MS, valve.maxSeconds * 500)) return;
    const slot = Math.floor((now - lease.from) / TRY_EVERY_MS);
    const id = commandIdOf(lease.from, ['supply', supply, 'extend', lease.command, slot]);
    return this.#start(need, { id, seconds, now });
  }

  async #start(
    { supply, open }: Need,
    { id, seconds, now }: { id: string; seconds: number; now: number },
  ): Promise<void> {
    const action = this.#actions(supply)?.on;
    const first = open[0];
    if (action === undefined || first === undefined) return;
    const { source, device } = first.command;
    await this.#options.commands.order({
      ...{ id, device: supply, action, maxSeconds: seconds, owner: SUPPLY_OWNER, source },
      notAfter: now + BEGIN_WITHIN_MS,
      why: `it feeds ${device}`,
    });
  }

  /** A start of ours that its device has not taken yet. */
  async #beginning(device: string): Promise<Command | undefined> {
    const { items } = await this.#options.commands.list({ device }, { limit: COMMANDS_READ });
    return items.find(
      ({ to, state, startedAt, owner }) =>
        to === 'on' && owner === SUPPLY_OWNER && startedAt === null && !isTerminal(state),
    );
  }

  /** Commands of a supply since then, newest first. */
  async #since(device: string, since: number): Promise<Command[]> {
    const { items } = await this.#options.commands.list({ device }, { limit: COMMANDS_READ });
    return items.filter(({ createdAt }) => createdAt >= since);
  }

  #actions(device: string): ActuatorKind | undefined {
    const { kinds, registry } = this.#options;
    return kinds.get(registry.find(device)?.kind ?? '')?.actuator;
  }

  /** A refusal stands with the desk, and its valve learns of it by that. */
  async #guarded({ supply }: Need, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.onFault(`supply ${supply}`, error);
    }
  }
}

type Views = ReadonlyMap<string, ActuatorView>;

function isOn({ state: { position, lease } }: ActuatorView): boolean {
  return position === 'on' || lease !== null;
}

/** Whether water would flow from a supply to a valve: all between them is on. */
function isReached(
  device: string,
  supply: string,
  { views, world }: { views: Views; world: World },
): boolean {
  const line = world.valves.get(device)?.supplies ?? [];
  return line.slice(0, line.indexOf(supply)).every((name) => {
    const view = views.get(name);
    return view !== undefined && isOn(view);
  });
}

/** A valve below it that somebody has open has its water until the lease ends; no longer. */
function isUsedByOthers(supply: string, { now, busy, valves }: World): boolean {
  return busy.some(({ device, owner, from, to }) => {
    const valve = valves.get(device);
    if (valve === undefined || valve.feeds || !valve.supplies.includes(supply)) return false;
    return from <= now && to > now && !isOfProgramme(owner);
  });
}

/** Why a stop that was not ours was ordered; null for one of ours. */
function stopCode({ source, why }: Command): string | null {
  switch (source.type) {
    case 'programme':
      return null;
    case 'emergency-stop':
      return STOPPED;
    case 'compensation':
      // What the desk stops by an interlock begins with its code.
      return /^INTERLOCK_[A-Z_]+|^ACTUATOR_[A-Z_]+/.exec(why ?? '')?.[0] ?? 'ACTUATOR_FAULTY';
    default:
      return BY_HAND;
  }
}
