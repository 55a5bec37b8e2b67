import type { MqttClient } from 'mqtt';
import { ControllerModel } from '#simulators/controllers/controller-model';
import { LiveBlock } from '#simulators/controllers/surroundings';
import { createWorld } from '#simulators/worlds/world';
import type { DeviceKind } from '#src/contracts/device-kind';
import { connectDevice, type DeviceAccount, topicOf } from '../support/device.ts';

const TURN_MS = 100;
const AWAY_MS = 60;

/**
 * A simulated controller in real time on a real connection, which it takes up again whenever it is
 * lost. What it says is kept until the server has acknowledged it.
 */
export class ObedientController {
  readonly account: DeviceAccount;
  readonly model: ControllerModel;
  readonly #unsaid: Array<{ topic: 'ack' | 'report'; payload: string }> = [];

  constructor(account: DeviceAccount, kind: DeviceKind, seed: number) {
    this.account = account;
    const part = new LiveBlock(createWorld(seed), { seed }).valve();
    const startAt = Date.now();
    this.model = new ControllerModel({ kind, seed, part, startAt, intervalSeconds: 1 });
  }

  /** Until the signal aborts, to whatever port the server has now; 0: it is not there. */
  async run(port: () => number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (port() !== 0) await this.#converse(await connectDevice(port(), this.account), signal);
      } catch {
        // The server is not there, or is gone again.
      }
      this.#goOn();
      await new Promise((resolve) => setTimeout(resolve, AWAY_MS));
    }
  }

  async #converse(client: MqttClient, signal: AbortSignal): Promise<void> {
    const closed = new Promise<void>((resolve) => client.once('close', () => resolve()));
    client.on('message', (_, payload) => {
      this.#goOn();
      this.model.receive(payload.toString('utf8'));
      this.#speak(client);
    });
    client.subscribe(topicOf(this.account, 'command'), { qos: 1 });
    while (client.connected && !signal.aborted) {
      this.#goOn();
      this.#speak(client);
      await new Promise((resolve) => setTimeout(resolve, TURN_MS));
    }
    client.end(true);
    await closed;
    this.model.drop();
  }

  #goOn(): void {
    this.model.advance(Math.max(this.model.now, Date.now()));
    for (const { topic, payload } of this.model.reports()) this.#unsaid.push({ topic, payload });
  }

  #speak(client: MqttClient): void {
    for (const said of this.#unsaid.splice(0)) {
      client.publish(topicOf(this.account, said.topic), said.payload, { qos: 1 }, (error) => {
        if (error) this.#unsaid.push(said);
      });
    }
  }
}
