import { z } from 'zod';
import { AppError } from '../base/errors.ts';
import { nearest } from '../base/suggest.ts';
import type { Actuator, Position } from '../contracts/actuator.ts';
import type { CommandRequest } from '../contracts/command.ts';
import type { CommandSpec, DeviceKind } from '../contracts/device-kind.ts';

/** How long a device that is away may still take a command, when nobody says otherwise. */
const NOT_AFTER_MS = 60_000;
/** What nobody has taken for a week was meant for another season. */
const NOT_AFTER_MS_MAX = 7 * 86_400_000;
/** A name on a screen, and a sentence in the audit. */
const NAME_LENGTH_MAX = 200;
const WHY_LENGTH_MAX = 1_000;

const uuid = z.uuid({ version: 'v7' });

/** A request that can be carried out, as far as it goes by itself. */
export interface ReadRequest {
  request: CommandRequest;
  to: Position;
  maxSeconds: number | null;
  notAfter: number;
  owner: string;
  why: string | null;
}

export interface RequestPlace {
  actuator: Actuator;
  kind: DeviceKind;
  connected: boolean;
  now: number;
}

/** Throws COMMAND_INVALID for what no command can have, whatever its device. */
export function checkForm({ id, device, action, owner, why, source }: CommandRequest): void {
  if (!uuid.safeParse(id).success) {
    throw invalid('id', 'the id is no UUID of version 7', 'Make a new UUIDv7 for each command.');
  }
  const texts = { device, action, owner: owner ?? '-', 'source.name': source.name };
  for (const [field, text] of Object.entries(texts)) {
    if (typeof text === 'string' && text !== '' && text.length <= NAME_LENGTH_MAX) continue;
    const fix = `Give a text of 1 to ${NAME_LENGTH_MAX} characters.`;
    throw invalid(field, `${field} is empty or too long`, fix);
  }
  if ((why ?? '').length > WHY_LENGTH_MAX) {
    throw invalid('why', 'the reason is too long', `At most ${WHY_LENGTH_MAX} characters.`);
  }
}

/** Throws COMMAND_UNKNOWN_ACTION, COMMAND_NO_LEASE, COMMAND_OVER_CAP, COMMAND_TOO_LATE … */
export function readRequest(request: CommandRequest, place: RequestPlace): ReadRequest {
  const { kind } = place;
  const spec = specOf(request.action, kind);
  const to: Position = spec.maxSeconds === undefined ? 'off' : 'on';
  return {
    request,
    to,
    maxSeconds: leaseOf(request, spec, place),
    notAfter: notAfterOf(request, place),
    owner: request.owner ?? request.source.name,
    why: request.why?.trim() || null,
  };
}

function specOf(action: string, kind: DeviceKind): CommandSpec {
  const spec = kind.commands?.find((one) => one.action === action);
  if (spec !== undefined) return spec;
  const known = kind.commands?.map((one) => one.action) ?? [];
  const like = nearest(action, known);
  const meant = like === undefined ? '' : ` Did you mean ${like}?`;
  throw new AppError('COMMAND_UNKNOWN_ACTION', `a ${kind.name} knows no ${action.slice(0, 80)}`, {
    field: 'action',
    hint:
      known.length === 0
        ? `A ${kind.name} takes no commands.`
        : `It takes ${known.join(', ')}.${meant}`,
  });
}

function leaseOf(
  { maxSeconds, action }: CommandRequest,
  spec: CommandSpec,
  { actuator }: RequestPlace,
): number | null {
  const field = 'maxSeconds';
  if (spec.maxSeconds === undefined) {
    if (maxSeconds === undefined) return null;
    throw invalid(field, `${action} ends something and has no end of its own`, 'Leave it out.');
  }
  const most = Math.min(spec.maxSeconds, actuator.maxSeconds);
  if (maxSeconds === undefined) {
    throw new AppError('COMMAND_NO_LEASE', `${action} says no maxSeconds`, {
      field,
      hint: `Say after how many seconds it must end by itself, at most ${most}.`,
    });
  }
  if (!Number.isInteger(maxSeconds) || maxSeconds < 1) {
    throw invalid(
      field,
      `${maxSeconds} is no number of seconds`,
      `Give a whole number, 1 to ${most}.`,
    );
  }
  if (maxSeconds > most) {
    throw new AppError(
      'COMMAND_OVER_CAP',
      `${maxSeconds} s are more than ${actuator.device} may run`,
      {
        field,
        hint: `At most ${most} s; extend it with a further command while it runs.`,
      },
    );
  }
  return maxSeconds;
}

function notAfterOf(
  { notAfter }: CommandRequest,
  { connected, now, actuator }: RequestPlace,
): number {
  const field = 'notAfter';
  if (notAfter === undefined) return now + NOT_AFTER_MS;
  if (!Number.isSafeInteger(notAfter)) {
    throw invalid(field, 'notAfter is no time', 'Give an instant, such as 2026-11-22T05:00:00Z.');
  }
  if (notAfter > now + NOT_AFTER_MS_MAX) {
    throw invalid(field, 'notAfter is too far away', 'Give an instant within the next 7 days.');
  }
  if (notAfter > now) return notAfter;
  const hint = 'Give an instant to come, or leave it out for a minute from now.';
  if (connected) throw new AppError('COMMAND_TOO_LATE', 'notAfter has passed', { field, hint });
  const offline = `${actuator.device} is not connected and notAfter has passed: nothing could take it`;
  throw new AppError('COMMAND_OFFLINE', offline, { field, hint });
}

function invalid(field: string, message: string, hint: string): AppError {
  return new AppError('COMMAND_INVALID', message, { field, hint });
}
