import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Verdict, WitnessEvent } from '#src/commands/witness';
import { createRandom, runs } from '../support/random.ts';
import { change, seen, tell, time } from './witness-scene.ts';

const NOMINAL = 20;
const WITHIN = 180;
const FAULTS = ['none', 'stuck', 'dead-meter', 'frozen-meter', 'clogged'] as const;

interface Story {
  fault: (typeof FAULTS)[number];
  /** The command (0 the first start, 1 its stop …) from which on the fault is there. */
  faultFrom: number;
  interval: number;
  /** Seconds by which the witness's clock is fast; negative: slow. */
  lead: number;
  /** Shares of reports that are lost, held for a while, sent twice or dated by a bad clock. */
  lost: number;
  held: number;
  twice: number;
  undated: number;
  /** Seconds each command stands before the next. */
  stands: number[];
  seed: number;
}

const story = (share: fc.Arbitrary<number>) =>
  fc.record<Story>({
    fault: fc.constantFrom(...FAULTS),
    faultFrom: fc.nat(5),
    interval: fc.integer({ min: 10, max: 300 }),
    lead: fc.integer({ min: -200, max: 280 }),
    lost: share,
    held: share,
    twice: share,
    undated: share,
    stands: fc.array(fc.integer({ min: 5, max: 1500 }), { minLength: 2, maxLength: 6 }),
    seed: fc.nat(),
  });

/** What truly is, second by second, and what is heard of it. */
function play({ fault, faultFrom, ...story }: Story) {
  const random = createRandom(story.seed);
  const commands: Array<{ at: number; isStart: boolean; isOn: boolean }> = [];
  let second = 1000;
  let isOn = false;
  for (const [index, stands] of story.stands.entries()) {
    const isStart = index % 2 === 0;
    // A part that is stuck from this command on stays where it was.
    if (!(fault === 'stuck' && index >= faultFrom)) isOn = isStart;
    commands.push({ at: second, isStart, isOn });
    second += stands;
  }
  const end = second + 2000;
  const faultAt = commands[faultFrom]?.at ?? Number.POSITIVE_INFINITY;

  const meter: number[] = [];
  const isOnAt: boolean[] = [];
  let flow = 0;
  for (let now = 0; now < end; now++) {
    const driven = commands.findLast((each) => each.at <= now)?.isOn ?? false;
    isOnAt.push(driven);
    flow = driven ? Math.min(NOMINAL, flow + NOMINAL / 40) : Math.max(0, flow - NOMINAL / 60);
    const isFaulty = now >= faultAt;
    const passed = isFaulty && fault === 'clogged' ? flow * 0.2 : flow;
    const shown = Math.round(passed * (0.98 + 0.04 * random()) * 10) / 10;
    if (isFaulty && fault === 'dead-meter') meter.push(0);
    else if (isFaulty && fault === 'frozen-meter') meter.push(meter.at(-1) ?? 0);
    else meter.push(shown);
  }

  const heard: Array<{ receivedSeconds: number; event: WitnessEvent }> = [];
  let free = 0;
  for (let now = 5; now < end; now += story.interval * (0.9 + 0.2 * random())) {
    const whole = Math.floor(now);
    // The first words of a device that has just connected are live: they show its clock.
    const isFirst = now < 900;
    if (!isFirst && random() < story.lost) continue;
    if (!isFirst && random() < story.held) free = Math.max(free, now + 400 * random());
    // One connection keeps its order: what comes behind held words waits as well.
    free = Math.max(free, now + 0.2 + random());
    const quality = random() < story.undated ? ('clock' as const) : ('good' as const);
    const observed = quality === 'clock' ? free : now + story.lead;
    // A start that was sent: whoever feeds the samples knows that its flow may have begun.
    const isSent = commands.some((each) => each.isStart && Math.abs(each.at + 0.5 - free) < 1.5);
    const aloneSince = isSent ? null : 0;
    const event = seen(observed, meter[whole] ?? 0, { receivedSeconds: free, quality, aloneSince });
    heard.push({ receivedSeconds: free, event });
    if (random() < story.twice) heard.push({ receivedSeconds: free + 60 * random(), event });
  }
  for (const [index, { at: second, isStart }] of commands.entries()) {
    // The device's word that it changed comes a moment after it did.
    const told = second + 0.5 + random();
    const name = { command: String(index), intervalSeconds: story.interval };
    heard.push({ receivedSeconds: told, event: change(isStart ? 'start' : 'stop', told, name) });
  }
  for (let now = 0; now < end; now += 30) heard.push({ receivedSeconds: now, event: time(now) });
  heard.sort((a, b) => a.receivedSeconds - b.receivedSeconds);
  return { commands, isOnAt, end, events: heard };
}

/** Each verdict with the second it was given. */
function verdictsOf(events: ReturnType<typeof play>['events']) {
  const found: Array<Verdict & { second: number }> = [];
  let memory = tell([]).memory;
  for (const { event, receivedSeconds } of events) {
    const step = tell([event], memory);
    memory = step.memory;
    found.push(...step.verdicts.map((each) => ({ ...each, second: receivedSeconds })));
  }
  return found;
}

describe('against what truly was', () => {
  test('no verdict lies, whatever is lost, late, twice, undated or dated by a wrong clock', () => {
    let effective = 0;
    fc.assert(
      fc.property(story(fc.constantFrom(0, 0.1, 0.3)), (told) => {
        const { commands, isOnAt, events } = play(told);
        for (const { command, to, state, second } of verdictsOf(events)) {
          const { at: from } = commands[Number(command)] ?? { at: 0 };
          if (state === 'effective') {
            effective++;
            expect(isOnAt[Math.floor(from + 1)]).toBe(to === 'on');
            const isClogged = told.fault === 'clogged' && Number(command) >= told.faultFrom;
            expect(isClogged && to === 'on').toBe(false);
          }
          if (state === 'contradicted') {
            expect(second).toBeGreaterThanOrEqual(from + WITHIN);
            // Nothing is contradicted before its fault is there.
            expect(Number(command)).toBeGreaterThanOrEqual(
              told.fault === 'none' ? 99 : told.faultFrom,
            );
          }
        }
      }),
      runs(1_500),
    );
    expect(effective).toBeGreaterThan(100);
  });

  test('every contradiction is found within the time of the witness and one report', () => {
    let contradictions = 0;
    fc.assert(
      fc.property(story(fc.constant(0)), (told) => {
        const { commands, isOnAt, events, end } = play(told);
        const verdicts = verdictsOf(events);
        commands.forEach(({ at: from, isStart }, index) => {
          const isFaulty = index >= told.faultFrom;
          const isStuck = isOnAt[from + 1] !== isStart;
          const shows = {
            none: true,
            stuck: !isStuck,
            clogged: !isStart,
            'dead-meter': !isStart,
            // It shows for ever what it showed at its first faulty command.
            'frozen-meter': (told.faultFrom % 2 === 0) !== isStart,
          }[told.fault];
          if (!isFaulty || shows) return;
          const behind = Math.max(0, -told.lead);
          const latest = from + 2 + WITHIN + told.interval * 1.1 + behind + 2;
          if (Math.min(end, commands[index + 1]?.at ?? end) <= latest) return;
          // What was drained or filled only in part when its meter froze is no contradiction.
          if (told.fault === 'frozen-meter' && isMoving(commands, told.faultFrom)) return;
          const verdict = verdicts.find(({ command }) => command === String(index));
          expect(verdict?.state).toBe('contradicted');
          expect(verdict?.second).toBeLessThanOrEqual(latest);
          contradictions++;
        });
      }),
      runs(1_500),
    );
    expect(contradictions).toBeGreaterThan(100);
  });

  test('what is well and seen is said to be so', () => {
    fc.assert(
      fc.property(story(fc.constant(0)), (told) => {
        const { commands, events } = play({ ...told, fault: 'none' });
        const verdicts = verdictsOf(events);
        commands.forEach((_, index) => {
          const isLong =
            (told.stands[index] ?? 0) > 400 + told.interval * 1.1 &&
            (told.stands[index - 1] ?? 999) > 400 + told.interval * 1.1;
          if (!isLong || told.lead < -100) return;
          expect(verdicts.find(({ command }) => command === String(index))?.state).toBe(
            'effective',
          );
        });
      }),
      runs(500),
    );
  });
});

/** Whether the part changed so shortly before a command that the water was still on its way. */
function isMoving(commands: ReadonlyArray<{ at: number }>, index: number): boolean {
  const before = commands[index - 1]?.at ?? 0;
  return (commands[index]?.at ?? 0) - before < 70;
}
