import type { ActuatorState } from '#src/contracts/actuator';
import type { AuditEntry, Command } from '#src/contracts/command';
import type { TrialReport } from './trial-checks.ts';
import { CONTRADICTED, type TrialPart } from './trial-plant.ts';
import type { Seen } from './trial-record.ts';
import type { TrialWorld } from './trial-world.ts';

/** After the witness's time the next report tells; the desk decides with the batch it is in. */
const DECIDE_MS = 2_500;
/** A lease counts as over so much later, and the clocks tell whole seconds. */
const END_MS = 3_000;

/** The desk waits for the witness for three of its reports, then it says that it does not know. */
const PATIENCE = 3;

/** Something that went wrong, and the reading in which it showed. */
interface Evidence {
  command: Command;
  /** When the part was to move. */
  since: number;
  seen: Seen;
}

/** Whether each contradiction that this part's fault made was found in time. */
export async function isFound(
  world: TrialWorld,
  {
    part,
    commands,
    report,
  }: { part: TrialPart; commands: readonly Command[]; report: TrialReport },
): Promise<void> {
  const { fault, device, actuator } = part;
  const side = fault === null ? undefined : CONTRADICTED[fault.type];
  // Times of a clock that was moved are not comparable, and behind a supply much else may be.
  if (fault === null || side === undefined) return;
  if (actuator.supply !== null || world.chaos.jumped.length > 0) return;
  const own = commands.filter((one) => one.device === device).sort(bySequence);
  const seen = world.record.seen.get(device) ?? [];
  const isLeak = fault.type === 'broken-pipe' && fault.pipe === 'broken-before-valve';
  const shown =
    side === 'end' || isLeak
      ? own.flatMap((command) => endShown(part, { command, own, seen }))
      : own.flatMap((command) => startShown(part, { command, seen }));
  const states = await world.state.actuators.states();
  const state = states.find((one) => one.device === device);
  const { items: audit } = await world.state.audit.list({ subject: device }, { limit: 500 });
  for (const evidence of shown) {
    add(report.shown, fault.type);
    if (isKnown(evidence, { own, state, audit })) add(report.found, fault.type);
    else {
      const { command, seen: reading } = evidence;
      const { id, to, state: ended } = command;
      report.wrong.push(
        `${device}: ${fault.type} shown by ${reading.value} L/min, but ${to} ${id} is ${ended}`,
      );
    }
  }
}

/** The first reading after the witness's time within a run. */
function startShown(
  { actuator, intervalSeconds }: TrialPart,
  { command, seen }: { command: Command; seen: readonly Seen[] },
): Evidence[] {
  const { to, startedAt, endedAt, sentAt, grantedSeconds } = command;
  if (to !== 'on' || startedAt === null) return [];
  const dueAt = startedAt + (actuator.witness?.withinSeconds ?? 0) * 1_000 + END_MS;
  const first = seen.find(({ observedAt }) => observedAt >= dueAt);
  // It may have begun as soon as it was sent, and be over so much earlier than its word says.
  const mayEndAt = (sentAt ?? startedAt) + (grantedSeconds ?? 0) * 1_000;
  const isWithin =
    first !== undefined &&
    first.observedAt < mayEndAt &&
    (endedAt === null || first.acceptedAt < endedAt);
  return isWithin && isTimely(first, dueAt, intervalSeconds)
    ? [{ command, since: startedAt, seen: first }]
    : [];
}

/** The first reading after the witness's time beyond an end, unless something came between. */
function endShown(
  { actuator, model, intervalSeconds }: TrialPart,
  { command, own, seen }: { command: Command; own: readonly Command[]; seen: readonly Seen[] },
): Evidence[] {
  const endedAt = command.to === 'off' ? command.startedAt : command.endedAt;
  if (endedAt === null) return [];
  // It has to have been open before it can stay so.
  if (!model.truth().runs.some(({ from }) => from < endedAt)) return [];
  const dueAt = endedAt + (actuator.witness?.withinSeconds ?? 0) * 1_000 + END_MS;
  const first = seen.find(({ observedAt }) => observedAt >= dueAt);
  if (first === undefined || !isTimely(first, dueAt, intervalSeconds)) return [];
  const isBetween = (at: number | null): boolean =>
    at !== null && at >= endedAt - END_MS && at <= first.acceptedAt;
  const between = own.some(
    ({ id, to, sequence, startedAt, sentAt, notAfter }) =>
      id !== command.id &&
      (isBetween(startedAt) ||
        // A later start that nobody answered may be what flows; after a lease's end as long as it
        // may begin.
        (to === 'on' &&
          (command.to === 'off'
            ? sequence > command.sequence && sentAt !== null && sentAt <= first.acceptedAt
            : isBetween(sentAt) && notAfter >= first.observedAt))),
  );
  return between ? [] : [{ command, since: endedAt, seen: first }];
}

function isTimely({ acceptedAt }: Seen, dueAt: number, intervalSeconds: number): boolean {
  return acceptedAt <= dueAt + PATIENCE * intervalSeconds * 1_000 - END_MS;
}

/** A verdict on the part's commands, what answers it, or a fault says so since, and in time. */
function isKnown(
  { command, since, seen }: Evidence,
  {
    own,
    state,
    audit,
  }: {
    own: readonly Command[];
    state: ActuatorState | undefined;
    audit: readonly AuditEntry[];
  },
): boolean {
  const by = seen.acceptedAt + DECIDE_MS;
  if (state?.fault != null && state.fault.at <= by) return true;
  const isInTime = (at: number): boolean => at > since && at <= by;
  const isContradicted = own.some(({ timeline }) =>
    timeline.some((event) => event.state === 'contradicted' && isInTime(event.at)),
  );
  const isNoted = audit.some(
    ({ what, at }) =>
      (what === 'command.outlived' || what === 'command.went-wrong') && isInTime(at),
  );
  if (isContradicted || isNoted) return true;
  return own.some(({ compensates, createdAt }) => compensates === command.id && createdAt <= by);
}

function bySequence(one: Command, other: Command): number {
  return one.sequence - other.sequence;
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
