import type { Command } from '../../contracts/command.ts';
import { isTold, type OpenRun } from './ledger.ts';
import { SUPPLY_GAP_MS } from './supply-times.ts';
import { SUPPLY_OWNER, type World } from './world.ts';

/** A valve of a run that its device has said to be open. */
export interface OpenValve {
  device: string;
  /** What opened it. */
  command: Command;
  from: number;
  /** When its time ends. */
  until: number;
}

/** What programmes ask of one supply now. */
export interface Need {
  supply: string;
  /** Open below it, the longest first. */
  open: OpenValve[];
  /** When the next one below it is to open; null: none is planned. */
  dueAt: number | null;
}

/** A pump that must not push against closed valves ends so much before the last of them. */
const AHEAD_MS = 5_000;
/** Any other ends so much after it, by itself when nobody is there to stop it. */
const BEHIND_MS = 10_000;

/** What all runs under way ask for, and what is still held for them though nothing does. */
export function needsOf(runs: readonly OpenRun[], world: World): Need[] {
  const needs = new Map<string, Need>();
  const needOf = (supply: string): Need => {
    const need = needs.get(supply) ?? { supply, open: [], dueAt: null };
    needs.set(supply, need);
    return need;
  };
  for (const { device, owner } of world.busy) if (owner === SUPPLY_OWNER) needOf(device);
  for (const { run, commands } of runs) {
    const isOver = run.state !== 'waiting' && run.state !== 'running';
    for (const [place, { device, command: id, from }] of run.pieces.entries()) {
      const command = commands.get(id ?? '');
      const valve = command && openValve(command, world.now);
      const isDue = id === null || (command !== undefined && isBeginning(command));
      for (const supply of world.valves.get(device)?.supplies ?? []) {
        // A run that has ended asks for nothing, and what was begun for it is looked at.
        const need = needOf(supply);
        if (isOver || isTold(run, place)) continue;
        if (valve !== undefined) need.open.push(valve);
        if (isDue) need.dueAt = Math.min(need.dueAt ?? from, from);
      }
    }
  }
  for (const { open } of needs.values()) {
    open.sort((a, b) => b.until - a.until || (a.command.id < b.command.id ? -1 : 1));
  }
  return [...needs.values()];
}

/** Whether a supply goes on over the pause that there is now. */
export function isDueSoon({ dueAt }: Need, world: World): boolean {
  return dueAt !== null && dueAt - world.now <= SUPPLY_GAP_MS;
}

/** Until when a supply with an open valve is to be on, as far as it can be granted now. */
export function neededUntil({ open, dueAt }: Need, needsOpen: boolean): number {
  const last = open[0]?.until ?? Number.NEGATIVE_INFINITY;
  if (needsOpen) return last - AHEAD_MS;
  const isBridged = dueAt !== null && dueAt - last <= SUPPLY_GAP_MS;
  // No longer than one pause beyond what is open: with the server gone no next one would open.
  return last + BEHIND_MS + (isBridged ? SUPPLY_GAP_MS : 0);
}

/** The times of a start whose device runs it; undefined for others. */
export function openValve(command: Command, now: number): OpenValve | undefined {
  const { device, startedAt, endedAt, grantedSeconds, maxSeconds, state } = command;
  if (startedAt === null || endedAt !== null || state === 'contradicted') return undefined;
  // By a clock that was set back it began in the future; it lasts no longer for that.
  const from = Math.min(startedAt, now);
  const until = from + (grantedSeconds ?? maxSeconds ?? 0) * 1000;
  return until <= now ? undefined : { device, command, from, until };
}

function isBeginning({ state, startedAt }: Command): boolean {
  return startedAt === null && (state === 'queued' || state === 'sent' || state === 'acknowledged');
}
