import type { ControllerFaultType } from '#simulators/controllers/controller-faults';
import type { Command } from '#src/contracts/command';
import { isOpen, isTerminal } from '#src/contracts/command';
import { isFound } from './trial-found.ts';
import { REST_LPM, type TrialPart } from './trial-plant.ts';
import { storyOf } from './trial-story.ts';
import type { TrialWorld } from './trial-world.ts';

/** What one world came to. */
export interface TrialReport {
  seed: number;
  runs: number;
  kills: number;
  commands: Map<string, number>;
  /** Injected contradictions that could be seen, by fault, and those that were found. */
  shown: Map<string, number>;
  found: Map<string, number>;
  /** Longest time that a part was on beyond its lease, s. */
  overtime: number;
  /** Promises that were broken; empty when all is well. */
  wrong: string[];
}

/** What happened to so many devices is told when something is wrong. */
const STORIES = 4;
/** Beyond its lease, by which a device's own clock may count its seconds. */
const LEASE_GRACE_MS = 2_000;
/** The desk looks each second, and a message that is on its way may be taken in that one. */
const LATE_MS = 2_500;
/** What a moved clock hides from a program that begins anew. */
const HIDDEN_MS = 62_500;

export async function checkWorld(world: TrialWorld): Promise<TrialReport> {
  const commands = await allCommands(world);
  const byId = new Map(commands.map((command) => [command.id, command]));
  const wrong = [...world.record.wrong];
  const report: TrialReport = {
    ...{ seed: world.seed, runs: world.blocks.length, kills: world.server.kills, wrong },
    ...{ commands: new Map(), shown: new Map(), found: new Map(), overtime: -Infinity },
  };
  if (!world.isSettled) wrong.push('it did not come to its end');
  for (const command of commands) {
    const { id, device, state } = command;
    report.commands.set(state, (report.commands.get(state) ?? 0) + 1);
    const isOver = isTerminal(state) && !isOpen(command);
    if (!isOver && !world.mayStillBegin(command)) wrong.push(`${device}: ${id} ends as ${state}`);
  }
  for (const { id, device } of world.record.sendings) {
    if (!byId.has(id)) wrong.push(`${device}: ${id} was sent and nobody knows of it`);
  }
  for (const part of world.parts.values()) {
    checkRuns(world, { part, byId, report });
    checkProofs(world, { part, commands, wrong });
    await checkSound(world, { part, wrong });
    await isFound(world, { part, commands, report });
  }
  const named = new Set(wrong.map((what) => what.split(':')[0] ?? ''));
  for (const device of [...named].filter((one) => world.parts.has(one)).slice(0, STORIES)) {
    const own = commands.filter((command) => command.device === device);
    const { items: audit } = await world.state.audit.list({ subject: device }, { limit: 100 });
    const story = storyOf(world, device, { commands: own, audit });
    wrong.push('', `the story of ${device}`, ...story.split('\n'));
  }
  return report;
}

async function allCommands({ state }: TrialWorld): Promise<Command[]> {
  const all: Command[] = [];
  let after: string | undefined;
  for (;;) {
    const page = { limit: 500, ...(after !== undefined && { after }) };
    const { items, next } = await state.commands.list({}, page);
    all.push(...items);
    if (next === null) return all;
    after = next;
  }
}

/** What the device really did: how long, for whom, once, in order and in time. */
function checkRuns(
  world: TrialWorld,
  {
    part,
    byId,
    report,
  }: { part: TrialPart; byId: ReadonlyMap<string, Command>; report: TrialReport },
): void {
  const { device, model } = part;
  const { runs, isOn, isDriven } = model.truth();
  const say = (what: string): void => void report.wrong.push(`${device}: ${what}`);
  let last: { sequence: number; owner: string; until: number } | null = null;
  const begun = new Set<string>();
  for (const { command: id, from, until, grantedSeconds } of runs) {
    const command = byId.get(id);
    if (command === undefined) {
      say(`runs for ${id}, which nobody ordered`);
      continue;
    }
    const end = until ?? world.clock.true;
    const overtimeMs = end - from - Math.min(grantedSeconds, command.maxSeconds ?? 0) * 1_000;
    report.overtime = Math.max(report.overtime, overtimeMs / 1_000);
    if (overtimeMs > LEASE_GRACE_MS) say(`ran ${overtimeMs} ms beyond its lease (${id})`);
    if (begun.has(id)) say(`ran twice for ${id}`);
    begun.add(id);
    const { sequence, owner } = command;
    if (last !== null && sequence <= last.sequence) say(`an older command came through (${id})`);
    if (last !== null && last.owner !== owner && from - last.until < 1) {
      say(`${owner} took over from ${last.owner} (${id})`);
    }
    last = { sequence, owner, until: end };
    checkBegin(world, { command, from, say });
  }
  if (isDriven) say('is still driven at the end');
  const canClose = part.fault?.type !== 'stuck-open';
  if (isOn && canClose) say('is still open at the end');
  const { valve, supply } = part.block;
  if (supply !== null && part === valve) {
    const flow = part.block.water.flow(world.clock.true)?.totalLpm ?? 0;
    if (flow > 0.5) say(`${flow} L/min flow at the end, past its supply`);
  }
}

/** No run begins after its `notAfter`, by the clock that did not jump. */
function checkBegin(
  { record, chaos }: TrialWorld,
  { command, from, say }: { command: Command; from: number; say(what: string): void },
): void {
  const { id, notAfter, createdAt } = command;
  const asked = record.asked.get(id);
  if (asked === undefined) return;
  // The desk took it at the latest when it was asked; a wall clock moved since is of no matter
  // while the program lives, and hides a minute from the next one.
  const jumps = chaos.jumped.filter(({ at }) => at >= asked.trueAt && at <= from);
  const lateMs = from - (asked.trueAt + (notAfter - createdAt));
  const first = record.sendings.find((sending) => sending.id === id);
  if (first === undefined) return say(`ran without having been sent (${id})`);
  const taken = first.trueAt - asked.trueAt;
  const allowed = LATE_MS + (asked.isRepeated ? taken : 0) + (jumps.length > 0 ? HIDDEN_MS : 0);
  if (lateMs > allowed) say(`began ${lateMs} ms after its end (${id})`);
}

/** Trouble of the link or of the device's memory: its water does as it should. */
const HARMLESS: readonly ControllerFaultType[] = [
  'lost-acknowledgement',
  'duplicate-delivery',
  'shorter-grant',
  'late-link',
];

/** Nobody is sent to a part that does what it should. */
async function checkSound(
  { state, chaos }: TrialWorld,
  { part, wrong }: { part: TrialPart; wrong: string[] },
): Promise<void> {
  const { device, fault } = part;
  // Behind a supply much else may be, and a clock that jumps makes runs of any length.
  if (part.actuator.supply !== null || chaos.jumped.length > 0) return;
  if (fault !== null && !HARMLESS.includes(fault.type)) return;
  const found = (await state.actuators.states()).find((one) => one.device === device)?.fault;
  if (found != null) wrong.push(`${device}: it is sound, and is called ${found.code}`);
}

/** What was called effective was so, when it was measured. */
function checkProofs(
  { record }: TrialWorld,
  { part, commands, wrong }: { part: TrialPart; commands: readonly Command[]; wrong: string[] },
): void {
  const { device, model, band, block } = part;
  const { runs } = model.truth();
  for (const { id, state, to, proof } of commands.filter((one) => one.device === device)) {
    if (state !== 'effective') continue;
    const at = proof === null ? null : record.madeAt(proof, id);
    const say = (what: string): void => void wrong.push(`${device}: ${id} is effective, ${what}`);
    if (at === null) {
      say('but by no reading');
      continue;
    }
    const flow = block.water.flow(at)?.totalLpm ?? 0;
    const told = `but ${flow.toFixed(2)} L/min flowed`;
    if (to === 'off') {
      if (flow > REST_LPM * 1.5) say(`closed, ${told}`);
      continue;
    }
    const hasBegun = runs.some(({ command, from }) => command === id && from <= at);
    if (!hasBegun) say('open, but it had not begun');
    // What the meter says is rounded, and its noise is a few percent.
    if (flow < band.min * 0.93 || flow > band.max * 1.07) say(`open, ${told}`);
  }
}
