import path from 'node:path';
import { onTestFinished } from 'vitest';
import { createMetrics, type Metrics } from '#src/base/metrics';
import type { Alert, AlertNews } from '#src/contracts/alert';
import type { Channel, ChannelSetting, Delivery } from '#src/contracts/notify';
import type { Duty, NotifyPolicy, Person } from '#src/contracts/people';
import type { Repositories, State } from '#src/contracts/state';
import { createNotifier, type NotifierService } from '#src/notify/notifier';
import { createState, type StateService } from '#src/state/state';
import { alertOf, personOf, siteOf } from '../state/examples.ts';
import { temporaryFolder } from '../support/folder.ts';
import { quietLogger } from '../support/quiet.ts';
import { Provider } from './provider.ts';

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
/** 2026-11-22 12:00 in Hà Nội. */
export const NOON = Date.parse('2026-11-22T05:00:00Z');

export class ManualClock {
  wall = NOON;
  #monotonic = 1_000;
  now(): number {
    return this.wall;
  }
  monotonic(): number {
    return this.#monotonic;
  }
  advance(ms: number): void {
    this.wall += ms;
    this.#monotonic += ms;
  }
  /** Somebody sets the clock. */
  jump(ms: number): void {
    this.wall += ms;
  }
}

export interface StandOptions {
  channels?: (provider: Provider) => Channel[];
  settings?: ChannelSetting[];
  timeZone?: string;
  sendDeadlineMs?: number;
}

/** People, a state, a provider and a notifier that can be stopped and started again. */
export class Stand {
  readonly clock = new ManualClock();
  readonly provider = new Provider(() => this.clock.now());
  readonly published: Alert[] = [];
  readonly state: StateService;
  metrics: Metrics = createMetrics();
  notifier!: NotifierService;
  /** The n-th transaction from now fails after its work, as a power cut would have it. */
  failAfter = Number.POSITIVE_INFINITY;
  #options: StandOptions;

  constructor(options: StandOptions) {
    this.#options = options;
    const file = path.join(temporaryFolder(), 'state.db');
    this.state = createState({ file, clock: this.clock, logger: quietLogger });
  }

  async open(): Promise<void> {
    await this.provider.open();
    await this.state.start(new AbortController().signal);
    await this.state.coops.create({ id: 'an-binh', name: 'An Bình' });
    await this.state.sites.create(siteOf({ id: 'ao-3', name: 'Ao 3' }));
    await this.start();
  }

  async start(): Promise<void> {
    this.metrics = createMetrics();
    const { channels, settings = [], timeZone = 'Asia/Ho_Chi_Minh' } = this.#options;
    const made = channels?.(this.provider) ?? [this.provider.channel('chat')];
    this.notifier = createNotifier({
      ...{ state: this.#shaky(), registry: this.state.registry, clock: this.clock },
      kinds: new Map(),
      live: {
        publish: (event) => {
          if (event.type === 'alert') this.published.push(event.data);
        },
      },
      logger: quietLogger,
      metrics: this.metrics,
      timeZone,
      publicUrl: 'https://farm.example/',
      channels: new Map(made.map((channel) => [channel.name, channel])),
      settings,
      publish: async () => undefined,
      print: () => undefined,
      sendDeadlineMs: this.#options.sendDeadlineMs ?? 2_000,
    });
    // Ticks come from the test alone: what `start` does besides is what counts here.
    await this.notifier.start(AbortSignal.abort());
  }

  /** A crash and a new program. */
  async restart(): Promise<void> {
    await this.notifier.stop();
    await this.start();
  }

  #shaky(): State {
    const transaction: State['transaction'] = (work) =>
      this.state.transaction(async (tx) => {
        const result = await work(tx);
        if (--this.failAfter === 0) throw new Error('the power went');
        return result;
      });
    return { ...this.state, transaction };
  }

  /** Runs so long, looking every `stepMs`. */
  async run(ms = 0, stepMs = 30_000): Promise<void> {
    for (let left = ms; ; left -= stepMs) {
      await this.notifier.tick();
      await this.notifier.idle();
      if (left <= 0) return;
      this.clock.advance(Math.min(stepMs, left));
    }
  }

  async person(
    id: string,
    {
      policy,
      ...change
    }: Partial<Omit<Person, 'policy'>> & { policy?: Partial<NotifyPolicy> } = {},
  ): Promise<Person> {
    const person = personOf({
      id,
      name: `Name of ${id}`,
      contacts: [{ channel: 'chat', address: id }],
      ...change,
      policy: { ...personOf().policy, ...policy },
    });
    await this.state.people.save(person);
    return person;
  }

  async duty(steps: string[][], change: Partial<Duty> = {}): Promise<void> {
    const duty = { coop: 'an-binh', escalateFrom: 'critical' as const, ...change };
    await this.state.people.saveDuty({
      ...duty,
      steps: steps.map((people) => ({ people, waitSeconds: 600 })),
    });
  }

  /** Stores an alert and tells of it in one transaction, as the desk does. */
  async tell(event: AlertNews['event'], change: Partial<Alert> = {}): Promise<Alert> {
    return this.state.transaction(async (tx: Repositories) => {
      const id = change.id ?? 'a-1';
      const stored = await tx.alerts.get(id);
      const begun = alertOf({ id, site: 'ao-3', onset: this.clock.now() });
      const over = event === 'ended' ? { state: 'resolved' as const, end: this.clock.now() } : {};
      const base = stored ?? begun;
      const alert = { ...base, revision: base.revision + 1, ...over, ...change };
      await tx.alerts.save([alert]);
      await this.notifier.enqueue(tx, [{ event, alert, at: this.clock.now() }]);
      return alert;
    });
  }

  async deliveries(filter: { person?: string; alert?: string } = {}): Promise<Delivery[]> {
    const { items } = await this.state.outbox.list(filter, { limit: 1_000 });
    return items.reverse();
  }

  async states(): Promise<string[]> {
    return (await this.deliveries()).map(
      ({ person, event, state, step }) => `${person} ${event} ${step} ${state}`,
    );
  }

  async close(): Promise<void> {
    await this.notifier.stop();
    await this.state.stop();
    await this.provider.close();
  }
}

export async function openStand(options: StandOptions = {}): Promise<Stand> {
  const stand = new Stand(options);
  onTestFinished(() => stand.close());
  await stand.open();
  return stand;
}
