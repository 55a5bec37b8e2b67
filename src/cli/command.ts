import { setTimeout as pause } from 'node:timers/promises';
import type { Command as Program } from 'commander';
import type { CommandJson } from '../../schemas/command.ts';
import { AppError } from '../base/errors.ts';
import { isTerminal } from '../contracts/command.ts';
import type { Client } from './client.ts';
import { abortOnSignals, type ClientOptions, clientOf, withClient } from './common.ts';
import { durationText, secondsOf } from './durations.ts';
import { EXIT } from './exit-codes.ts';
import type { Terminal } from './output.ts';
import type { Surroundings } from './program.ts';

/** A state lasts seconds: looked at twice a second it is told while it is new. */
const LOOK_MS = 500;
/** Looks in a row that a link may swallow: half a minute of them. */
const LOST_LOOKS_MAX = 60;

interface CommandOptions extends ClientOptions {
  for?: string;
  notAfter?: string;
  why?: string;
  id?: string;
  owner?: string;
  wait?: boolean;
}

/** What the process says of a command that is over. */
const VERDICTS: Readonly<Record<string, number>> = {
  effective: EXIT.ok,
  unproven: EXIT.unproven,
  expired: EXIT.unavailable,
};

const HELP = `
Ends with 0 when a sensor has shown the effect, 2 when none has, 69 when no device took it in time,
and 1 when it was refused, failed, or was contradicted. Without --wait: 0 once it is committed.

  sluice command van-1 open --for 30m --why "đất khô" --wait
  sluice command van-1 close`;

/** `sluice command <device> <action>`: orders something, and follows it to its verdict. */
export function addCommand(program: Program, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    program
      .command('command <device> <action>')
      .description('order a device to do something; --wait follows it to its verdict'),
  )
    .option('--for <time>', 'how long it may run, such as 30m: needed for what starts something')
    .option('--not-after <time>', 'never begun later: an ISO 8601 time, or 10m from now')
    .option('--why <text>', 'for the audit')
    .option('--owner <name>', 'whose run it is; yours without it')
    .option('--id <uuid>', 'a UUIDv7 of your own: sent twice it counts once')
    .option('--wait', 'until it is over')
    .addHelpText('after', HELP)
    .action(async (device: string, action: string, options: CommandOptions) => {
      const client = clientOf(options, surroundings);
      const { why, owner, id } = options;
      const { for: lease, notAfter } = options;
      const route = `/devices/${encodeURIComponent(device)}/commands`;
      const ordered = await client.call<CommandJson>('POST', route, {
        action,
        ...{ why, owner, id },
        ...(lease !== undefined && { maxSeconds: secondsOf(lease, '--for') }),
        ...(notAfter !== undefined && { notAfter: instantOf(notAfter) }),
      });
      if (!options.json && options.wait) terminal.note(`${ordered.id}: ${textOf(ordered)}`);
      const command = options.wait ? await follow(client, ordered, terminal) : ordered;
      if (isTerminal(command.state)) {
        process.exitCode = VERDICTS[command.state] ?? EXIT.failure;
      }
      terminal.result(options.json ? JSON.stringify(command) : lineOf(command));
    });
}

/** A duration counts from now. */
function instantOf(text: string): string {
  if (/^(\d+[smhd])+$/.test(text)) {
    return new Date(Date.now() + secondsOf(text, '--not-after') * 1000).toISOString();
  }
  const time = Date.parse(text);
  if (Number.isNaN(time)) {
    throw new AppError('USAGE', `${text} is no time`, {
      field: '--not-after',
      hint: 'Write 2026-11-22T05:00:00Z, or 10m for ten minutes from now.',
    });
  }
  return new Date(time).toISOString();
}

/** The command as it is when it is over, telling each step; as it is so far at Ctrl-C. */
async function follow(
  client: Client,
  ordered: CommandJson,
  terminal: Terminal,
): Promise<CommandJson> {
  const { signal, release } = abortOnSignals();
  let command = ordered;
  let told = ordered.timeline.length;
  try {
    for (let lost = 0; !isTerminal(command.state) && !signal.aborted; ) {
      await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
      const seen = await client
        .call<CommandJson>('GET', `/commands/${command.id}`)
        .catch((error: unknown) => {
          // What was ordered goes on, whether or not we hear of it.
          if (++lost >= LOST_LOOKS_MAX || !isLost(error)) throw error;
        });
      if (seen === undefined) continue;
      lost = 0;
      command = seen;
      for (const { at, state, note } of command.timeline.slice(told)) {
        terminal.note(`${at} ${state}${note === null ? '' : `: ${note}`}`);
      }
      told = command.timeline.length;
    }
  } finally {
    release();
  }
  if (signal.aborted) terminal.note(`it goes on by itself; its id is ${command.id}`);
  return command;
}

function isLost(error: unknown): boolean {
  return (
    error instanceof AppError &&
    ['SERVER_UNREACHABLE', 'STATE_UNAVAILABLE', 'SERVER_BUSY'].includes(error.code)
  );
}

function textOf({ device, action, maxSeconds }: CommandJson): string {
  return `${device} ${action}${maxSeconds === null ? '' : ` for ${durationText(maxSeconds)}`}`;
}

function lineOf(command: CommandJson): string {
  const { id, state, reason, proof, maxSeconds, grantedSeconds } = command;
  const why = reason === null ? '' : ` (${reason})`;
  const granted =
    grantedSeconds === null || grantedSeconds === maxSeconds
      ? ''
      : `; granted ${durationText(grantedSeconds)}`;
  const shown =
    proof === null ? '' : `; ${proof.device} ${proof.metric} ${proof.value ?? 'shows nothing'}`;
  return `${textOf(command)} is ${state}${why}${granted}${shown}; its id is ${id}`;
}
