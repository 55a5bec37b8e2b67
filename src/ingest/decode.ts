import { REPORTS_PER_MESSAGE_MAX } from '../../schemas/report.ts';
import { valueFault } from '../../schemas/value.ts';
import { parseTimestamp } from '../base/timestamp.ts';
import type { KindRegistry, Metric } from '../contracts/device-kind.ts';
import type { Frame, FrameBatch } from '../contracts/frame.ts';
import type { DecodedBatch, Quality } from '../contracts/observation.ts';
import { BatchBuilder } from './batch-builder.ts';
import { parsePayload } from './payload.ts';
import { UsualReports } from './usual-report.ts';

/** Most values in one report: the widest kind has about 20 metrics. */
const VALUES_PER_REPORT_MAX = 64;
const BOOT_LENGTH_MAX = 64;

/** How far a device's clock may be from ours before we stop believing it. */
export interface ClockWindow {
  pastMs: number;
  futureMs: number;
}

export interface DecodeOptions {
  kinds: KindRegistry;
  clockWindow: ClockWindow;
}

/** Decodes journaled frames. Pure and total: every value becomes an observation or a rejection. */
export function createDecoder(options: DecodeOptions): (batch: FrameBatch) => DecodedBatch {
  const known = new Map<string, KnownKind>();
  for (const { name, metrics } of options.kinds.values()) {
    const byName = new Map(metrics.map((metric) => [metric.name, metric]));
    known.set(name, { metrics: byName, usual: new UsualReports(metrics) });
  }
  return (batch) => {
    const builder = new BatchBuilder(batch.from, batch.next);
    for (const frame of batch.frames) {
      builder.open(frame);
      if (frame.topic === 'status') decodeStatus(frame, builder);
      else if (frame.topic === 'ack') decodeAck(frame, builder);
      else {
        const kind = known.get(frame.source.kind);
        if (kind === undefined) {
          builder.refuse('UNKNOWN_KIND', `no device kind ${frame.source.kind} is installed`);
        } else {
          decodeMessage({ frame, ...kind, clockWindow: options.clockWindow, builder });
        }
      }
    }
    return builder.batch;
  };
}

interface KnownKind {
  metrics: ReadonlyMap<string, Metric>;
  usual: UsualReports;
}

interface MessageContext extends KnownKind {
  frame: Frame;
  clockWindow: ClockWindow;
  builder: BatchBuilder;
}

function decodeMessage(context: MessageContext): void {
  const { builder } = context;
  if (decodeUsual(context)) return;
  const payload = parsePayload(context.frame.payload);
  if (!payload.ok) return builder.refuse('NOT_JSON', payload.reason);
  const { value } = payload;
  if (!Array.isArray(value)) return decodeReport(context, value, 0);
  if (value.length === 0) return builder.refuse('NOT_A_REPORT', 'the list of reports is empty');
  if (value.length > REPORTS_PER_MESSAGE_MAX) {
    const reason = `${value.length} reports in one message; at most ${REPORTS_PER_MESSAGE_MAX}`;
    return builder.refuse('TOO_MANY_REPORTS', reason);
  }
  for (let index = 0; index < value.length; index++) decodeReport(context, value[index], index);
}

/** A dated report without a fault, which is nearly every one: nothing else needs to look at it. */
function decodeUsual({ frame, usual, clockWindow, builder }: MessageContext): boolean {
  if (frame.topic !== 'report') return false;
  const report = usual.read(frame.payload);
  if (report === undefined || !isWithin(clockWindow, report.observedAt, frame)) return false;
  builder.observe(report.observedAt, 'good', report.values);
  return true;
}

function isWithin(
  { pastMs, futureMs }: ClockWindow,
  time: number,
  { receivedAt }: { receivedAt: number },
): boolean {
  return time >= receivedAt - pastMs && time <= receivedAt + futureMs;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function decodeReport(context: MessageContext, report: unknown, index: number): void {
  const { builder } = context;
  builder.beginReport(index);
  if (!isObject(report)) return builder.refuse('NOT_A_REPORT', 'a report is a JSON object');
  const values = report['values'];
  const sequence = readSequence(report['sequence']);
  if (typeof sequence === 'number') builder.sequence = sequence;
  if (!isObject(values)) return builder.refuse('NO_VALUES', 'the report has no "values" object');
  const names = Object.keys(values);
  if (names.length === 0) return builder.refuse('NO_VALUES', 'the report has no value');
  if (names.length > VALUES_PER_REPORT_MAX) {
    const reason = `${names.length} values in one report; at most ${VALUES_PER_REPORT_MAX}`;
    return builder.refuse('TOO_MANY_VALUES', reason);
  }
  const kept = keepValues(context, values as Record<string, unknown>, names);
  if (context.frame.topic === 'import') return decodeImported(context, report, kept);
  const boot = readBoot(report['boot']);
  refuseMembers(context, report, { sequence, boot });
  const when = readTime(context, report['observedAt']);
  if (kept === undefined) return;
  if (when.trusted) builder.observe(when.time, 'good', kept);
  else {
    const claim = claimKey(report, sequence, boot);
    builder.observe(when.time, when.quality, kept);
    if (claim !== undefined) builder.claim(claim);
  }
}

/**
 * A report of a file that was brought in: it says when and how good, and is as old as it is. It was
 * checked before it was journaled, so a refusal here means that the kinds have changed since.
 */
function decodeImported(
  context: MessageContext,
  report: Record<string, unknown>,
  kept: Record<string, number> | undefined,
): void {
  const { builder, frame, clockWindow } = context;
  const time = report['observedAt'];
  if (typeof time !== 'number' || !(time >= 0 && time <= frame.receivedAt + clockWindow.futureMs)) {
    const reason = 'observedAt of an imported report is in the future, or not a time';
    return builder.refuse('BAD_TIME', reason);
  }
  const quality = report['quality'] === 'clock' ? 'clock' : 'good';
  if (kept !== undefined) builder.observeImported(Math.trunc(time), quality, kept);
}

/**
 * The values that are good, or undefined when none is. The parsed object itself is kept when all
 * are good, which is nearly always: no copy.
 */
function keepValues(
  context: MessageContext,
  values: Record<string, unknown>,
  names: readonly string[],
): Record<string, number> | undefined {
  let allGood = true;
  for (let part = 0; part < names.length; part++) {
    const name = names[part] as string;
    const fault = valueFault(context.metrics.get(name), values[name]);
    if (fault === undefined) continue;
    allGood = false;
    context.builder.refuseValue({ part, metric: name, value: values[name], ...fault });
  }
  if (allGood) return values as Record<string, number>;
  const kept: Record<string, number> = {};
  let count = 0;
  for (const name of names) {
    const value = values[name];
    if (valueFault(context.metrics.get(name), value) !== undefined) continue;
    kept[name] = value as number;
    count++;
  }
  return count === 0 ? undefined : kept;
}

/** A sequence number, null when the report has none, or undefined when it is not one. */
function readSequence(value: unknown): number | null | undefined {
  if (value === undefined || value === null) return null;
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** A boot id, null when the report has none, or undefined when it is not one. */
function readBoot(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.length <= BOOT_LENGTH_MAX ? value : undefined;
}

const MEMBERS = new Set(['observedAt', 'sequence', 'boot', 'values']);

/** A member we do not know, or cannot read, is refused by itself: the values are kept. */
function refuseMembers(
  context: MessageContext,
  report: Record<string, unknown>,
  read: { sequence: number | null | undefined; boot: string | null | undefined },
): void {
  const { builder } = context;
  if (read.sequence === undefined) {
    const reason = 'the sequence is not a whole number of 0 or more';
    builder.refuseMember({ code: 'BAD_SEQUENCE', reason, member: 'sequence', report });
  }
  if (read.boot === undefined) {
    const reason = `the boot id is not a text of at most ${BOOT_LENGTH_MAX} characters`;
    builder.refuseMember({ code: 'BAD_SEQUENCE', reason, member: 'boot', report });
  }
  for (const member in report) {
    if (MEMBERS.has(member)) continue;
    const reason = 'a report has observedAt, sequence, boot and values only';
    builder.refuseMember({ code: 'UNKNOWN_MEMBER', reason, member, report });
  }
}

interface ReportTime {
  time: number;
  quality: Quality;
  /** The device dated it and we believe the date: device + metric + time tells a repeat. */
  trusted: boolean;
}

function readTime(context: MessageContext, value: unknown): ReportTime {
  const { frame, builder, clockWindow } = context;
  const { receivedAt } = frame;
  if (value === undefined || value === null) {
    return { time: receivedAt, quality: 'good', trusted: false };
  }
  const refused: ReportTime = { time: receivedAt, quality: 'clock', trusted: false };
  const time = typeof value === 'string' ? parseTimestamp(value) : value;
  const report = { observedAt: value };
  if (typeof time !== 'number' || !Number.isFinite(time)) {
    const reason = 'observedAt is neither an RFC 3339 time with offset nor milliseconds since 1970';
    builder.refuseMember({ code: 'BAD_TIME', reason, member: 'observedAt', report });
    return refused;
  }
  if (!isWithin(clockWindow, time, frame)) {
    const seconds = time > 1e9 && time < 1e10 ? '; it looks like seconds, not milliseconds' : '';
    const reason = `the device clock is outside the accepted window${seconds}`;
    builder.refuseMember({ code: 'CLOCK_OUTSIDE', reason, member: 'observedAt', report });
    return refused;
  }
  return { time: Math.trunc(time), quality: 'good', trusted: true };
}

/**
 * How a repeat of an undated report is known. With a boot id the pair is unique. Without one a
 * sequence may begin again after a restart, so the values must repeat too; the same goes for a
 * report whose date we did not believe. Neither: it cannot be told, and is stored each time.
 */
function claimKey(
  report: Record<string, unknown>,
  sequence: number | null | undefined,
  boot: string | null | undefined,
): string | undefined {
  if (typeof sequence === 'number' && typeof boot === 'string') return `b${boot}#${sequence}`;
  const dated = report['observedAt'] ?? null;
  if (typeof sequence !== 'number' && dated === null) return undefined;
  return `v${sequence ?? ''}#${JSON.stringify([dated, report['values']])}`;
}

function decodeStatus(frame: Frame, builder: BatchBuilder): void {
  const payload = parsePayload(frame.payload);
  if (!payload.ok) return builder.refuse('NOT_JSON', payload.reason);
  const status = payload.value;
  if (!isObject(status) || typeof status['online'] !== 'boolean') {
    return builder.refuse('NOT_A_STATUS', 'a status is {"online": true or false}');
  }
  const firmware = typeof status['firmware'] === 'string' ? status['firmware'].slice(0, 64) : null;
  builder.status(status['online'], firmware);
}

function decodeAck(frame: Frame, builder: BatchBuilder): void {
  const payload = parsePayload(frame.payload);
  if (!payload.ok) return builder.refuse('NOT_JSON', payload.reason);
  const ack = payload.value;
  if (!isObject(ack) || typeof ack['id'] !== 'string' || typeof ack['state'] !== 'string') {
    return builder.refuse('NOT_AN_ACK', 'an acknowledgement has the texts id and state');
  }
  builder.ack(ack);
}
