import { createAlerts } from '#src/alerts/alerts';
import { type AlertDeskService, createAlertDesk } from '#src/alerts/desk';
import { createMaintenance } from '#src/alerts/maintenance';
import type {
  Alert,
  AlertActions,
  AlertChange,
  AlertMessenger,
  AlertNews,
  MaintenanceActions,
} from '../../src/contracts/alert.ts';
import type { Device, Repositories, State } from '../../src/contracts/state.ts';
import type { StateService } from '../../src/state/state.ts';
import { LOW_OXYGEN, logger, ManualClock, MINUTE } from '../rules/harness.ts';

let counter = 0;

/** A real state, the desk and people's actions over it, and a messenger that writes down. */
export class Stand {
  readonly clock = new ManualClock();
  readonly news: AlertNews[] = [];
  readonly published: Alert[] = [];
  readonly coop: string;
  readonly state: StateService;
  readonly actions: AlertActions;
  readonly maintenance: MaintenanceActions;
  desk: AlertDeskService;
  readonly #messenger: AlertMessenger = {
    enqueue: async (_, news) => {
      // Other stands share the state; what the desk does for them is not asked here.
      const own = news.filter(({ alert }) => alert.coop === this.coop);
      this.news.push(...structuredClone(own));
    },
  };

  constructor(state: StateService, coop: string) {
    this.state = state;
    this.coop = coop;
    const { clock } = this;
    const live = this.#live();
    this.actions = createAlerts({ state, live, clock, messenger: this.#messenger });
    this.maintenance = createMaintenance({ state, clock });
    this.desk = this.#desk();
  }

  /** A stand with a cooperative of its own over a shared state. */
  static async over(state: StateService): Promise<Stand> {
    const coop = `coop-${++counter}`;
    await state.coops.create({ id: coop, name: coop });
    return new Stand(state, coop);
  }

  #live() {
    return {
      publish: (event: { data: unknown }) => void this.published.push(event.data as Alert),
    };
  }

  #desk(): AlertDeskService {
    const { state, clock } = this;
    const messenger = this.#messenger;
    const parts = { state, registry: state.registry, live: this.#live() };
    return createAlertDesk({ ...parts, clock, logger, messenger });
  }

  /** A crash and a start: nothing but the state remains. */
  restart(): void {
    this.desk = this.#desk();
  }

  /** What was told since the last look, as `event id`. */
  heard(): string[] {
    return this.news.splice(0).map(({ event, alert }) => `${event} ${alert.id}`);
  }

  async device(id: string, more: Partial<Device> = {}): Promise<string> {
    const name = `${this.coop}-${id}`;
    const device = { id: name, coop: this.coop, site: null, kind: 'probe', name: null };
    await this.state.devices.create(
      { ...device, intervalSeconds: null, tags: [], gateway: null, createdAt: 0, ...more },
      new Uint8Array(32),
    );
    return name;
  }

  async hear(device: string): Promise<void> {
    const lastSeenAt = this.clock.now();
    await this.state.presence.save([{ device, lastSeenAt, online: true, firmware: null }]);
  }

  /** An alert as the rules would store it when it begins now. */
  begun(id: string, more: Partial<Alert> = {}): Alert {
    const at = this.clock.now();
    const severity = more.severity ?? 'critical';
    return {
      id: `${this.coop}.${id}`,
      rule: LOW_OXYGEN.id,
      ruleVersion: 1,
      coop: this.coop,
      site: null,
      device: `${this.coop}-probe`,
      severity,
      severities: [{ time: at, severity }],
      state: 'open',
      onset: at,
      known: at,
      end: null,
      revision: 1,
      evidence: {
        metric: 'oxygen',
        unit: 'mg/L',
        limit: 4,
        worst: 3,
        samples: [{ time: at, value: 3 }],
        source: LOW_OXYGEN.source,
      },
      title: LOW_OXYGEN.title,
      advice: LOW_OXYGEN.advice,
      advises: 'act',
      cause: null,
      quiet: null,
      shelf: null,
      assignee: null,
      timeline: [{ at, event: 'raised', who: null, note: null }],
      ...more,
    };
  }

  /** A device's silence of ten minutes that becomes known now. */
  silence(device: string, more: Partial<Alert> = {}): Alert {
    const at = this.clock.now();
    const evidence = {
      metric: null,
      unit: null,
      limit: 600,
      worst: null,
      samples: [{ time: at - 10 * MINUTE, value: null }],
      source: LOW_OXYGEN.source,
    };
    return this.begun(`silence.${device}`, { rule: 'silence', device, evidence, ...more });
  }

  async settle(...changes: AlertChange[]): Promise<Alert[]> {
    return this.state.transaction((tx) => this.#settle(tx, changes));
  }

  async #settle(tx: Repositories, changes: readonly AlertChange[]): Promise<Alert[]> {
    const settled = await this.desk.settle(tx, changes);
    await tx.alerts.save(settled);
    return settled;
  }

  /** The rules find that it began. */
  async raise(...alerts: Alert[]): Promise<Alert> {
    await this.settle(...alerts.map((after) => ({ after })));
    return this.get(alerts[0]?.id ?? '');
  }

  /** The rules change a stored alert: what they own of it, with their entry. */
  async change(
    id: string,
    change: Partial<Alert>,
    event: 'resolved' | 'reopened' | 'withdrawn' | 'revised' | 'escalated' | 'eased' | null,
  ): Promise<Alert> {
    const before = await this.get(id);
    const at = this.clock.now();
    const entry = event === null ? [] : [{ at, event, who: null, note: null }];
    const after: Alert = {
      ...before,
      ...change,
      revision: before.revision + 1,
      timeline: [...before.timeline, ...entry],
    };
    await this.settle({ before, after });
    return this.get(id);
  }

  end(id: string): Promise<Alert> {
    return this.change(id, { end: this.clock.now(), state: 'resolved' }, 'resolved');
  }

  async level(id: string, severity: Alert['severity']): Promise<Alert> {
    const { severities } = await this.get(id);
    const step = { time: this.clock.now(), severity };
    const change = { severity, severities: [...severities, step] };
    return this.change(id, change, severity === 'warning' ? 'eased' : 'escalated');
  }

  async get(id: string): Promise<Alert> {
    const alert = await this.state.alerts.get(id);
    if (alert === undefined) throw new Error(`there is no alert ${id}`);
    return alert;
  }

  async events(id: string): Promise<string[]> {
    const { timeline } = await this.get(id);
    return timeline.map(({ event, note }) => (note === null ? event : `${event} (${note})`));
  }

  /** Lets minutes pass, with a look of the desk after each. */
  async wait(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      this.clock.advance(MINUTE);
      await this.desk.tick();
    }
  }
}

/** The state as the rules see it, where every alert they store passes the desk. */
export function throughDesk(state: StateService, stand: Stand): StateService {
  const transaction: State['transaction'] = (work) =>
    state.transaction((tx) => {
      const save = async (alerts: readonly Alert[]): Promise<void> => {
        const changes: AlertChange[] = [];
        for (const after of alerts) {
          const before = await tx.alerts.get(after.id);
          changes.push({ ...(before && { before }), after });
        }
        await tx.alerts.save(await stand.desk.settle(tx, changes));
      };
      return work({ ...tx, alerts: { ...tx.alerts, save } });
    });
  return new Proxy(state, {
    get: (target, key) => (key === 'transaction' ? transaction : Reflect.get(target, key)),
  });
}
