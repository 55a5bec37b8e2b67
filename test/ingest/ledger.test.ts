import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#src/base/clock';
import type { Frame } from '#src/contracts/frame';
import type { LiveEvent } from '#src/contracts/live';
import type { DecodedBatch } from '#src/contracts/observation';
import type { State } from '#src/contracts/state';
import { createDecoder } from '#src/ingest/decode';
import { Ledger } from '#src/ingest/ledger';
import { createState, type StateService } from '#src/state/state';
import { temporaryFolder } from '../support/folder.ts';
import { testKinds } from '../support/kinds.ts';
import { quietLogger } from '../support/quiet.ts';

const noon = Date.UTC(2026, 10, 22, 5);
const source = { coop: 'c', site: 's', device: 'd', kind: 'test-kind' };
const decode = createDecoder({ kinds: testKinds, clockWindow: { pastMs: 864e5, futureMs: 3e5 } });

async function openState(folder: string): Promise<StateService> {
  const state = createState({
    file: path.join(folder, 'state.db'),
    clock: systemClock,
    logger: quietLogger,
  });
  await state.start(new AbortController().signal);
  onTestFinished(() => state.stop());
  return state;
}

interface Bench {
  ledger: Ledger;
  answers: Array<[string, string]>;
  events: LiveEvent[];
}

async function openLedger(state: State): Promise<Bench> {
  const answers: Array<[string, string]> = [];
  const events: LiveEvent[] = [];
  const ledger = new Ledger({
    state,
    messenger: {
      send: async (device, _topic, payload) => {
        answers.push([device, payload]);
        return true;
      },
    },
    live: { publish: (event) => events.push(event) },
    timeZone: 'Asia/Ho_Chi_Minh',
  });
  await ledger.load();
  return { ledger, answers, events };
}

function batchOf(
  from: number,
  reports: readonly unknown[],
  topic: Frame['topic'] = 'report',
): DecodedBatch {
  const frames = reports.map((report, place) => ({
    offset: from + place,
    source,
    topic,
    payload: Buffer.from(typeof report === 'string' ? report : JSON.stringify(report)),
    receivedAt: noon + from + place,
  }));
  return decode({ from, next: from + frames.length, frames });
}

const day = '2026-11-22';

describe('the ledger', () => {
  test('counts what was received and refused, once, however often a batch comes', async () => {
    const state = await openState(temporaryFolder());
    const { ledger } = await openLedger(state);
    const batch = batchOf(0, [{ values: { level: 1, heat: 99 } }, 'rubbish']);
    await ledger.accept(batch);
    await ledger.accept(batch);
    expect(await state.ledger.counts(day, day)).toEqual([
      { coop: 'c', device: 'd', day, received: 3, rejected: 2, repeated: 0, clockFaults: 0 },
    ]);
    const { items } = await state.ledger.rejections({}, { limit: 10 });
    expect(items.map(({ code }) => code).sort()).toEqual(['NOT_JSON', 'OUT_OF_RANGE']);
  });

  test('a batch replayed after a restart changes nothing', async () => {
    const folder = temporaryFolder();
    const state = await openState(folder);
    const batch = batchOf(0, [{ boot: 'a', sequence: 1, values: { level: 1 } }, 'rubbish']);
    await (await openLedger(state)).ledger.accept(batch);
    const again = await openLedger(state);
    expect(await again.ledger.cursor()).toBe(2);
    await again.ledger.accept(batch);
    expect(again.answers).toEqual([]);
    expect((await state.ledger.counts(day, day))[0]).toMatchObject({ received: 2, repeated: 0 });
  });

  test('a repeat of an undated report is left out for everyone, also after a restart', async () => {
    const state = await openState(temporaryFolder());
    const { ledger } = await openLedger(state);
    const report = { boot: 'a', sequence: 1, values: { level: 1 } };
    const first = batchOf(0, [report, { boot: 'a', sequence: 2, values: { level: 1 } }]);
    const second = batchOf(2, [report, report, { boot: 'b', sequence: 1, values: { level: 1 } }]);
    await ledger.accept(first);
    await ledger.accept(second);
    const places = (one: Ledger, batch: DecodedBatch): number[] =>
      one.settled(batch).observations.map(({ offset }) => offset);
    expect(places(ledger, first)).toEqual([0, 1]);
    expect(places(ledger, second)).toEqual([4]);
    const reopened = (await openLedger(state)).ledger;
    expect(places(reopened, second)).toEqual([4]);
    expect((await state.ledger.counts(day, day))[0]).toMatchObject({ received: 5, repeated: 2 });
    await reopened.trim(5);
    expect(await state.ledger.repeats()).toEqual([]);
  });

  test('a failed transaction leaves nothing behind and can be tried again', async () => {
    const state = await openState(temporaryFolder());
    let failing = false;
    const shaky: State = {
      ...state,
      transaction: async (work) =>
        state.transaction(async (tx) => {
          const result = await work(tx);
          if (failing) throw new Error('no space');
          return result;
        }),
    };
    const { ledger, answers } = await openLedger(shaky);
    await ledger.accept(batchOf(0, [{ boot: 'a', sequence: 0, values: { level: 1 } }]));
    failing = true;
    const batch = batchOf(1, [{ boot: 'a', sequence: 1, values: { level: 1, heat: 99 } }]);
    await expect(ledger.accept(batch)).rejects.toThrow('no space');
    expect(await ledger.cursor()).toBe(1);
    expect(answers).toEqual([]);
    failing = false;
    await ledger.accept(batch);
    expect(ledger.settled(batch).observations).toHaveLength(1);
    expect((await state.ledger.counts(day, day))[0]).toMatchObject({ received: 3, rejected: 1 });
  });

  test('tells the device what was refused, with the report it belongs to', async () => {
    const { ledger, answers } = await openLedger(await openState(temporaryFolder()));
    await ledger.accept(batchOf(0, [{ sequence: 42, values: { level: 99 } }]));
    expect(answers.map(([device, text]) => [device, JSON.parse(text)])).toEqual([
      ['d', { code: 'OUT_OF_RANGE', reason: 'level: 99 is outside 0 to 10 mg/L', sequence: 42 }],
    ]);
  });

  test('keeps when a device was heard and what it said of itself', async () => {
    const state = await openState(temporaryFolder());
    await state.coops.create({ id: 'c', name: 'C' });
    const device = { id: 'd', coop: 'c', site: null, kind: 'test-kind', name: null };
    const hash = new Uint8Array(32);
    await state.devices.create(
      { ...device, intervalSeconds: null, tags: [], gateway: null, createdAt: noon },
      hash,
    );
    const { ledger, events } = await openLedger(state);
    await ledger.accept(batchOf(0, [{ online: true, firmware: '1.2.0' }], 'status'));
    await ledger.accept(batchOf(1, [{ values: { level: 1 } }]));
    expect(await state.presence.list()).toEqual([
      { device: 'd', lastSeenAt: noon + 1, online: true, firmware: '1.2.0' },
    ]);
    expect(events).toMatchObject([{ type: 'device', data: { event: 'status', online: true } }]);
  });

  test('learns how often a device reports, offers it when it is kept, and a restart forgets nothing', async () => {
    const folder = temporaryFolder();
    const state = await openState(folder);
    await state.coops.create({ id: 'c', name: 'C' });
    const device = { id: 'd', coop: 'c', site: null, kind: 'test-kind', name: null };
    const told: string[] = [];
    state.registry.onChange((id) => told.push(id));
    await state.devices.create(
      { ...device, intervalSeconds: null, tags: [], gateway: null, createdAt: noon },
      new Uint8Array(32),
    );
    const { ledger } = await openLedger(state);
    const report = (place: number) => ({
      observedAt: new Date(noon - 7_200_000 + place * 90_000).toISOString(),
      values: { level: 1 },
    });
    await ledger.accept(
      batchOf(
        0,
        Array.from({ length: 20 }, (_, place) => report(place)),
      ),
    );
    expect(state.registry.intervalSeconds('d')).toBe(null);
    await ledger.accept(batchOf(20, [report(20)]));
    expect(state.registry.intervalSeconds('d')).toBe(90);
    expect(told).toEqual(['d', 'd']);
    await state.stop();
    const again = await openState(folder);
    expect(again.registry.intervalSeconds('d')).toBe(90);
    await again.devices.update('d', { intervalSeconds: 30 });
    expect(again.registry.intervalSeconds('d')).toBe(30);
    expect(again.registry.learnedSeconds('d')).toBe(90);
    await again.presence.saveLearned([{ device: 'd', seconds: 2, spacings: '[0,0]' }]);
    await again.devices.update('d', { intervalSeconds: null });
    expect(again.registry.intervalSeconds('d')).toBe(20);
    expect(again.registry.learnedSeconds('d')).toBe(2);
    await again.devices.remove('d');
    expect(again.registry.intervalSeconds('d')).toBe(null);
  });

  test('undated repeats are no word on how often a device reports', async () => {
    const state = await openState(temporaryFolder());
    await state.coops.create({ id: 'c', name: 'C' });
    const device = { id: 'd', coop: 'c', site: null, kind: 'test-kind', name: null };
    await state.devices.create(
      { ...device, intervalSeconds: null, tags: [], gateway: null, createdAt: noon },
      new Uint8Array(32),
    );
    const { ledger } = await openLedger(state);
    for (let report = 0; report < 30; report++) {
      for (let copy = 0; copy < 8; copy++) {
        const offset = report * 8 + copy;
        const receivedAt = noon + report * 60_000 + copy * 5_000;
        const payload = { sequence: report, boot: 'a', values: { level: 1 } };
        const frame = { offset, source, topic: 'report' as const, receivedAt };
        const frames = [{ ...frame, payload: Buffer.from(JSON.stringify(payload)) }];
        await ledger.accept(decode({ from: offset, next: offset + 1, frames }));
      }
    }
    expect(state.registry.learnedSeconds('d')).toBe(60);
  });
});
