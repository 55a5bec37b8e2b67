import type { MqttClient } from 'mqtt';
import { connectDevice, type DeviceAccount, topicOf } from '../support/device.ts';

const STEP_MS = 60_000;
const WINDOW = 40;

/**
 * A device whose values follow from its id and the sequence number, so that any reader can tell
 * what must be stored. It notes each report before sending it and again when it is acknowledged,
 * and after a broken connection sends what was not acknowledged once more.
 */
export class SteadyDevice {
  readonly account: DeviceAccount;
  readonly acknowledged = new Set<number>();
  readonly sent = new Set<number>();
  readonly #base: number;
  readonly #unacknowledged = new Set<number>();
  #next = 0;

  constructor(account: DeviceAccount, base: number) {
    this.account = account;
    this.#base = base;
  }

  timeOf(sequence: number): number {
    return this.#base + sequence * STEP_MS;
  }

  sequenceAt(time: number): number {
    return (time - this.#base) / STEP_MS;
  }

  /** Twenty good readings, then twenty that no shrimp survives. */
  valuesOf(sequence: number): { dissolved_oxygen: number; water_temperature: number } {
    const isLow = sequence % 40 >= 20;
    return {
      dissolved_oxygen: isLow ? 2 + (sequence % 7) / 10 : 5 + (sequence % 11) / 10,
      water_temperature: 28 + (sequence % 13) / 10,
    };
  }

  /** Sends until the connection ends; never throws. */
  async run(port: number, signal: AbortSignal): Promise<void> {
    let client: MqttClient;
    try {
      client = await connectDevice(port, this.account);
    } catch {
      return;
    }
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    for (const sequence of this.#unacknowledged) this.#send(client, sequence);
    while (client.connected && !signal.aborted) {
      while (this.#unacknowledged.size < WINDOW) this.#send(client, this.#next++);
      await new Promise((resolve) => setTimeout(resolve, 4));
    }
    client.end();
    await closed;
  }

  /** Sends what is left until all of it is acknowledged. */
  async finish(port: number): Promise<void> {
    const client = await connectDevice(port, this.account);
    await Promise.all([...this.#unacknowledged].map((sequence) => this.#publish(client, sequence)));
    await client.endAsync();
  }

  #send(client: MqttClient, sequence: number): void {
    void this.#publish(client, sequence).catch(() => undefined);
  }

  async #publish(client: MqttClient, sequence: number): Promise<void> {
    this.#unacknowledged.add(sequence);
    this.sent.add(sequence);
    const report = {
      observedAt: this.timeOf(sequence),
      sequence,
      boot: 'a',
      values: this.valuesOf(sequence),
    };
    await client.publishAsync(topicOf(this.account), JSON.stringify(report), { qos: 1 });
    this.#unacknowledged.delete(sequence);
    this.acknowledged.add(sequence);
  }
}
