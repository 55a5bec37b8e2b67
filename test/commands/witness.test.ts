import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bandsOf } from '#src/commands/flow-band';
import { plantOf } from '#src/commands/parts';
import {
  contextOf,
  recallWitness,
  WITNESS_UNKNOWN,
  type WitnessEvent,
} from '#src/commands/witness';
import type { Witness } from '#src/contracts/actuator';
import { runs } from '../support/random.ts';
import { FLOW_WITNESS, NOW, partOf, standing, stateOf } from './plant-scene.ts';
import { at, change, seen, tell, time, words } from './witness-scene.ts';

const start = change('start', 0);
const quiet = seen(-30, 0);

describe('a start', () => {
  test.each<[string, WitnessEvent[], string[]]>([
    ['shows', [quiet, start, seen(60, 19)], ['start effective']],
    [
      'shows late, and nothing spoke against it',
      [quiet, start, seen(400, 19)],
      ['start effective'],
    ],
    ['fills first', [quiet, start, seen(30, 2), seen(179, 5), seen(185, 19)], ['start effective']],
    ['shows nothing', [quiet, start, seen(60, 0), seen(179, 0)], ['start pending']],
    ['shows nothing when due', [quiet, start, seen(60, 0), seen(180, 0)], ['start contradicted']],
    ['shows too little', [quiet, start, seen(240, 5.9)], ['start contradicted']],
    ['shows the least', [quiet, start, seen(240, 6)], ['start effective']],
    ['shows the most', [quiet, start, seen(240, 26)], ['start effective']],
    ['shows too much', [quiet, start, seen(240, 26.1)], ['start contradicted']],
    ['is not seen', [quiet, start, time(359)], ['start pending']],
    ['is not seen in time', [quiet, start, time(360)], ['start unproven']],
    [
      'is seen by a bad clock only',
      [
        quiet,
        start,
        seen(60, 19, { quality: 'clock' }),
        seen(240, 0, { quality: 'clock' }),
        time(360),
      ],
      ['start unproven'],
    ],
    [
      'is seen as no number',
      [quiet, start, seen(60, Number.NaN), seen(240, Infinity), time(360)],
      ['start unproven'],
    ],
    [
      'ends before it shows',
      [quiet, start, seen(30, 0), change('stop', 40)],
      ['start unproven', 'stop pending'],
    ],
    [
      'shows although its meter speaks often, and in the second before the word came',
      [
        ...[seen(-10, 19), change('stop', -6), seen(-4, 0), seen(-1, 0)],
        ...[{ ...start, sentAt: at(-0.5) }, seen(-0.2, 19, { receivedSeconds: 1 }), seen(60, 19)],
      ],
      ['stop effective', 'start effective'],
    ],
    [
      'shows nothing once it may be over by itself',
      [quiet, { ...start, mayEndAt: at(200) }, seen(240, 0), time(360)],
      ['start unproven'],
    ],
    [
      'is told twice',
      [quiet, start, seen(60, 19), start, seen(120, 19), seen(240, 19)],
      ['start effective'],
    ],
    [
      'shows something else once it has settled',
      [quiet, start, seen(60, 19), seen(120, 40), seen(240, 40), seen(300, 40)],
      ['start effective', 'start contradicted'],
    ],
    [
      'shows it when it has settled, and is not looked at any more',
      [quiet, start, seen(60, 19), seen(240, 19), seen(300, 40)],
      ['start effective'],
    ],
    [
      'is told twice while pending',
      [quiet, start, { ...start, at: at(100) }, seen(180, 0)],
      ['start contradicted'],
    ],
  ])('%s', (_, events, expected) => {
    expect(words(events)).toEqual(expected);
  });

  test('with its proof', () => {
    const { verdicts } = tell([quiet, start, seen(60, 19, { receivedSeconds: 61 })]);
    expect(verdicts[0]).toEqual({
      command: 'start at 0',
      cause: 'start',
      to: 'on',
      state: 'effective',
      proof: {
        device: 'v1',
        metric: 'flow_rate',
        value: 19,
        at: at(60),
        expected: { min: 6, max: 26 },
      },
      note: expect.any(String),
    });
  });

  test('nothing proves it without a witness', () => {
    expect(words([{ ...start, witness: null }])).toEqual(['start unproven']);
    const stop = change('stop', 60, { witness: null });
    expect(words([start, stop])).toEqual(['start unproven', 'stop unproven']);
  });
});

describe('a start that its device never answered', () => {
  const unheard = change('start', 0, { isUnheard: true });
  test.each<[string, WitnessEvent[], string[]]>([
    ['is seen coming', [quiet, unheard, seen(60, 19)], ['start effective']],
    ['was never seen at rest', [unheard, seen(60, 19), seen(240, 19)], ['start pending']],
    ['flowed before', [seen(-30, 19), unheard, seen(60, 19), time(360)], ['start unproven']],
    ['drains another run', [seen(-30, 9), unheard, seen(60, 19), time(360)], ['start unproven']],
    [
      'comes after another run has drained',
      [seen(-30, 9), unheard, seen(60, 0), seen(120, 19)],
      ['start effective'],
    ],
    ['never comes', [quiet, unheard, seen(240, 0)], ['start contradicted']],
    ['trickles: neither', [quiet, unheard, seen(240, 3), time(360)], ['start unproven']],
    [
      'rests when it may be over already',
      [quiet, { ...unheard, mayEndAt: at(200) }, seen(240, 0), time(360)],
      ['start unproven'],
    ],
    [
      'is answered after all: from then on it counts',
      [quiet, { ...unheard, at: at(0), latestAt: at(100) }, change('start', 0), seen(181, 0)],
      ['start unproven', 'start contradicted'],
    ],
    [
      'flowed before by a word that comes late',
      [seen(-90, 0), unheard, seen(-10, 19, { receivedSeconds: 5 }), seen(60, 19), time(360)],
      ['start unproven'],
    ],
  ])('%s', (_, events, expected) => {
    expect(words(events)).toEqual(expected);
  });
});

test('a meter that said 0 before a run of which it said nothing proves no stop', () => {
  const events = [quiet, start, change('stop', 300), seen(330, 0), seen(500, 0), time(900)];
  expect(words(events)).toEqual(['start unproven', 'stop unproven']);
  const alive = [seen(-30, 5), start, change('stop', 300), seen(330, 0)];
  expect(words(alive)).toEqual(['start unproven', 'stop effective']);
});

describe('a stop', () => {
  const run = [quiet, start, seen(60, 20)];
  const stop = change('stop', 600);
  test.each<[string, WitnessEvent[], string[]]>([
    ['drains', [stop, seen(630, 9), seen(690, 0.2)], ['stop effective']],
    ['does not', [stop, seen(630, 20), seen(779, 20)], ['stop pending']],
    ['does not when due', [stop, seen(630, 20), seen(780, 20)], ['stop contradicted']],
    ['drips when due', [stop, seen(780, 0.3)], ['stop contradicted']],
    [
      'flaps at the edge before it is due',
      [stop, seen(630, 0.3), seen(640, 0.4), seen(650, 0.3)],
      ['stop pending'],
    ],
    ['flaps to rest', [stop, seen(630, 0.3), seen(640, 0.1), seen(650, 0.3)], ['stop effective']],
    [
      'flaps past it',
      [stop, seen(770, 0.3), seen(790, 0.3), seen(800, 0.1)],
      ['stop contradicted'],
    ],
    ['of a lease by itself', [change('lease-end', 600), seen(780, 20)], ['lease-end contradicted']],
    ['is silent', [stop, time(960)], ['stop unproven']],
  ])('%s', (_, events, expected) => {
    expect(words([...run, ...events])).toEqual(['start effective', ...expected]);
  });
});

describe('what is no evidence', () => {
  test('what was observed before the change and arrives after it', () => {
    const late = (seconds: number, value: number) => seen(seconds, value, { receivedSeconds: 20 });
    const before = [seen(-300, 20), change('stop', -290), seen(-200, 0)];
    const events = [...before, start, late(-190, 20), late(-10, 20), late(0, 20)];
    expect(words(events)).toEqual(['stop effective', 'start pending']);
    expect(words([...events, seen(30, 20)])).toEqual(['stop effective', 'start pending']);
  });

  test('an older word that comes after a newer one', () => {
    const older = seen(50, 20, { receivedSeconds: 71 });
    expect(words([quiet, start, seen(70, 1), older])).toEqual(['start pending']);
    expect(words([quiet, start, seen(200, 0), older])).toEqual(['start contradicted']);
  });

  test('a clock that runs ahead is moved back', () => {
    const fast = (seconds: number, value: number) =>
      seen(seconds + 120, value, { receivedSeconds: seconds });
    // Its words of before the change claim to be of after it; so does one that took two minutes.
    const delayed = seen(110, 20, { receivedSeconds: 119 });
    const early = [fast(-600, 20), change('stop', -500), fast(-400, 0), start];
    expect(words([...early, fast(-20, 20), delayed])).toEqual(['stop effective', 'start pending']);
    expect(words([...early, fast(170, 0)])).toEqual(['stop effective', 'start pending']);
    expect(words([...early, fast(181, 0)])).toEqual(['stop effective', 'start contradicted']);
  });

  test('one that is behind is waited for', () => {
    const slow = (seconds: number, value: number) =>
      seen(seconds - 300, value, { receivedSeconds: seconds });
    const events = [slow(-30, 0), start, slow(60, 0), slow(300, 0), time(360)];
    expect(words(events)).toEqual(['start pending']);
    expect(words([...events, slow(420, 0), slow(480, 0)])).toEqual(['start contradicted']);
    expect(words([...events, slow(310, 0), time(661)])).toEqual(['start unproven']);
    // A log of last week that is emptied meanwhile does not keep it waiting for a week.
    const log = seen(-600_000, 0, { receivedSeconds: 10 });
    expect(words([start, log, time(360 + 900)])).toEqual(['start unproven']);
  });

  test('a meter that is dead proves no closed valve', () => {
    const dead = (seconds: number) => seen(seconds, 0);
    const events = [dead(-30), start, dead(60), dead(200), change('stop', 210), dead(260)];
    expect(words([...events, time(900)])).toEqual(['start contradicted', 'stop unproven']);
    // Told again it proves no more.
    const again = [...events, change('stop', 300), dead(400), time(900)];
    expect(words(again)).toEqual(['start contradicted', 'stop unproven', 'stop unproven']);
    // It lives: it is believed again.
    const alive = [...events, seen(280, 3), seen(300, 0)];
    expect(words(alive)).toEqual(['start contradicted', 'stop effective']);
  });

  test('a meter that froze proves no open valve', () => {
    const frozen = [seen(-300, 20), change('stop', -200), seen(-100, 20)];
    expect(words([...frozen, start, seen(60, 20), time(900)])).toEqual([
      'stop unproven',
      'start unproven',
    ]);
  });

  test('an extension of what was seen to run needs no new rise', () => {
    const run = [quiet, start, seen(60, 20), change('start', 300), seen(360, 20)];
    expect(words(run)).toEqual(['start effective', 'start effective']);
  });

  test('the first stop of what is at rest', () => {
    expect(words([quiet, change('stop', 0), seen(30, 0)])).toEqual(['stop effective']);
  });

  test('after a restart it must be seen to move', () => {
    const recalled = { ...start, isRecalled: true };
    expect(words([recalled, seen(60, 20), time(900)])).toEqual(['start unproven']);
    expect(words([recalled, seen(60, 0), seen(90, 20)])).toEqual(['start effective']);
    expect(words([recalled, seen(60, 0), seen(190, 0)])).toEqual(['start contradicted']);
    const memory = recallWitness({ ...stateOf('v1'), position: 'on', since: at(-100) });
    expect(words([seen(-10, 20), change('stop', 0), seen(60, 0)], memory)).toEqual([
      'stop effective',
    ]);
    expect(words([seen(-10, 0), change('stop', 0), seen(60, 0)], memory)).toEqual(['stop pending']);
    expect(recallWitness(stateOf('v1', { position: 'unknown' }))).toEqual(WITNESS_UNKNOWN);
  });

  test('a lost acknowledgement: on as soon as it shows, off only when it can be late no more', () => {
    const lost = { ...start, latestAt: at(60) };
    expect(words([quiet, lost, seen(50, 20)])).toEqual(['start effective']);
    expect(words([quiet, lost, seen(200, 0)])).toEqual(['start pending']);
    expect(words([quiet, lost, seen(240, 0)])).toEqual(['start contradicted']);
  });
});

describe('others on the same water', () => {
  const busy = { aloneSince: null };
  const dry = { suppliedSince: null };
  test.each<[string, WitnessEvent[], string[]]>([
    ['their flow is not ours', [quiet, start, seen(60, 20, busy), time(360)], ['start unproven']],
    [
      'nor just after they closed',
      [quiet, start, seen(200, 20, { aloneSince: at(30) })],
      ['start pending'],
    ],
    [
      'it is ours later',
      [quiet, start, seen(210, 20, { aloneSince: at(30) })],
      ['start effective'],
    ],
    ['no flow at all is none of ours', [quiet, start, seen(200, 0, busy)], ['start contradicted']],
    [
      'a stop beside a run',
      [quiet, change('stop', 0), seen(200, 20, busy), time(360)],
      ['stop unproven'],
    ],
    [
      'none at all is ours closed too',
      [seen(-30, 20), change('stop', 0), seen(60, 0, busy)],
      ['stop effective'],
    ],
    [
      'no pump, no proof of a closed valve',
      [seen(-30, 20), change('stop', 0), seen(60, 0, dry), time(360)],
      ['stop unproven'],
    ],
    ['nor of a stuck one', [quiet, start, seen(200, 0, dry), time(360)], ['start unproven']],
    [
      'a pump that has just begun',
      [quiet, start, seen(200, 0, { suppliedSince: at(100) })],
      ['start pending'],
    ],
    [
      'a pump that has run',
      [quiet, start, seen(280, 0, { suppliedSince: at(100) })],
      ['start contradicted'],
    ],
    ['water without a pump', [quiet, change('stop', 0), seen(200, 20, dry)], ['stop contradicted']],
  ])('%s', (_, events, expected) => {
    expect(words(events)).toEqual(expected);
  });

  test('as the plant is', () => {
    const shared = { witness: { ...FLOW_WITNESS, device: 'm' } };
    const hour = NOW - 3_600_000;
    const pump = (position: 'on' | 'off') => standing('p1', position, { ...shared, role: 'pump' });
    const v1 = standing('v1', 'off', { ...shared, supply: 'p1' });
    const v2 = (state: object) => partOf('v2', { ...shared, supply: 'p1' }, state);
    const context = (...others: ReturnType<typeof partOf>[]) =>
      contextOf(plantOf([v1, ...others]), 'v1');
    expect(context(pump('on'))).toEqual({ aloneSince: 0, suppliedSince: hour });
    expect(context(pump('off'))).toEqual({ aloneSince: 0, suppliedSince: null });
    expect(context()).toEqual({ aloneSince: 0, suppliedSince: null });
    expect(context(pump('on'), v2({ since: 5 })).aloneSince).toBe(5);
    expect(context(pump('on'), v2({ position: 'on' })).aloneSince).toBe(null);
    expect(context(pump('on'), v2({ position: 'unknown', sequence: 1 })).aloneSince).toBe(null);
    const starting = [{ command: 'c', owner: 'ann' }];
    expect(context(pump('on'), v2({ starting })).aloneSince).toBe(null);
    const own = (state: object) => partOf('v1', { ...shared, supply: 'p1' }, state);
    expect(contextOf(plantOf([own({ starting })]), 'v1').aloneSince).toBe(null);
    expect(contextOf(plantOf([own({ starting, position: 'on' })]), 'v1').aloneSince).toBe(0);
    const waiting = [{ command: 'c', owner: 'ann', isWaiting: true }];
    expect(contextOf(plantOf([own({ starting: waiting })]), 'v1').aloneSince).toBe(0);
    // Another meter is another water.
    expect(context(pump('on'), standing('v2', 'on', { supply: 'p1' })).aloneSince).toBe(0);
    const inlet = standing('i1', 'off', { role: 'inlet' });
    const chain = plantOf([v1, inlet, partOf('p1', { supply: 'i1' }, { position: 'on' })]);
    expect(contextOf(chain, 'v1').suppliedSince).toBe(null);
    expect(contextOf(plantOf([standing('v1', 'off')]), 'v1')).toEqual({
      aloneSince: 0,
      suppliedSince: 0,
    });
  });
});

describe('bands', () => {
  const declared = bandsOf(FLOW_WITNESS, [], 20);
  const learned = bandsOf(FLOW_WITNESS, [10, 10, 10, 10, 10], null);
  test('learned, declared, or any clear difference from rest', () => {
    expect(declared).toEqual({ on: { min: 6, max: 26 }, off: FLOW_WITNESS.off, from: 'declared' });
    expect(learned).toEqual({ on: { min: 3, max: 13 }, off: FLOW_WITNESS.off, from: 'learned' });
    expect(bandsOf(FLOW_WITNESS, [10, 10], null).on).toEqual({ min: 0.4, max: null });
    expect(bandsOf({ ...FLOW_WITNESS, off: { min: null, max: 0 } }, [], null).on.min).toBe(0.1);
    // Runs that drifted from what was declared do not move the band.
    expect(bandsOf(FLOW_WITNESS, [10, 10, 10, 10, 10], 20)).toEqual(declared);
    // Nonsense teaches nothing.
    expect(bandsOf(FLOW_WITNESS, [Number.NaN, -1, Infinity, 10, 10], null).from).toBe('none');
    const on = { min: 2, max: null };
    expect(bandsOf({ ...FLOW_WITNESS, on }, [10, 10, 10, 10, 10], 20)).toEqual({
      ...{ on, off: FLOW_WITNESS.off, from: 'given' },
    });
  });

  test('an unlearned valve is proved by what is no rest', () => {
    const unlearned = { ...start, nominalFlow: null };
    expect(words([quiet, unlearned, seen(60, 0.4)])).toEqual(['start effective']);
    expect(words([quiet, unlearned, seen(200, 0.39)])).toEqual(['start contradicted']);
  });
});

describe('a slope', () => {
  const witness: Witness = {
    device: 'o2',
    metric: 'oxygen',
    view: 'slope',
    on: { min: 0.2, max: null },
    off: { min: null, max: 0 },
    withinSeconds: 1800,
  };
  const aerate = change('start', 0, { witness, intervalSeconds: 300, nominalFlow: null });
  /** Samples each five minutes; falling by 0.3 mg/L in an hour, and changing so much from `from` on. */
  const curve = (from: number, perHour: number, to: number): WitnessEvent[] => {
    const events: WitnessEvent[] = [];
    for (let second = -3600; second <= to; second += 300) {
      const value =
        5 - (0.3 * Math.min(second, from)) / 3600 + (perHour * Math.max(0, second - from)) / 3600;
      events.push(seen(second, value));
      if (second === 0) events.push(aerate);
    }
    return events;
  };

  test('over ten minutes at least, the sample before the change may begin it', () => {
    expect(words(curve(0, 0.6, 300))).toEqual(['start pending']);
    expect(words(curve(0, 0.6, 600))).toEqual(['start effective']);
    expect(tell(curve(0, 0.6, 600)).verdicts[0]?.proof?.value).toBeCloseTo(0.6);
  });

  test('a contradiction is of the time after it alone, and not before it is due', () => {
    expect(words(curve(1e9, 0, 1500))).toEqual(['start pending']);
    expect(words(curve(1e9, 0, 1800))).toEqual(['start contradicted']);
    // Rises late: a slope that begins in the fall is none of now.
    expect(words(curve(1200, 0.6, 1800))).toEqual(['start effective']);
  });

  test('a rise of the morning proves no aerator', () => {
    const morning: WitnessEvent[] = [];
    for (let second = -3600; second <= 3000; second += 300) {
      morning.push(seen(second, 5 + (0.5 * second) / 3600));
      if (second === 0) morning.push(aerate);
    }
    expect(words([...morning, time(7200)])).toEqual(['start unproven']);
  });

  test('what is mostly of before proves nothing, and what is partly of before contradicts nothing', () => {
    const leap = [seen(-1500, 5), seen(-900, 4.9), aerate, seen(60, 5.2)];
    expect(words(leap)).toEqual(['start pending']);
    const gap = [seen(-1200, 5.1), seen(-600, 5), aerate, seen(1800, 5.05)];
    expect(words(gap)).toEqual(['start pending']);
    expect(words([...gap, seen(2400, 5.05)])).toEqual(['start contradicted']);
  });

  test('two samples far apart are no slope, and dense ones are not kept', () => {
    expect(words([seen(-9000, 4), aerate, seen(60, 9), seen(120, 9.1)])).toEqual(['start pending']);
    const dense = Array.from({ length: 3600 }, (_, second) => seen(second + 1, 5));
    expect(tell([aerate, ...dense]).memory.samples.length).toBeLessThan(40);
  });
});

test('every sample twice is every sample once, and no event makes it throw', () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, Infinity, -1));
  const since = fc.option(fc.integer({ min: 0, max: 2000 }).map(at));
  const sample = fc
    .record({
      second: fc.integer({ min: -500, max: 2000 }),
      delay: fc.nat(300),
      value: fc.oneof(fc.constantFrom(0, 0.2, 6, 20, 27), number),
      aloneSince: since,
      suppliedSince: since,
      quality: fc.constantFrom('good' as const, 'clock' as const),
    })
    .map(({ second, delay, value, ...rest }) =>
      seen(second, value, { ...rest, receivedSeconds: second + delay }),
    );
  const event = fc.oneof(
    { weight: 6, arbitrary: sample },
    {
      weight: 2,
      arbitrary: fc
        .tuple(
          fc.constantFrom('start' as const, 'stop' as const, 'lease-end' as const),
          fc.integer({ min: -200, max: 1500 }),
        )
        .map(([cause, second]) => change(cause, second)),
    },
    { weight: 1, arbitrary: number.map((now) => ({ type: 'time' as const, now })) },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const once = tell(events);
      const twice = tell(
        events.flatMap((each): WitnessEvent[] => (each.type === 'time' ? [each] : [each, each])),
      );
      expect(twice.verdicts).toEqual(once.verdicts);
      // Every change ends exactly once, or is the one that is pending; a start that was proved
      // while its line filled may be contradicted once more.
      const changes = new Set(
        events.flatMap((each, index) =>
          each.type === 'change' && `${each.cause} ${each.command}` !== lastName(events, index)
            ? [index]
            : [],
        ),
      );
      const ends = once.verdicts.filter(
        ({ note }) => note !== 'the witness shows something else since',
      );
      expect(ends.length + (once.memory.watch === null ? 0 : 1)).toBe(changes.size);
      expect(once.verdicts.length - ends.length).toBeLessThanOrEqual(
        ends.filter(({ cause, state }) => cause === 'start' && state === 'effective').length,
      );
    }),
    runs(500),
  );
});

function lastName(events: readonly WitnessEvent[], before: number): string | null {
  const last = events.slice(0, before).findLast((each) => each.type === 'change');
  return last?.type === 'change' ? `${last.cause} ${last.command}` : null;
}
