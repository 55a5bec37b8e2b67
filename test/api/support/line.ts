import type { DeviceMessenger } from '#src/contracts/messenger';

/** The way to devices: who is connected, and what was published to them. */
export class Line implements DeviceMessenger {
  readonly sent: Array<{ device: string; id: string; action: string; sequence: number }> = [];
  readonly #online: Set<string>;

  constructor(online: Set<string>) {
    this.#online = online;
  }

  get connections(): number {
    return this.#online.size;
  }

  connected(device: string): boolean {
    return this.#online.has(device);
  }

  async send(device: string, _topic: string, payload: string): Promise<boolean> {
    if (!this.#online.has(device)) return false;
    const { id, action, sequence } = JSON.parse(payload);
    this.sent.push({ device, id, action, sequence });
    return true;
  }

  drop(device: string): boolean {
    return this.#online.delete(device);
  }

  onListening(): () => void {
    return () => undefined;
  }
}
