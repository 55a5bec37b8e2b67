import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Alert, AlertNews } from '../../src/contracts/alert.ts';
import type { StateService } from '../../src/state/state.ts';
import { MINUTE, openState, T0 } from '../rules/harness.ts';
import { runs } from '../support/random.ts';
import { Stand } from './stand.ts';

let state: StateService;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ state, close } = await openState());
});
afterAll(() => close());

const KINDS = [
  'raise',
  'raise',
  'record',
  'silence',
  'silence',
  'end',
  'end',
  'withdraw',
  'reopen',
  'graver',
  'milder',
  'acknowledge',
  'shelve',
  'unshelve',
  'resolve',
  'work',
  'cancel',
  'wait',
  'wait',
  'restart',
  'jump',
  'repeat',
] as const;
interface Step {
  kind: (typeof KINDS)[number];
  pick: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ kind: fc.constantFrom(...KINDS), pick: fc.nat(11) }),
  { minLength: 5, maxLength: 40 },
);

/** Random changes and actions over a stand, as rules and people would make them. */
class Play {
  readonly stand: Stand;
  readonly news: AlertNews[] = [];
  readonly #ids: string[] = [];
  readonly #windows: string[] = [];
  #gateway = '';
  #devices: string[] = [];
  #last: Alert | undefined;

  constructor(stand: Stand) {
    this.stand = stand;
  }

  async begin(): Promise<void> {
    const { stand } = this;
    this.#gateway = await stand.device('gateway');
    this.#devices = [this.#gateway, await stand.device('a', { gateway: this.#gateway })];
    for (const name of ['b', 'c', 'd']) this.#devices.push(await stand.device(name));
    for (const device of this.#devices) await stand.hear(device);
  }

  async step({ kind, pick }: Step): Promise<void> {
    if (kind === 'raise' || kind === 'record' || kind === 'silence') return this.#new(kind, pick);
    if (kind === 'work' || kind === 'cancel') return this.#work(kind, pick);
    if (kind === 'wait') await this.stand.wait(1 + 3 * pick);
    else if (kind === 'restart') this.stand.restart();
    else if (kind === 'jump') await this.#jump(pick);
    else if (kind === 'repeat') await this.#repeat();
    else await this.#change(kind, pick);
  }

  async alerts(): Promise<Alert[]> {
    return Promise.all(this.#ids.map((id) => this.stand.get(id)));
  }

  /** Event time goes on, whatever the wall clock does. */
  #time(): number {
    return T0 + this.stand.clock.monotonic();
  }

  async #new(kind: Step['kind'], pick: number): Promise<void> {
    const { stand } = this;
    const device = this.#devices[pick % this.#devices.length] ?? '';
    const rule = kind === 'silence' ? 'silence' : `rule-${pick % 2}`;
    const standing = (await this.alerts()).some(
      (alert) => alert.rule === rule && alert.device === device && alert.end === null,
    );
    // One open alert for each rule and device is what the rules promise.
    if (standing) return;
    const id = `${stand.coop}.${this.#ids.length}`;
    const onset = this.#time();
    const severity: Alert['severity'] = pick % 3 === 0 ? 'critical' : 'warning';
    const event = kind === 'record' ? 'recorded' : 'raised';
    const timeline = [{ at: stand.clock.now(), event, who: null, note: null }] as const;
    const more = { id, rule, device, onset, severities: [{ time: onset, severity }], severity };
    const alert = kind === 'silence' ? stand.silence(device, more) : stand.begun(id, more);
    this.#last = {
      ...alert,
      severity,
      severities: [{ time: onset, severity }],
      timeline: [...timeline],
    } as Alert;
    this.#ids.push(id);
    await stand.raise(this.#last);
  }

  async #change(kind: Step['kind'], pick: number): Promise<void> {
    const { stand } = this;
    const id = this.#ids[pick % Math.max(this.#ids.length, 1)];
    if (id === undefined) return;
    const alert = await stand.get(id);
    const who = 'Lan';
    if (alert.state !== 'resolved') {
      const until = stand.clock.now() + 15 * MINUTE;
      if (kind === 'acknowledge') await stand.actions.acknowledge(id, { who });
      if (kind === 'shelve') await stand.actions.shelve(id, { who, reason: 'r', until });
      if (kind === 'unshelve') await stand.actions.unshelve(id, { who });
      if (kind === 'resolve') await stand.actions.resolve(id, { who });
    }
    await this.#find(kind, alert);
  }

  /** What the rules find out about an alert: they change its interval and its level. */
  async #find(kind: Step['kind'], { id, end, onset, severity, severities }: Alert): Promise<void> {
    const { stand } = this;
    const time = Math.max(this.#time(), onset + 1);
    const resolved = 'resolved' as const;
    if (kind === 'end' && end === null)
      await stand.change(id, { end: time, state: resolved }, resolved);
    if (kind === 'withdraw' && end !== onset) {
      await stand.change(id, { end: onset, state: resolved }, 'withdrawn');
    }
    if (kind === 'reopen' && end !== null && !(await this.#isTaken(id))) {
      await stand.change(id, { end: null, state: 'open' }, 'reopened');
    }
    const next = kind === 'graver' ? 'critical' : 'warning';
    if ((kind !== 'graver' && kind !== 'milder') || end !== null || severity === next) return;
    const event = kind === 'graver' ? 'escalated' : 'eased';
    const change = {
      severity: next,
      severities: [...severities, { time, severity: next }],
    } as const;
    await stand.change(id, { ...change, severities: [...change.severities] }, event);
  }

  async #isTaken(id: string): Promise<boolean> {
    const all = await this.alerts();
    const { rule, device } = await this.stand.get(id);
    return all.some((one) => one.rule === rule && one.device === device && one.end === null);
  }

  async #work(kind: Step['kind'], pick: number): Promise<void> {
    const { stand } = this;
    if (kind === 'cancel') {
      const id = this.#windows[pick % Math.max(this.#windows.length, 1)];
      if (id !== undefined) await stand.maintenance.cancel(id);
      return;
    }
    const from = stand.clock.now();
    const until = from + (pick + 1) * 10 * MINUTE;
    const window = { coop: stand.coop, site: null, from, until, reason: 'r', who: 'w' };
    this.#windows.push((await stand.maintenance.plan(window)).id);
  }

  async #jump(pick: number): Promise<void> {
    await this.stand.desk.tick();
    const before = this.stand.news.length;
    this.stand.clock.wall += (pick % 2 === 0 ? 2 : -2) * 60 * MINUTE;
    await this.stand.desk.tick();
    expect(this.stand.news.length, 'news of a jump').toBe(before);
  }

  async #repeat(): Promise<void> {
    if (this.#last === undefined) return;
    const before = this.stand.news.length;
    await this.stand.settle({ after: this.#last });
    expect(this.stand.news.length, 'news of a repeat').toBe(before);
  }
}

const CALLS = ['raised', 'reopened', 'escalated', 'unquieted'];

function checkNews(news: readonly AlertNews[]): void {
  const raised = new Set<string>();
  const told = new Set<string>();
  let notices = 0;
  for (const { event, alert } of news) {
    if (CALLS.includes(event)) {
      expect(alert.state).toBe('open');
      expect(alert.end).toBeNull();
      expect(alert.timeline.some((entry) => entry.event === 'raised')).toBe(true);
      if (alert.quiet !== null) {
        expect(alert.quiet.reason).toBe('flapping');
        notices++;
      }
    }
    if (event === 'raised') {
      expect(raised.has(alert.id), 'raised twice').toBe(false);
      raised.add(alert.id);
    }
    const isKnown = told.has(alert.id) || alert.timeline.some(({ who }) => who !== null);
    if (event === 'ended') expect(isKnown, 'ended, never told').toBe(true);
    told.add(alert.id);
  }
  expect(notices).toBeLessThanOrEqual(news.length);
}

function checkStanding(alerts: readonly Alert[], news: readonly AlertNews[]): void {
  const called = new Set(
    news.filter(({ event }) => CALLS.includes(event)).map((one) => one.alert.id),
  );
  for (const alert of alerts) {
    const times = alert.severities.map(({ time }) => time);
    expect(times).toEqual([...times].sort((left, right) => left - right));
    const isRaised = alert.timeline.some(({ event }) => event === 'raised');
    if (alert.end !== null || alert.state !== 'open' || !isRaised) continue;
    if (alert.quiet === null) {
      expect(called.has(alert.id), `${alert.id} stands and called nobody`).toBe(true);
      continue;
    }
    const cause = alerts.find(({ id }) => id === alert.cause);
    expect([alert.quiet.reason, cause?.end, cause?.cause]).toEqual(['cause', null, null]);
  }
}

test('whatever happens, nobody is called wrongly, and nothing that stands stays unheard', async () => {
  const property = fc.asyncProperty(steps, async (sequence) => {
    const stand = await Stand.over(state);
    const play = new Play(stand);
    await play.begin();
    for (const step of sequence) await play.step(step);
    await stand.wait(1);
    checkNews(stand.news);
    // Shelves, maintenance, damping and graces are over by then.
    for (let round = 0; round < 30; round++) {
      stand.clock.advance(10 * MINUTE);
      await stand.desk.tick();
    }
    checkNews(stand.news);
    checkStanding(await play.alerts(), stand.news);
  });
  await fc.assert(property, runs(120));
}, 60_000);
