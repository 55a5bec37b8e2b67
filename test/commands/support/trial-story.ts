import type { AuditEntry, Command } from '#src/contracts/command';
import type { TrialWorld } from './trial-world.ts';

/** What happened to one device, in the order of true time, for whoever looks for a defect. */
export function storyOf(
  world: TrialWorld,
  device: string,
  { commands, audit }: { commands: readonly Command[]; audit: readonly AuditEntry[] },
): string {
  const { record, clock, chaos } = world;
  const part = world.parts.get(device);
  if (part === undefined) return `${device} is not of this world`;
  const lines: Array<[at: number, text: string]> = [];
  const begin = clock.true - 10_000_000;
  for (const { command, from, until, grantedSeconds } of part.model.truth().runs) {
    lines.push([from, `device begins ${short(command)} for ${grantedSeconds} s`]);
    if (until !== null) lines.push([until, `device ends ${short(command)}`]);
  }
  for (const { id, trueAt, boot, action } of record.sendings.filter(
    (one) => one.device === device,
  )) {
    lines.push([trueAt, `server ${boot} sends ${action} ${short(id)}`]);
  }
  for (const { trueAt, acceptedAt, observedAt, value } of record.seen.get(device) ?? []) {
    const late = `taken ${(acceptedAt - trueAt) / 1_000} s later`;
    lines.push([trueAt, `meter ${value} L/min (dated ${observedAt - trueAt} ms off), ${late}`]);
  }
  for (const { request, trueAt, refusal } of record.asked.values()) {
    if (request.device !== device) continue;
    const { id, action, maxSeconds = '', owner, notAfter = 0 } = request;
    const until = notAfter === 0 ? '' : ` until +${Math.round((notAfter - trueAt) / 1_000)} s`;
    const told = refusal ?? 'taken';
    lines.push([trueAt, `${owner} asks ${action} ${maxSeconds}${until} ${short(id)}: ${told}`]);
  }
  for (const { id, sequence, timeline, source } of commands) {
    for (const { at, state, note } of timeline) {
      const what = `${short(id)} #${sequence} (${source.type}) ${state} ${note ?? ''}`;
      lines.push([at - clock.offset, `desk: ${what}`]);
    }
  }
  for (const { at, who, what, why } of audit) {
    if (!what.startsWith('command.refused')) {
      lines.push([at - clock.offset, `audit: ${who} ${what} ${why ?? ''}`]);
    }
  }
  for (const { at, byMs } of chaos.jumped)
    lines.push([at, `the server's clock moves by ${byMs} ms`]);
  lines.push([begin, `fault ${JSON.stringify(part.fault)}, witness ${JSON.stringify(part.band)}`]);
  const story = lines.sort(([one], [other]) => one - other);
  const start = story[1]?.[0] ?? 0;
  return story.map(([at, text]) => `${((at - start) / 1_000).toFixed(2)} ${text}`).join('\n');
}

function short(id: string): string {
  return id.slice(-4);
}
