import { describe, expect, test } from 'vitest';
import {
  CONTROLLER_FAULTS,
  type ControllerFault,
  drawFault,
  faultsOfController,
} from '#simulators/controllers/controller-faults';
import {
  advanceTogether,
  type ControllerMessage,
  ControllerModel,
  type ControllerModelOptions,
} from '#simulators/controllers/controller-model';
import { LiveBlock, LivePond, Surroundings } from '#simulators/controllers/surroundings';
import { createWorld } from '#simulators/worlds/world';
import { loadKinds } from '#src/ingest/kinds';
import { INTERLOCKS } from '#src/water/interlocks';

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Noon in Vietnam, half way between the block's own irrigations. */
const START = Date.UTC(2026, 10, 22, 5);
const world = createWorld(1);
const kinds = await loadKinds();
function kindWith(role: string): ControllerModelOptions['kind'] {
  const kind = [...kinds.values()].find(({ actuator }) => actuator?.role === role);
  if (kind === undefined) throw new Error(`no ${role}`);
  return kind;
}
const drip = kindWith('irrigation-valve');
const aerator = kindWith('aerator');
const at = (seconds: number): number => START + seconds * 1000;

let numbers = 0;
function order(change: Record<string, unknown> = {}): Record<string, unknown> {
  const sequence = ++numbers;
  const notAfter = new Date(at(86_400)).toISOString();
  return { id: `c${sequence}`, action: 'open', maxSeconds: 600, notAfter, sequence, ...change };
}

function valve(options: Partial<ControllerModelOptions> = {}, block = newBlock()): ControllerModel {
  return new ControllerModel({
    kind: drip,
    seed: 7,
    part: block.valve(),
    startAt: START,
    ...options,
  });
}

function newBlock(lines = 1): LiveBlock {
  return new LiveBlock(world, { seed: 7, lines });
}

interface Heard {
  acks: Array<{ at: number; state: string; reason?: string; grantedSeconds?: number }>;
  reports: Array<{ at: number; observedAt: number; values: Record<string, number> }>;
}

function heard(messages: readonly ControllerMessage[]): Heard {
  const all: Heard = { acks: [], reports: [] };
  for (const message of messages) {
    const second = (message.at - START) / 1000;
    if (message.topic === 'ack') {
      const { id: _, ...said } = message.acknowledgement;
      all.acks.push({ at: second, ...said });
    } else {
      const { observedAt, values } = message.report;
      all.reports.push({
        at: second,
        observedAt: (observedAt - START) / 1000,
        values: values as Record<string, number>,
      });
    }
  }
  return all;
}

/** A run of ten minutes that is ordered after ten seconds, heard for half an hour. */
function tenMinutes(faults: readonly ControllerFault[] = []): Heard & { model: ControllerModel } {
  const model = valve({ faults });
  model.advance(at(10));
  model.receive(order());
  model.advance(at(1800));
  return { model, ...heard(model.reports()) };
}

/** A metric by the report at, or the last one before, a second. */
function reading({ reports }: Heard, metric: string, second: number): number {
  return reports.findLast((report) => report.at <= second)?.values[metric] ?? Number.NaN;
}

const sound = tenMinutes();
const nominal = newBlock().settings.nominalLpm;

describe('a sound controller', () => {
  test('says what it does, and water follows', () => {
    expect(sound.acks).toEqual([
      { at: 10, state: 'accepted', grantedSeconds: 600 },
      { at: 11, state: 'running', grantedSeconds: 600 },
      { at: 610, state: 'done', reason: 'lease-over' },
    ]);
    expect(reading(sound, 'valve_open', 10)).toBe(1);
    expect(reading(sound, 'flow_rate', 10)).toBe(0);
    expect(reading(sound, 'flow_rate', 100)).toBeCloseTo(nominal, 0);
    expect(reading(sound, 'pressure', 100)).toBeGreaterThan(95);
    expect(reading(sound, 'valve_open', 610)).toBe(0);
    expect(reading(sound, 'flow_rate', 700)).toBe(0);
    expect(reading(sound, 'pressure', 700)).toBeLessThan(10);
    const metered = reading(sound, 'flow_total', 1800) - reading(sound, 'flow_total', 10);
    // Ten minutes, less what filling and plus what draining the line takes of full flow.
    expect(metered).toBeGreaterThan(9.9 * nominal);
    expect(metered).toBeLessThan(10.5 * nominal);
    const wetter = reading(sound, 'soil_moisture', 700) - reading(sound, 'soil_moisture', 10);
    expect(wetter).toBeGreaterThan(0.6);
    expect(reading(sound, 'tank_level', 700)).toBeLessThan(reading(sound, 'tank_level', 10));
  });

  test('dries between irrigations', () => {
    // In February it hardly rains.
    const startAt = Date.UTC(2026, 1, 1, 1);
    const model = valve({ startAt });
    model.advance(startAt + 6 * 3_600_000);
    const { reports } = heard(model.reports());
    const first = reports[0]?.values['soil_moisture'] ?? 0;
    expect(reports.at(-1)?.values['soil_moisture']).toBeLessThan(first - 1);
    expect(reports.length).toBe((6 * 3600) / drip.intervalSeconds);
  });

  test('asked late, a timeline answers what was', () => {
    const block = newBlock();
    const model = valve({}, block);
    const part = block.valve();
    model.receive(order({ maxSeconds: 100 }));
    model.advance(at(90));
    const flow = (second: number): number => part.world.drip(7, at(second)).flowRate;
    const before = [5, 20, 50, 80].map(flow);
    model.advance(at(7200));
    expect([5, 20, 50, 80].map(flow)).toEqual(before);
    expect(flow(0)).toBe(0);
    expect(flow(7200)).toBe(0);
  });

  test('of two at one pump each takes its share, and the supply ends both', () => {
    const block = new LiveBlock(world, {
      seed: 7,
      lines: 2,
      settings: { nominalLpm: 20, pumpLpm: 30 },
    });
    const [one, other] = [0, 1].map(
      (line) =>
        new ControllerModel({ kind: drip, seed: 7, part: block.valve(line), startAt: START }),
    ) as [ControllerModel, ControllerModel];
    const supply = new ControllerModel({
      kind: drip,
      seed: 8,
      part: block.supply(),
      startAt: START,
    });
    const models = [one, other, supply];
    const flow = (second: number): number => {
      advanceTogether(models, at(second));
      return block.flow(at(second))?.totalLpm ?? Number.NaN;
    };
    one.receive(order());
    expect(flow(60)).toBe(0);
    supply.receive(order());
    expect(flow(160)).toBeCloseTo(20, 6);
    other.receive(order());
    expect(flow(260)).toBeCloseTo(30, 6);
    expect(block.flow(at(260))?.pressureKpa).toBeLessThan(60);
    supply.receive(order({ action: 'close' }));
    expect(flow(360)).toBe(0);
    expect(one.position()).toBe('on');
  });
});

/** What shows that a fault is there, against a sound run; every fault has a line. */
const EFFECTS: Record<string, { fault: Partial<ControllerFault>; shows(run: Heard): void }> = {
  'stuck-open': {
    fault: { contact: 'drive' },
    shows: (run) => {
      expect(run.acks).toEqual(sound.acks);
      expect(reading(run, 'valve_open', 1700)).toBe(0);
      expect(reading(run, 'flow_rate', 1700)).toBeCloseTo(nominal, 0);
    },
  },
  'stuck-closed': {
    fault: { contact: 'drive' },
    shows: (run) => {
      expect(run.acks).toEqual(sound.acks);
      expect(reading(run, 'valve_open', 300)).toBe(1);
      expect(reading(run, 'flow_rate', 300)).toBe(0);
    },
  },
  'broken-pipe': {
    fault: { pipe: 'broken-after-valve' },
    shows: (run) => {
      expect(reading(run, 'flow_rate', 300)).toBeGreaterThan(INTERLOCKS.burst.share * nominal);
      expect(reading(run, 'pressure', 300)).toBeLessThan(INTERLOCKS.pressure.lowShare * 100);
      expect(reading(run, 'flow_rate', 900)).toBe(0);
    },
  },
  clogged: {
    fault: { share: 0.8 },
    shows: (run) => {
      expect(reading(run, 'flow_rate', 300)).toBeLessThan(INTERLOCKS.blockage.share * nominal);
      expect(reading(run, 'pressure', 300)).toBeGreaterThan(125);
    },
  },
  'dead-meter': {
    fault: {},
    shows: (run) => {
      expect(reading(run, 'flow_rate', 300)).toBe(0);
      expect(reading(run, 'flow_total', 1700)).toBe(reading(run, 'flow_total', 10));
      expect(reading(run, 'pressure', 300)).toBeGreaterThan(95);
    },
  },
  'lost-acknowledgement': {
    fault: {},
    shows: (run) => {
      expect(run.acks).toEqual([]);
      expect(reading(run, 'flow_rate', 300)).toBeCloseTo(nominal, 0);
    },
  },
  'early-close': {
    fault: { afterSeconds: 120 },
    shows: (run) => {
      expect(run.acks).toEqual(sound.acks);
      expect(reading(run, 'flow_rate', 120)).toBeCloseTo(nominal, 0);
      expect(reading(run, 'flow_rate', 300)).toBe(0);
    },
  },
  'duplicate-delivery': {
    fault: { afterSeconds: 20 },
    shows: (run) => {
      const copy = { at: 30, state: 'running', grantedSeconds: 600 };
      expect(run.acks).toEqual([...sound.acks.slice(0, 2), copy, sound.acks[2]]);
      expect(reading(run, 'flow_total', 1800)).toBe(reading(sound, 'flow_total', 1800));
    },
  },
  reboot: {
    fault: { intoRunSeconds: 100, downSeconds: 30, clockSeconds: 5 },
    shows: (run) => {
      expect(run.acks.at(-1)).toEqual({ at: 140, state: 'failed', reason: 'reboot' });
      expect(run.reports.some(({ at: second }) => second > 110 && second < 140)).toBe(false);
      expect(reading(run, 'valve_open', 140)).toBe(0);
      expect(reading(run, 'flow_rate', 1700)).toBe(0);
    },
  },
  'clock-error': {
    fault: { offsetMs: 2 * 86_400_000 },
    shows: (run) => {
      expect(run.acks).toEqual([{ at: 10, state: 'refused', reason: 'too-late' }]);
      expect(run.reports[0]?.observedAt).toBe((run.reports[0]?.at ?? 0) + 2 * 86_400);
    },
  },
  'shorter-grant': {
    fault: { capSeconds: 200 },
    shows: (run) => {
      expect(run.acks[0]?.grantedSeconds).toBe(200);
      expect(run.acks.at(-1)).toEqual({ at: 210, state: 'done', reason: 'lease-over' });
    },
  },
  'late-link': {
    fault: { delaySeconds: 45 },
    shows: (run) => {
      expect(run.acks[0]).toEqual({ at: 100, state: 'accepted', grantedSeconds: 600 });
      expect(run.reports[0]).toMatchObject({ at: 55, values: { valve_open: 1 } });
    },
  },
};

describe('faults', () => {
  test('each has its line', () => {
    expect(Object.keys(EFFECTS).sort()).toEqual([...CONTROLLER_FAULTS].sort());
  });

  test.each(Object.keys(EFFECTS))('%s shows', (type) => {
    const { fault, shows } = EFFECTS[type] ?? {};
    shows?.(tenMinutes([{ type, from: START, ...fault } as ControllerFault]));
  });

  test('a pipe that is broken before the valve leaks until the supply is closed', () => {
    const block = newBlock();
    const faults = [drawFault('broken-pipe', START, { chance: () => 0, seed: 7 })];
    const model = valve({ faults }, block);
    const supply = new ControllerModel({
      kind: drip,
      seed: 8,
      part: block.supply(),
      startAt: START,
    });
    supply.receive(order());
    advanceTogether([model, supply], at(300));
    expect(block.flow(at(300))?.totalLpm).toBeGreaterThan(1);
    supply.receive(order({ action: 'close' }));
    advanceTogether([model, supply], at(500));
    expect(block.flow(at(500))?.totalLpm).toBe(0);
  });

  test('what is mended follows its drive again', () => {
    const stuck = { type: 'stuck-open', from: START, until: at(900), contact: 'part' } as const;
    const run = tenMinutes([stuck]);
    expect(reading(run, 'valve_open', 800)).toBe(1);
    expect(reading(run, 'valve_open', 1000)).toBe(0);
    expect(run.model.truth()).toMatchObject({ isDriven: false, isOn: false });
  });

  test('a dropped connection takes a late command with it', () => {
    const model = valve({ faults: [{ type: 'late-link', from: START, delaySeconds: 60 }] });
    model.receive(order());
    model.advance(at(30));
    model.drop();
    model.advance(at(600));
    expect(heard(model.reports()).acks).toEqual([]);
    expect(model.truth().runs).toEqual([]);
  });

  test('a device without power hears nothing, and without the time begins nothing', () => {
    const power = { type: 'reboot', from: START, downSeconds: 60, clockSeconds: 60 } as const;
    const model = valve({ faults: [power] });
    model.advance(at(30));
    expect(model.truth().isUp).toBe(false);
    model.receive(order());
    model.advance(at(90));
    model.receive(order());
    model.advance(at(130));
    model.receive(order());
    model.advance(at(140));
    const { acks } = heard(model.reports());
    expect(acks.map(({ at: second, state, reason }) => [second, state, reason])).toEqual([
      [90, 'refused', 'no-clock'],
      [130, 'accepted', undefined],
      [131, 'running', undefined],
    ]);
  });

  test('are drawn in the share that is asked for, of the types that are named', () => {
    const draw = (share: number, types?: ControllerFault['type'][]): ControllerFault[] =>
      Array.from({ length: 500 }, (_, device) => device).flatMap((device) =>
        faultsOfController({ share, ...(types !== undefined && { types }) }, START, {
          chance: world.chance,
          seed: device,
        }),
      );
    const some = draw(0.3);
    expect(some.length).toBeGreaterThan(110);
    expect(some.length).toBeLessThan(190);
    expect(new Set(some.map(({ type }) => type))).toEqual(new Set(CONTROLLER_FAULTS));
    expect(draw(0)).toEqual([]);
    const reboots = draw(1, ['reboot']);
    expect(reboots).toHaveLength(500);
    expect(new Set(reboots.map(({ type }) => type))).toEqual(new Set(['reboot']));
  });
});

describe('surroundings', () => {
  test('are the world’s until the first order, and the controller’s from then on', () => {
    const part = new Surroundings(world).part('irrigation-valve', 7);
    const model = valve({ part, isCommanded: false });
    // The block's own irrigation at half past four in the afternoon.
    const own = Date.UTC(2026, 10, 22, 9, 31);
    model.advance(own);
    expect(part.world.drip(7, own)).toEqual(world.drip(7, own));
    expect(model.truth()).toMatchObject({ isDriven: false, isOn: true });
    model.receive(order({ action: 'close' }));
    const later = own + 120_000;
    model.advance(later);
    expect(world.drip(7, later).valveOpen).toBe(true);
    expect(part.world.drip(7, later)).toMatchObject({ valveOpen: false, flowRate: 0 });
    // What was keeps being so, and the meter goes on from where it stood.
    expect(part.world.drip(7, own - 60_000)).toEqual(world.drip(7, own - 60_000));
    const metered = part.world.drip(7, later).flowTotal - world.drip(7, own).flowTotal;
    expect(metered).toBeGreaterThan(0);
    expect(metered).toBeLessThan(nominal);
  });

  test('an aerator is followed by its current and, slowly, by the oxygen of its pond', () => {
    const pond = 3;
    // One in the afternoon: usually nothing runs.
    const surroundings = new Surroundings(world);
    const part = surroundings.part('aerator', pond);
    const model = new ControllerModel({ kind: aerator, seed: pond, part, startAt: START });
    model.receive(order({ action: 'start', maxSeconds: 7200 }));
    model.advance(at(3600));
    const run = heard(model.reports());
    expect(reading(run, 'motor_current', 90)).toBeGreaterThan(5);
    expect(reading(run, 'aerator_on', 90)).toBe(1);
    const gained = (time: number): number =>
      surroundings.world.pond(pond, time).dissolvedOxygen - world.pond(pond, time).dissolvedOxygen;
    expect(gained(at(600))).toBeGreaterThan(0.1);
    expect(gained(at(3600))).toBeGreaterThan(0.5);
    expect(gained(at(3600))).toBeLessThan(1);
    model.advance(at(7300));
    expect(reading(heard(model.reports()), 'motor_current', 7300)).toBe(0);
    expect(surroundings.world.pond(pond + 1, at(3600))).toEqual(world.pond(pond + 1, at(3600)));
  });

  test('a motor labours when it is blocked and runs light when its belt is off', () => {
    const current = (fault?: ControllerFault): number => {
      const part = new LivePond(world, 3).aerator();
      const faults = fault === undefined ? [] : [fault];
      const model = new ControllerModel({ kind: aerator, seed: 3, part, startAt: START, faults });
      model.receive(order({ action: 'start' }));
      model.advance(at(120));
      return reading(heard(model.reports()), 'motor_current', 120);
    };
    const usual = current();
    expect(current({ type: 'clogged', from: START, share: 1 })).toBeGreaterThan(1.5 * usual);
    const off = { type: 'broken-pipe', from: START, pipe: 'broken-after-valve' } as const;
    expect(current(off)).toBeLessThan(0.5 * usual);
  });
});

test(`no run outlives its lease, begins late or begins twice, whatever is wrong (SEED=${seed})`, () => {
  let runs = 0;
  for (let number = 0; number < 300; number++) {
    const own = (seed + number) % 2 ** 31;
    const dice = createWorld(own);
    const draw = (salt: number): number => dice.chance(own, number, salt);
    const type = CONTROLLER_FAULTS[number % CONTROLLER_FAULTS.length];
    const faults = type === undefined ? [] : [drawFault(type, START, { ...dice, seed: own })];
    const block = new LiveBlock(dice, { seed: own });
    const part = block.valve();
    const model = new ControllerModel({ kind: drip, seed: own, part, startAt: START, faults });
    const latest = new Map<string, number>();
    for (let step = 0; step < 12; step++) {
      model.advance(model.now + Math.floor(180_000 * draw(10 * step)));
      const notAfter = model.now + Math.floor(60_000 * draw(10 * step + 1));
      // Now and then a copy or one that is late; each id has one number.
      const sequence = Math.max(1, step + 1 - Math.floor(3 * draw(10 * step + 2) ** 2));
      const id = `c${sequence}`;
      const maxSeconds = 1 + Math.floor(400 * draw(10 * step + 4));
      const action = draw(10 * step + 5) < 0.8 ? 'open' : 'close';
      const text = new Date(notAfter).toISOString();
      model.receive(JSON.stringify({ id, action, maxSeconds, notAfter: text, sequence }));
      latest.set(id, Math.max(notAfter, latest.get(id) ?? 0));
    }
    model.advance(model.now + 7_200_000);
    const begun = model.truth().runs;
    runs += begun.length;
    expect(new Set(begun.map(({ command }) => command)).size, `run ${own}`).toBe(begun.length);
    for (const { command, from, until, grantedSeconds } of begun) {
      if (until === null) throw new Error(`run ${own} never ended`);
      expect(until - from, `run ${own}`).toBeLessThanOrEqual(grantedSeconds * 1000 + 1000);
      if (type === 'clock-error') continue;
      expect(from, `run ${own}`).toBeLessThanOrEqual(latest.get(command) ?? 0);
    }
    expect(model.position()).toBe('off');
  }
  expect(runs).toBeGreaterThan(600);
});
