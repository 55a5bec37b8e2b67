import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type LeaseCommand,
  type LeaseEvent,
  type LeaseSettings,
  type LeaseState,
  type LeaseStep,
  NEW_DEVICE,
  positionOf,
  stepLease,
} from '#simulators/controllers/lease';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const CLOCK = Date.UTC(2026, 10, 22, 5) / 1000;
const TRAVEL = 3;
const CAP = 600;
const valve: LeaseSettings = {
  on: 'open',
  off: 'close',
  capSeconds: CAP,
  travelSeconds: TRAVEL,
  safe: 'off',
};
const at = (seconds: number): string => new Date((CLOCK + seconds) * 1000).toISOString();

/** A good start of number 11, changed. */
function command(change: Partial<LeaseCommand> = {}): LeaseEvent {
  const start = { id: 'new', action: 'open', maxSeconds: 60, notAfter: at(60), sequence: 11 };
  return { type: 'command', command: { ...start, ...change } };
}

function after(events: readonly LeaseEvent[], from: LeaseState = NEW_DEVICE): LeaseState {
  return events.reduce((state, event) => stepLease(state, event, valve).state, from);
}

const tick = (seconds: number): LeaseEvent => ({ type: 'tick', seconds });
/** The states of the guide's columns; the newest number is 10. */
const off = after([
  { type: 'boot', clock: CLOCK },
  command({ id: 'old', action: 'close', sequence: 10 }),
]);
const starting = after(
  [command({ id: 'run', sequence: 10 })],
  after([{ type: 'boot', clock: CLOCK }, command({ id: 'old', action: 'close', sequence: 9 })]),
);
const on = after([tick(1), tick(1), tick(1)], starting);
const COLUMNS = { off, starting, on } as const;

/** What makes each event of the guide's table, from the state it happens in. */
const EVENTS: Record<string, (state: LeaseState) => { event: LeaseEvent; state?: LeaseState }> = {
  copy: () => ({ event: command({ id: 'old' }) }),
  unknown: () => ({ event: command({ action: 'flush' }) }),
  stop: () => ({ event: command({ action: 'close' }) }),
  'stop-older': () => ({ event: { type: 'command', command: { id: 'new', action: 'close' } } }),
  'stop-older-aerator': () => ({ event: command({ action: 'close', sequence: 10 }) }),
  'start-unreadable': () => ({ event: command({ notAfter: undefined }) }),
  'start-no-lease': () => ({ event: command({ maxSeconds: undefined }) }),
  'start-older': () => ({ event: command({ sequence: 10 }) }),
  'start-no-clock': (state) => ({ event: command(), state: { ...state, clock: null } }),
  'start-too-late': () => ({ event: command({ notAfter: at(-1) }) }),
  'start-clock-wrong': () => ({ event: command({ notAfter: at(9 * 86_400) }) }),
  start: () => ({ event: command() }),
  second: () => ({ event: tick(1) }),
  arrived: (state) => ({ event: tick(1), state: { ...state, travelSeconds: 1 } }),
  over: (state) => ({ event: tick(1), state: { ...state, leftSeconds: 1 } }),
  clock: () => ({ event: { type: 'clock', clock: CLOCK + 99 } }),
  boot: () => ({ event: { type: 'boot', clock: null } }),
};

/** The table of the guide: rows by event, cells by column. */
function guideTable(): Array<Record<string, string>> {
  const text = readFileSync(new URL('../../docs/device-guide.md', import.meta.url), 'utf8');
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith('| event | what | off |'));
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const names = cells(lines[head] ?? '');
  const rows: Array<Record<string, string>> = [];
  for (let place = head + 2; lines[place]?.startsWith('|'); place++) {
    const row = cells(lines[place] ?? '').map((cell, column) => [names[column], cell]);
    rows.push(Object.fromEntries(row));
  }
  return rows;
}

/** What a step answered, in the words of the table. */
function told({ answers }: LeaseStep, before: LeaseState): string {
  if (answers.length === 0) return 'nothing';
  const same = before.answers.find(({ id }) => id === answers[0]?.id);
  if (answers.length === 1 && answers[0] === same) return 'the same again';
  return answers
    .map(({ id, state, reason }) => {
      const whose = id === 'run' ? 'run ' : '';
      return `${whose}${state}${reason === undefined ? '' : ` ${reason}`}`;
    })
    .join(', ');
}

describe('the state table of the device guide', () => {
  const rows = guideTable();

  test('has every event and no other', () => {
    const events = rows.map((row) => row['event']?.replaceAll('`', ''));
    expect(events).toEqual(Object.keys(EVENTS));
  });

  const cells = rows.flatMap((row) =>
    (['off', 'starting', 'on'] as const).map((column) => ({
      event: (row['event'] ?? '').replaceAll('`', ''),
      column,
      cell: row[column] ?? '',
      number: row['number'] ?? '',
    })),
  );
  test.each(cells.filter(({ cell }) => cell !== '–'))('$event while $column: $cell', (entry) => {
    const make = EVENTS[entry.event];
    if (make === undefined) throw new Error(`no event ${entry.event}`);
    const column = COLUMNS[entry.column];
    const { event, state = column } = make(column);
    const safe = entry.event.endsWith('-aerator') ? 'on' : 'off';
    const step = stepLease(state, event, { ...valve, safe });
    expect(`${step.state.phase}; ${told(step, state)}`).toBe(entry.cell);
    expect(step.state.sequence).toBe(entry.number === 'taken' ? 11 : 10);
    // Whatever was answered is answered again.
    for (const answer of step.answers) {
      expect(step.state.answers.find(({ id }) => id === answer.id)).toEqual(answer);
    }
  });

  test('says the reasons that the machine has', () => {
    const text = readFileSync(new URL('../../docs/device-guide.md', import.meta.url), 'utf8');
    const source = readFileSync(
      new URL('../../simulators/controllers/lease.ts', import.meta.url),
      'utf8',
    );
    const type = source.slice(source.indexOf('export type LeaseReason'));
    const reasons = [...type.slice(0, type.indexOf(';')).matchAll(/'([a-z-]+)'/g)];
    expect(reasons.length).toBe(11);
    for (const [, reason] of reasons)
      expect(text).toMatch(new RegExp(`^\\| \`${reason}\` \\|`, 'm'));
  });
});

describe('a lease', () => {
  test('is the shorter of what is asked and the cap, and the answer says which', () => {
    const { state, answers } = stepLease(off, command({ maxSeconds: CAP + 1 }), valve);
    expect(answers).toEqual([{ id: 'new', state: 'accepted', grantedSeconds: CAP }]);
    expect(state.leftSeconds).toBe(CAP);
    expect(stepLease(off, command({ maxSeconds: 30 }), valve).state.leftSeconds).toBe(30);
  });

  test('begins up to its last second and not in it', () => {
    const begun = (notAfter: string): string =>
      stepLease(off, command({ notAfter }), valve).state.phase;
    expect(begun(at(1))).toBe('starting');
    expect(begun(new Date((CLOCK + 1) * 1000 - 1).toISOString())).toBe('off');
  });

  test.each([0, -5, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'is not granted for %d seconds',
    (maxSeconds) => {
      const { answers } = stepLease(off, command({ maxSeconds }), valve);
      expect(answers).toEqual([{ id: 'new', state: 'refused', reason: 'no-lease' }]);
    },
  );
});

/** Commands in about their order: copies and old ones are common, and each id has one number. */
const anyOrder = fc.record({
  back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 12 })),
  action: fc.constantFrom('open', 'open', 'open', 'open', 'close', 'flush'),
  maxSeconds: fc.option(fc.integer({ min: -20, max: 900 }), { nil: undefined, freq: 20 }),
  ahead: fc.integer({ min: -20, max: 60 }),
  isNumbered: fc.boolean(),
});
const anyEvent = fc.oneof(
  { weight: 4, arbitrary: anyOrder.map((made) => ({ type: 'order', ...made }) as const) },
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 200 }).map((seconds) => tick(seconds)) },
  { weight: 1, arbitrary: fc.boolean().map((keeps) => ({ type: 'power', keeps }) as const) },
  { weight: 1, arbitrary: fc.constant({ type: 'set' } as const) },
);

interface Watch {
  now: number;
  begun: Map<string, number>;
  /** Seconds on since the newest begin, and what was granted then. */
  onFor: number;
  granted: number;
}

/** One event of the property, and what must hold after it. */
function follow(state: LeaseState, event: LeaseEvent, watch: Watch): LeaseState {
  const step = stepLease(state, event, valve);
  const next = step.state;
  if (event.type === 'tick' && positionOf(next) === 'on') watch.onFor += event.seconds;
  if (next.run !== null && next.run !== state.run) {
    watch.begun.set(next.run, (watch.begun.get(next.run) ?? 0) + 1);
    if (event.type !== 'command') throw new Error('began without a command');
    const { id, notAfter = '', action } = event.command;
    expect([action, id]).toEqual(['open', next.run]);
    expect(Date.parse(notAfter)).toBeGreaterThanOrEqual(watch.now * 1000);
    watch.onFor = 0;
    watch.granted = next.grantedSeconds;
    expect(watch.granted).toBeLessThanOrEqual(CAP);
  }
  expect(next.sequence).toBeGreaterThanOrEqual(state.sequence);
  expect(positionOf(next) === 'on').toBe(next.run !== null);
  if (positionOf(next) === 'on') expect(watch.onFor).toBeLessThan(watch.granted);
  if (event.type === 'boot') expect(positionOf(next)).toBe('off');
  if (event.type === 'command' && event.command.action === 'close') {
    const isCopy = state.answers.some(({ id }) => id === event.command.id);
    expect(isCopy || positionOf(next) === 'off').toBe(true);
  }
  // A run that is over was told to be over.
  if (state.run !== null && next.run !== state.run) {
    const last = step.answers.find(({ id }) => id === state.run);
    expect(['done', 'failed']).toContain(last?.state);
  }
  return next;
}

test(`whatever comes, a lease ends, begins in time and begins once (SEED=${seed})`, () => {
  let begun = 0;
  const property = fc.property(fc.array(anyEvent, { minLength: 30, maxLength: 60 }), (events) => {
    const watch: Watch = { now: CLOCK, begun: new Map(), onFor: 0, granted: 0 };
    let state = follow(NEW_DEVICE, { type: 'boot', clock: CLOCK }, watch);
    let number = 0;
    for (const event of events) {
      if (event.type === 'order') {
        const { back, action, maxSeconds, ahead, isNumbered } = event;
        const sequence = Math.max(1, ++number - back);
        const command = {
          id: String(sequence),
          action,
          maxSeconds,
          notAfter: new Date((watch.now + ahead) * 1000).toISOString(),
          sequence: isNumbered || action === 'open' ? sequence : undefined,
        };
        state = follow(state, { type: 'command', command }, watch);
      } else if (event.type === 'tick') {
        watch.now += event.seconds;
        state = follow(state, event, watch);
      } else if (event.type === 'power') {
        const clock = event.keeps ? watch.now : null;
        state = follow(state, { type: 'boot', clock }, watch);
      } else state = follow(state, { type: 'clock', clock: watch.now }, watch);
    }
    for (const count of watch.begun.values()) expect(count).toBe(1);
    begun += watch.begun.size;
  });
  fc.assert(property, { seed, numRuns: 500 });
  expect(begun).toBeGreaterThan(1_500);
});
