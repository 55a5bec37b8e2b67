import { afterAll, beforeAll } from 'vitest';
import type { Rule } from '../../src/contracts/rule.ts';
import type { StateService } from '../../src/state/state.ts';
import { Farm, LOW_OXYGEN, MINUTE, openState, T0 } from './harness.ts';

/** One device after the other on a real state: each test begins with a new one. */
export class Scene {
  device = '';
  #devices = 0;
  #state: StateService | undefined;
  #farm: Farm | undefined;

  constructor() {
    let close = async (): Promise<void> => undefined;
    beforeAll(async () => {
      const opened = await openState();
      this.#state = opened.state;
      close = opened.close;
    });
    afterAll(() => close());
  }

  get state(): StateService {
    if (this.#state === undefined) throw new Error('the state is opened before the first test');
    return this.#state;
  }

  get farm(): Farm {
    if (this.#farm === undefined) throw new Error('the scene has not begun');
    return this.#farm;
  }

  async begin(rules: readonly Rule[] = [LOW_OXYGEN]): Promise<void> {
    if (this.device !== '') await this.state.devices.remove(this.device);
    await this.state.rules.removeStates('*');
    await this.state.cursors.set('rules', 0);
    this.device = `probe-${this.#devices++}`;
    this.#farm = new Farm(this.state, rules);
    await this.farm.addDevice(this.device);
  }

  /** Reports oxygen by minute, each as it is observed unless the clock is past it already. */
  async oxygen(values: Record<number, number>): Promise<void> {
    const { clock } = this.farm;
    for (const [minute, value] of Object.entries(values)) {
      const at = T0 + Number(minute) * MINUTE;
      if (clock.now() < at) clock.advance(at - clock.now());
      await this.farm.report(this.device, Number(minute), { oxygen: value });
    }
  }

  /** The device's alerts as `onset-end state: events`, in minutes; `…` lasts. */
  async summary(): Promise<string[]> {
    const minute = (time: number): number => (time - T0) / MINUTE;
    return (await this.farm.alerts(this.device)).map(({ onset, end, state, timeline }) => {
      const events = timeline.map(({ event }) => event).join(' ');
      return `${minute(onset)}-${end === null ? '…' : minute(end)} ${state}: ${events}`;
    });
  }
}
