import type { MqttClient } from 'mqtt';
import { connectDevice, type DeviceAccount, topicOf } from '../support/device.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** History, in which what is over is only recorded, and then what people must still act on. */
const PAST_MS = 30 * HOUR;
const LATELY_MS = 28 * MINUTE;
const TOGETHER_MAX = 3;

export interface PondReport {
  observedAt: number;
  sequence: number;
  boot: string;
  values: Record<string, number>;
}

/**
 * What one pond reports up to `now`, in event order: waves that cross the limits of the shipped
 * rules, an hourly test kit, a probe that stands still for hours, and gaps.
 */
export function pondReports(random: () => number, now: number): PondReport[] {
  const begin = now - PAST_MS;
  const flatFrom = begin + random() * 10 * HOUR;
  const phases = Array.from({ length: 6 }, random);
  const wave = (time: number, place: number, hours: number): number =>
    Math.sin(2 * Math.PI * (time / (hours * HOUR) + (phases[place] ?? 0)));
  const reports: PondReport[] = [];
  for (let time = begin; time < now; time += now - time > LATELY_MS ? 5 * MINUTE : 20_000) {
    if (random() < 0.01) time += 50 * MINUTE;
    if (time >= now) break;
    const isFlat = time > flatFrom && time < flatFrom + 8 * HOUR;
    const values: Record<string, number> = {
      water_temperature: 30 + 3.5 * wave(time, 1, 10) + random() / 5,
      salinity: 15 + 2 * wave(time, 2, 24),
      ph: isFlat ? 8.1 : 8.2 + 0.9 * wave(time, 3, 7) + random() / 10,
      battery_voltage: 3.55 + 0.25 * wave(time, 4, 9),
    };
    if (random() < 0.95) values['dissolved_oxygen'] = 5 + 2.6 * wave(time, 0, 4) + random() / 3;
    if (reports.length % 12 === 0) {
      values['total_ammonia_nitrogen'] = random() * 4;
      values['nitrite_nitrogen'] = random() * 3;
    }
    for (const name in values) values[name] = Math.round((values[name] ?? 0) * 100) / 100;
    reports.push({ observedAt: Math.floor(time), sequence: reports.length, boot: 'a', values });
  }
  return reports;
}

/** The same as they arrive: some late, some much later, some twice, some together. */
export function asArriving(random: () => number, reports: readonly PondReport[]): PondReport[][] {
  const placed = reports.flatMap((report, turn) => {
    const kind = random();
    const delay = kind < 0.03 ? random() * 150 : kind < 0.15 ? random() * 8 : 0;
    const first = { report, place: turn + delay };
    return random() < 0.1 ? [first, { report, place: turn + random() * 60 }] : [first];
  });
  placed.sort((left, right) => left.place - right.place);
  const groups: PondReport[][] = [];
  while (placed.length > 0) {
    const count = 1 + Math.floor(random() * TOGETHER_MAX);
    groups.push(placed.splice(0, count).map(({ report }) => report));
  }
  return groups;
}

/** Sends a script, a part in each life of the server, and again what was not acknowledged. */
export class ScriptedDevice {
  readonly account: DeviceAccount;
  readonly #groups: readonly PondReport[][];
  readonly #unacknowledged = new Set<number>();
  #next = 0;

  constructor(account: DeviceAccount, groups: readonly PondReport[][]) {
    this.account = account;
    this.#groups = groups;
  }

  /** Sends up to `share` of the script, spread over some time, while the connection lasts. */
  async run(port: number, { share, ms }: { share: number; ms: number }): Promise<void> {
    let client: MqttClient;
    try {
      client = await connectDevice(port, this.account);
    } catch {
      return;
    }
    const again = [...this.#unacknowledged];
    const until = Math.min(this.#groups.length, this.#next + this.#groups.length * share);
    const pauseMs = ms / Math.max(1, until - this.#next);
    for (const group of again) this.#send(client, group);
    while (client.connected && this.#next < until) {
      this.#send(client, this.#next++);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    while (client.connected) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Sends what is left until all of it is acknowledged. */
  async finish(port: number): Promise<void> {
    const client = await connectDevice(port, this.account);
    const left = [...this.#unacknowledged];
    while (this.#next < this.#groups.length) left.push(this.#next++);
    for (const group of left) await this.#publish(client, group);
    await client.endAsync();
  }

  #send(client: MqttClient, group: number): void {
    void this.#publish(client, group).catch(() => undefined);
  }

  async #publish(client: MqttClient, group: number): Promise<void> {
    this.#unacknowledged.add(group);
    const payload = JSON.stringify(this.#groups[group]);
    await client.publishAsync(topicOf(this.account), payload, { qos: 1 });
    this.#unacknowledged.delete(group);
  }
}
