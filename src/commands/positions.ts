import { dayName } from '../base/local-clock.ts';
import type { ActuatorFault, Position } from '../contracts/actuator.ts';
import { type Floor, flowMeterOf, keyOf, plantAt } from './floor.ts';
import { useOf } from './interlocks.ts';
import type { Sitting } from './sitting.ts';
import { demandOn, settleMeter } from './watch.ts';

/** By the newest evidence a part is somewhere else: what flowed until now belongs to before. */
export function moveTo(
  floor: Floor,
  sitting: Sitting,
  { device, position, at }: { device: string; position: Position | 'unknown'; at: number },
): void {
  const { position: before, since } = sitting.state(device);
  // A run that is extended goes on since it began.
  if (before === position && since !== null) return;
  settleLitres(floor, sitting, device);
  sitting.putState({ ...sitting.state(device), position, since: at });
}

/** The part stands still, by its own word or by proof. */
export function standStill(
  floor: Floor,
  sitting: Sitting,
  { device, at }: { device: string; at: number },
): void {
  const { position, lastOffAt } = sitting.state(device);
  moveTo(floor, sitting, { device, position: 'off', at });
  const isNews = position !== 'off';
  const off = isNews ? Math.max(at, lastOffAt ?? 0) : (lastOffAt ?? at);
  sitting.putState({ ...sitting.state(device), lastOffAt: off });
  const { fault } = sitting.state(device);
  if (fault?.code === 'no-answer') {
    endFault(sitting, { device, fault, by: 'witness', note: 'it stands still' });
  }
}

/** A fault is over: it may be started again. */
export function endFault(
  sitting: Sitting,
  {
    device,
    fault,
    by,
    note,
  }: { device: string; fault: ActuatorFault; by: string; note: string | null },
): void {
  sitting.putState({ ...sitting.state(device), fault: null });
  sitting.faults.push({ device, fault: null, severity: 'warn', by, note });
  sitting.audit({
    ...{ coop: sitting.actuator(device)?.coop ?? null, who: by, what: 'actuator.fault-cleared' },
    ...{ subject: device, why: note, before: fault, after: null },
  });
}

/** Books litres of a local day to those who used them. */
export function addLitres(
  floor: Floor,
  sitting: Sitting,
  litres: ReadonlyMap<string, number>,
): void {
  const day = dayName(floor.localClock.day(sitting.now));
  for (const [device, more] of litres) {
    if (!(more > 0)) continue;
    const state = sitting.state(device);
    const use = useOf(state, day);
    sitting.putState({ ...state, use: { day, ...use, litres: use.litres + more } });
  }
}

function settleLitres(floor: Floor, sitting: Sitting, device: string): void {
  const actuator = sitting.actuator(device);
  const meter = actuator === undefined ? null : flowMeterOf(floor, actuator);
  const before = meter === null ? undefined : sitting.meter(keyOf(meter));
  if (meter === null || before === undefined) return;
  const demand = demandOn(plantAt(floor, sitting), meter);
  const { memory, litres } = settleMeter(before, sitting.now, demand);
  sitting.putMeter(keyOf(meter), memory);
  addLitres(floor, sitting, litres);
}
