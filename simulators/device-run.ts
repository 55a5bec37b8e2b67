import type { Acknowledgement } from '../schemas/acknowledgement.ts';
import type { DeviceKind } from '../src/contracts/device-kind.ts';
import type { World } from '../src/contracts/simulator.ts';
import type { ControllerLink } from './controllers/controller-link.ts';
import type { DeviceLink, FleetMessage } from './device-link.ts';
import type { DeviceFaults } from './faults.ts';
import { MessageDraft, readValues, type SimulatedReport } from './report.ts';
import { nextSlot, type Schedule, type Slot } from './schedule.ts';

/** Simulated time, which may run faster than ours. */
export interface FleetTime {
  now(): number;
  /** Resolves at `time`, or when the fleet is stopped. */
  until(time: number): Promise<void>;
}

export interface DeviceRunOptions {
  device: { id: string; coop: string; seed: number };
  kind: DeviceKind;
  boot: string;
  world: World;
  schedule: Schedule;
  faults: DeviceFaults;
  time: FleetTime;
  link: DeviceLink;
  /** Of a device that obeys commands; null for others. */
  controls: ControllerLink | null;
  signal: AbortSignal;
  onSent(message: FleetMessage): void;
  onLost(): void;
}

/** Makes one device's reports when they are due and sends them until its schedule ends. */
export async function runDevice(options: DeviceRunOptions): Promise<void> {
  const { schedule, time, signal, faults } = options;
  const make = createReportMaker(options);
  joinController(options, make);
  let held: SimulatedReport[] = [];
  let slot = nextSlot(schedule, null);
  while (slot !== null) {
    await time.until(slot.time);
    if (signal.aborted) return;
    const now = time.now();
    const draft = new MessageDraft(options.boot);
    let released: SimulatedReport[] = [];
    // Everything due by now goes in one message: a single report live, full batches in arrears.
    while (slot !== null && slot.time <= now && !draft.full && released.length === 0) {
      const report = make(slot);
      if (report !== null && faults.held(slot.time)) held.push(report);
      else if (report !== null) {
        draft.add(report);
        // What was held goes out right after the first newer report, so it does arrive late.
        released = held;
        held = [];
      }
      slot = nextSlot(schedule, slot.time);
    }
    await sendDraft(options, draft);
    await sendAll(options, released);
  }
  await sendAll(options, held);
}

type ReportMaker = (slot: Slot) => SimulatedReport | null;

/** Numbers the device's reports and applies the faults of its sensors and its radio. */
function createReportMaker(options: DeviceRunOptions): ReportMaker {
  const { device, kind, world, faults, onLost } = options;
  const controller = options.controls?.controller;
  let sequence = 0;
  return ({ time, intervalSeconds }) => {
    if (controller?.isUpAt(time) === false) return null;
    const read = (at: number): Record<string, number> | null =>
      controller === undefined
        ? readValues(kind, { world, seed: device.seed, time: at, intervalSeconds })
        : controller.values(at, intervalSeconds);
    const values = faults.spoil(time, read);
    if (values === null) return null;
    const offsetMs = controller?.clockErrorAt(time) ?? faults.clockOffsetMs;
    const report = { sequence: sequence++, observedAt: time + offsetMs, values };
    if (!faults.lost(time)) return report;
    onLost();
    return null;
  };
}

/** What a controller says on top of its schedule goes out at once. */
function joinController(options: DeviceRunOptions, make: ReportMaker): void {
  const { schedule, link, onSent } = options;
  const post = (message: FleetMessage): void => {
    onSent(message);
    link.post(message);
  };
  options.controls?.speakThrough({
    answer: (acknowledgement: Acknowledgement) => {
      const payload = JSON.stringify(acknowledgement);
      post(messageOf(options, { topic: 'ack', payload, reports: [] }));
    },
    report: (at) => {
      const report = make({ time: at, intervalSeconds: schedule.liveIntervalMs / 1000 });
      if (report === null) return;
      const draft = new MessageDraft(options.boot);
      draft.add(report);
      const { reports } = draft;
      post(messageOf(options, { topic: 'report', payload: draft.payload(), reports }));
    },
    hangUp: () => link.cut(),
  });
}

function messageOf(
  { device, kind, boot }: DeviceRunOptions,
  content: { topic: 'ack' | 'report'; payload: string; reports: readonly SimulatedReport[] },
): FleetMessage {
  return {
    ...content,
    device: device.id,
    coop: device.coop,
    kind: kind.name,
    boot,
    topic: `sluice/v1/${device.coop}/${device.id}/${content.topic}`,
    repeat: false,
  };
}

async function sendAll(
  options: DeviceRunOptions,
  reports: readonly SimulatedReport[],
): Promise<void> {
  let draft = new MessageDraft(options.boot);
  for (const report of reports) {
    draft.add(report);
    if (!draft.full) continue;
    await sendDraft(options, draft);
    draft = new MessageDraft(options.boot);
  }
  await sendDraft(options, draft);
}

async function sendDraft(options: DeviceRunOptions, draft: MessageDraft): Promise<void> {
  const first = draft.reports[0];
  if (first === undefined || options.signal.aborted) return;
  const { link, faults, onSent } = options;
  const { reports } = draft;
  const message = messageOf(options, { topic: 'report', payload: draft.payload(), reports });
  onSent(message);
  await link.send(message);
  if (faults.repeated(first.observedAt)) {
    const copy = { ...message, repeat: true };
    onSent(copy);
    await link.send(copy);
  }
  if (faults.cut(first.observedAt)) link.cut();
}
