import type { Clock } from '../base/clock.ts';
import type { Source } from '../contracts/frame.ts';
import type { Journal } from '../contracts/journal.ts';
import type { Registry } from '../contracts/registry.ts';
import { CONNACK, type Connect } from './connect-packet.ts';
import type { Lockout } from './lockout.ts';
import type { Allowance } from './packet-gate.ts';
import type { RefusalReason } from './refusals.ts';
import { isDeviceId, Rights } from './rights.ts';

export type Verdict =
  | { admitted: true; source: Source; secret: Uint8Array }
  | { admitted: false; reason: RefusalReason; code: number };

export interface CredentialsOptions {
  registry: Registry;
  journal: Pick<Journal, 'status'>;
  lockout: Lockout;
  clock: Clock;
  allowance(device: string): Allowance;
}

/** Decides on a CONNECT. The same answer for an unknown id and for a wrong secret. */
export function judgeConnect(
  options: CredentialsOptions,
  connect: Connect,
  addressKey: string,
): Verdict {
  const { registry, lockout } = options;
  const { clientId, username, password, will } = connect;
  const nowMs = options.clock.monotonic();
  if (!isDeviceId(clientId)) return refuse('identifier', CONNACK.identifier);
  if (lockout.isLocked(addressKey, clientId, nowMs)) {
    return refuse('locked-out', CONNACK.notAuthorized);
  }
  // Asked before the name is compared, so that both mistakes take the same time.
  const known = registry.authenticate(clientId, password ?? new Uint8Array(0));
  const source = username === clientId && password !== null ? known : undefined;
  if (source === undefined || password === null) {
    lockout.failed(addressKey, clientId, nowMs);
    return refuse('bad-credentials', CONNACK.credentials);
  }
  lockout.succeeded(addressKey, clientId);
  if (will !== null && new Rights(source).publishes(will.topic) !== 'status') {
    return refuse('forbidden-will', CONNACK.notAuthorized);
  }
  // A device that could not be heard is told so at the door, instead of losing its connection at
  // the first report.
  if (options.journal.status().failure !== null) return refuse('unavailable', CONNACK.unavailable);
  const { controls } = options.allowance(clientId);
  controls.refill(nowMs);
  if (!controls.take()) return refuse('flapping', CONNACK.unavailable);
  return { admitted: true, source, secret: password };
}

function refuse(reason: RefusalReason, code: number): Verdict {
  return { admitted: false, reason, code };
}
