import { isUtf8 } from 'node:buffer';
import type { BrokerLimits } from './limits.ts';
import type { RefusalReason } from './refusals.ts';

export interface Will {
  topic: string;
  payload: Buffer;
}

/** A CONNECT packet that keeps every rule of MQTT 3.1 and 3.1.1. */
export interface Connect {
  clientId: string;
  clean: boolean;
  keepaliveSeconds: number;
  will: Will | null;
  username: string | null;
  password: Buffer | null;
}

export type ConnectReading =
  | { state: 'partial' }
  | { state: 'refused'; reason: RefusalReason; detail: string; answer: Buffer | null }
  /** `bytes`: length of the whole packet; what follows belongs to the next ones. */
  | { state: 'read'; connect: Connect; bytes: number };

/** Return codes of CONNACK, MQTT 3.1.1 table 3.1. */
export const CONNACK = {
  version: 1,
  identifier: 2,
  unavailable: 3,
  credentials: 4,
  notAuthorized: 5,
} as const;

export function connack(code: number): Buffer {
  return Buffer.from([0x20, 2, 0, code]);
}

/** CONNACK as MQTT 5 clients read it: 0x84, unsupported protocol version, no properties. */
const CONNACK_FOR_VERSION_5: Buffer = Buffer.from([0x20, 3, 0, 0x84, 0]);

const FLAG = { reserved: 1, clean: 2, will: 4, willRetain: 32, password: 64, username: 128 };

/** Reads the first packet of a connection, as far as `bytes` go. Never throws. */
export function readConnect(bytes: Buffer, limits: BrokerLimits): ConnectReading {
  if (bytes.length > 0 && bytes[0] !== 0x10) return refused('not-mqtt', 'the first packet');
  let length = 0;
  let start = 0;
  for (let index = 1; start === 0; index++) {
    if (index > 4) return refused('malformed', 'the length of CONNECT');
    const byte = bytes[index];
    if (byte === undefined) return { state: 'partial' };
    length += (byte & 0x7f) << (7 * (index - 1));
    if (byte < 0x80) start = index + 1;
    if (length > limits.connectBytesMax) return refused('too-large', 'CONNECT');
  }
  const end = start + length;
  const early = readProtocol(bytes.subarray(start, end), length);
  if (early !== null) return early;
  if (bytes.length < end) return { state: 'partial' };
  return readBody(bytes.subarray(start, end), limits, end);
}

/** Refuses another protocol or version as soon as its bytes are there, else null. */
function readProtocol(body: Buffer, length: number): ConnectReading | null {
  const nameLength = body.length < 2 ? null : body.readUInt16BE(0);
  if (nameLength === null) return length < 2 ? refused('malformed', 'the protocol name') : null;
  if (nameLength !== 4 && nameLength !== 6) return refused('not-mqtt', 'the protocol name');
  if (body.length < nameLength + 3) {
    return length < nameLength + 3 ? refused('malformed', 'the protocol name') : null;
  }
  const name = body.toString('latin1', 2, 2 + nameLength);
  if (name !== 'MQTT' && name !== 'MQIsdp') return refused('not-mqtt', 'the protocol name');
  const level = body.readUInt8(2 + nameLength);
  if ((name === 'MQTT' && level === 4) || (name === 'MQIsdp' && level === 3)) return null;
  const answer = name === 'MQTT' && level === 5 ? CONNACK_FOR_VERSION_5 : connack(CONNACK.version);
  return { state: 'refused', reason: 'unsupported-version', detail: `level ${level}`, answer };
}

function readBody(body: Buffer, limits: BrokerLimits, packetBytes: number): ConnectReading {
  let at = 2 + body.readUInt16BE(0) + 1;
  const flags = body[at] ?? 0;
  if (body.length < at + 3) return refused('malformed', 'CONNECT is too short');
  const keepaliveSeconds = body.readUInt16BE(at + 1);
  at += 3;
  const problem = flagProblem(flags);
  if (problem !== null) return problem;

  const field = (): Buffer | null => {
    if (at + 2 > body.length) return null;
    const end = at + 2 + body.readUInt16BE(at);
    if (end > body.length) return null;
    const value = body.subarray(at + 2, end);
    at = end;
    return value;
  };
  const wanted = (flag: number): Buffer | null | undefined => (flags & flag ? field() : undefined);
  const clientId = field();
  const willTopic = wanted(FLAG.will);
  const willPayload = wanted(FLAG.will);
  const username = wanted(FLAG.username);
  const password = wanted(FLAG.password);
  const fields = [clientId, willTopic, willPayload, username, password];
  if (clientId === null || fields.includes(null) || at !== body.length) {
    return refused('malformed', 'the fields of CONNECT');
  }
  const texts = [clientId, willTopic, username];
  if (!texts.every((text) => text === undefined || text === null || isMqttText(text))) {
    return refused('bad-text', 'a text in CONNECT');
  }
  if (willPayload && willPayload.length > limits.willBytesMax) return refused('too-large', 'Will');
  const will =
    willTopic && willPayload
      ? { topic: willTopic.toString('utf8'), payload: Buffer.from(willPayload) }
      : null;
  const connect: Connect = {
    clientId: clientId.toString('utf8'),
    clean: (flags & FLAG.clean) !== 0,
    keepaliveSeconds,
    will,
    username: username?.toString('utf8') ?? null,
    password: password ? Buffer.from(password) : null,
  };
  return { state: 'read', connect, bytes: packetBytes };
}

/** [MQTT-3.1.2-3], [MQTT-3.1.2-11] to [MQTT-3.1.2-15] and [MQTT-3.1.2-22]. */
function flagProblem(flags: number): ConnectReading | null {
  const willQos = (flags >> 3) & 3;
  if (flags & FLAG.reserved) return refused('malformed', 'a reserved flag of CONNECT');
  if (willQos === 3) return refused('malformed', 'a Will of QoS 3');
  if (!(flags & FLAG.will) && (willQos > 0 || flags & FLAG.willRetain)) {
    return refused('malformed', 'Will flags without a Will');
  }
  if (flags & FLAG.password && !(flags & FLAG.username)) {
    return refused('malformed', 'a password without a user name');
  }
  return null;
}

/** UTF-8 without NUL, MQTT 3.1.1 section 1.5.3. */
function isMqttText(text: Buffer): boolean {
  return isUtf8(text) && !text.includes(0);
}

function refused(reason: RefusalReason, detail: string): ConnectReading {
  return { state: 'refused', reason, detail, answer: null };
}

/**
 * The CONNECT handed on behind the door: the same session, with neither secret nor Will, so that
 * nothing behind it can leak the one or publish the other.
 */
export function writeConnect(
  connect: Pick<Connect, 'clientId' | 'clean' | 'keepaliveSeconds'>,
): Buffer {
  const id = Buffer.from(connect.clientId, 'utf8');
  const body = Buffer.alloc(12 + id.length);
  body.write('\0\u0004MQTT\u0004', 0, 'latin1');
  body.writeUInt8(connect.clean ? FLAG.clean : 0, 7);
  body.writeUInt16BE(connect.keepaliveSeconds, 8);
  body.writeUInt16BE(id.length, 10);
  id.copy(body, 12);
  // A device id is at most 63 bytes long, so the length fits one byte.
  return Buffer.concat([Buffer.from([0x10, body.length]), body]);
}
