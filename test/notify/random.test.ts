import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Alert, AlertNews } from '#src/contracts/alert';
import { createLocalTimes } from '#src/notify/local-times';
import { runs } from '../support/random.ts';
import { HOUR, MINUTE, Stand } from './stand.ts';

const QUIET = { from: '22:00', to: '05:00' };
const PER_HOUR = 1;
const ALERTS = ['a', 'b', 'c'];
const PEOPLE = ['ba', 'tu', 'nam'];

type Step =
  | { do: 'news'; alert: string; event: AlertNews['event']; severity: Alert['severity'] }
  | { do: 'wait'; minutes: number }
  | { do: 'restart' }
  | { do: 'provider'; behaviour: 'ok' | 'broken' | 'refuse' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('news' as const),
      alert: fc.constantFrom(...ALERTS),
      event: fc.constantFrom(
        ...([
          'raised',
          'raised',
          'raised',
          'escalated',
          'reopened',
          'ended',
          'acknowledged',
          'unquieted',
        ] as const),
      ),
      severity: fc.constantFrom(...(['info', 'warning', 'critical'] as const)),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      minutes: fc.integer({ min: 1, max: 240 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'restart' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('provider' as const),
      behaviour: fc.constantFrom(...(['ok', 'broken', 'ok', 'refuse'] as const)),
    }),
  },
);

/** The alerts as the desk would have them: what may follow what. */
class Desk {
  readonly states = new Map<string, Alert['state']>();
  readonly #stand: Stand;
  #count = 0;

  constructor(stand: Stand) {
    this.#stand = stand;
  }

  async take({ alert: name, event, severity }: Extract<Step, { do: 'news' }>): Promise<void> {
    const current = [...this.states.keys()].filter((id) => id.startsWith(name)).at(-1);
    const state = current === undefined ? undefined : this.states.get(current);
    const lasts = state === 'open' || state === 'acknowledged';
    if (event === 'raised') {
      if (!lasts) await this.#tell(`${name}-${this.#count++}`, event, { severity, state: 'open' });
      return;
    }
    if (current === undefined) return;
    if (event === 'reopened') {
      if (!lasts) await this.#tell(current, event, { severity, state: 'open', end: null });
    } else if (event === 'ended') {
      if (lasts) await this.#tell(current, event, {});
    } else if (event === 'acknowledged') {
      if (state === 'open') await this.#tell(current, event, { state: 'acknowledged' });
    } else if (lasts) {
      await this.#tell(current, event, { severity, state: 'open' });
    }
  }

  async #tell(id: string, event: AlertNews['event'], change: Partial<Alert>): Promise<void> {
    // No two news of one alert come in the same millisecond.
    this.#stand.clock.advance(1);
    const { state } = await this.#stand.tell(event, { id, ...change });
    this.states.set(id, state);
  }

  async endAll(): Promise<void> {
    for (const [id, state] of this.states) {
      if (state !== 'resolved') await this.#tell(id, 'ended', {});
    }
  }
}

async function play(stand: Stand, steps: readonly Step[]): Promise<Desk> {
  const desk = new Desk(stand);
  const seen = { messages: 0 };
  for (const one of steps) {
    if (one.do === 'news') await desk.take(one);
    if (one.do === 'restart') await stand.restart();
    if (one.do === 'provider') stand.provider.behaviour = one.behaviour;
    if (one.do === 'wait') await stand.run(one.minutes * MINUTE, 7 * MINUTE);
    if (one.do === 'wait') await checkNews(stand, desk, seen);
  }
  return desk;
}

/** Whatever came since the last look was true: nothing changed while it was sent. */
async function checkNews(stand: Stand, desk: Desk, seen: { messages: number }): Promise<void> {
  for (const { key } of stand.provider.received.slice(seen.messages)) {
    const delivery = await stand.state.outbox.get(key);
    const carried = await stand.state.outbox.carried(key, 'delivered');
    const told = delivery === undefined || delivery.event === 'digest' ? carried : [delivery];
    expect(told).not.toEqual([]);
    for (const { event, alert } of told) {
      const isOver = desk.states.get(alert ?? '') === 'resolved';
      expect([alert, event, isOver]).toEqual([alert, event, event === 'ended']);
    }
  }
  seen.messages = stand.provider.received.length;
}

/** Mild messages keep out of quiet hours and within the rate of any hour. */
async function checkPolicy(stand: Stand): Promise<void> {
  const local = createLocalTimes('Asia/Ho_Chi_Minh');
  for (const person of PEOPLE) {
    const mild: number[] = [];
    for (const { key, at } of stand.provider.to(person)) {
      const delivery = await stand.state.outbox.get(key);
      if (delivery?.severity !== 'critical') mild.push(at);
    }
    for (const at of mild) {
      expect([person, local.show(at), local.isBetween(at, QUIET)]).toEqual([
        person,
        local.show(at),
        false,
      ]);
      const inHour = mild.filter((other) => other >= at && other < at + HOUR);
      expect(inHour.length).toBeLessThanOrEqual(PER_HOUR);
    }
  }
}

/** Nothing waits, each key came once, and who heard of the beginning heard of the end. */
async function checkEnd(stand: Stand): Promise<void> {
  const all = await stand.deliveries();
  expect(all.filter(({ state }) => state === 'waiting')).toEqual([]);
  const keys = stand.provider.received.map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
  const done = all.filter(({ state }) => state === 'delivered');
  for (const { alert, person, event, finishedAt } of done) {
    if (alert === null || event === 'ended') continue;
    const ends = all.filter((one) => one.alert === alert && one.person === person);
    const told = ends.some(
      (one) =>
        one.event === 'ended' && one.state !== 'cancelled' && one.createdAt >= (finishedAt ?? 0),
    );
    expect([alert, person, event, told]).toEqual([alert, person, event, true]);
  }
}

test('random news: true, within the policy, nothing lost and nothing twice', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
      const stand = new Stand({});
      await stand.open();
      try {
        const policy = { quietHours: QUIET, perHour: PER_HOUR };
        await stand.person('ba', { policy });
        await stand.person('tu', { policy: { ...policy, digestAt: '17:00' } });
        await stand.person('nam', { policy: { ...policy, minimum: 'warning' } });
        await stand.duty([['ba', 'tu'], ['nam']], { escalateFrom: 'warning' });
        const desk = await play(stand, steps);
        stand.provider.behaviour = 'ok';
        await desk.endAll();
        await stand.run(50 * HOUR, 15 * MINUTE);
        await checkPolicy(stand);
        await checkEnd(stand);
      } finally {
        await stand.close();
      }
    }),
    runs(40),
  );
}, 60_000);
