import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#src/base/clock';
import { createMetrics } from '#src/base/metrics';
import type { FrameBatch } from '#src/contracts/frame';
import type { Consumer, DecodedBatch } from '#src/contracts/observation';
import { createDecoder } from '#src/ingest/decode';
import { Ledger } from '#src/ingest/ledger';
import { type Follower, Pump } from '#src/ingest/pump';
import { createJournal, type JournalRoom } from '#src/journal/journal';
import { createState } from '#src/state/state';
import { eventually } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { testKinds } from '../support/kinds.ts';
import { quietLogger } from '../support/quiet.ts';

const source = { coop: 'c', site: null, device: 'd', kind: 'test-kind' };
const noSignal = new AbortController().signal;

/** A consumer that keeps what it was given, and fails or waits when told to. */
class Recorder implements Consumer {
  readonly name: string;
  readonly offsets: number[] = [];
  failures = 0;
  gate: Promise<void> = Promise.resolve();
  durable = true;
  #cursor = 0;

  constructor(name: string) {
    this.name = name;
  }

  async cursor(): Promise<number> {
    return this.#cursor;
  }

  async accept(batch: DecodedBatch): Promise<void> {
    await this.gate;
    if (this.failures > 0) {
      this.failures--;
      throw new Error('not now');
    }
    if (batch.next <= this.#cursor) return;
    this.offsets.push(...batch.observations.map(({ offset }) => offset));
    this.#cursor = batch.next;
  }

  persisted(): number {
    return this.durable ? this.#cursor : 0;
  }
}

interface Plant {
  journal: JournalRoom;
  pump: Pump;
  ledger: Ledger;
  decoded: FrameBatch[];
}

async function plant(followers: readonly Follower[]): Promise<Plant> {
  const folder = temporaryFolder();
  const common = { clock: systemClock, logger: quietLogger };
  const metrics = createMetrics();
  const state = createState({ file: path.join(folder, 'state.db'), ...common });
  const journal = createJournal({ dir: folder, bytesMax: 2 ** 30, metrics, ...common });
  await state.start(noSignal);
  await journal.start(noSignal);
  const live = { publish: () => undefined };
  const messenger = { send: async () => false };
  const ledger = new Ledger({ state, messenger, live, timeZone: 'UTC' });
  const window = { pastMs: 864e5, futureMs: 3e5 };
  const decoder = createDecoder({ kinds: testKinds, clockWindow: window });
  const decoded: FrameBatch[] = [];
  const decode = (batch: FrameBatch): DecodedBatch => {
    decoded.push(batch);
    return decoder(batch);
  };
  const pump = new Pump({ journal, decode, ledger, followers, metrics, ...common });
  await pump.start();
  onTestFinished(async () => {
    await pump.stop();
    await journal.stop();
    await state.stop();
  });
  return { journal, pump, ledger, decoded };
}

function appendReport(journal: JournalRoom, report: unknown): Promise<void> {
  const payload = Buffer.from(JSON.stringify(report));
  const message = { source, topic: 'report', payload, receivedAt: Date.now() } as const;
  return new Promise<void>((resolve, reject) => {
    journal.append(message, (error) => (error === null ? resolve() : reject(error)));
  });
}

async function append(journal: JournalRoom, from: number, count: number): Promise<void> {
  const times = Array.from({ length: count }, (_, index) => Date.now() - 1000 + from + index);
  const reports = times.map((observedAt) => ({ observedAt, values: { level: 1 } }));
  await Promise.all(reports.map((report) => appendReport(journal, report)));
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, offset) => offset);
const has = (consumer: Recorder, count: number) => (): boolean => consumer.offsets.length >= count;

describe('the pump', () => {
  test('takes every frame to every consumer in order, each decoded once', async () => {
    const followers = ['one', 'two', 'three'].map((name) => new Recorder(name));
    const { journal, decoded } = await plant(followers.map((consumer) => ({ consumer })));
    for (let at = 0; at < 1_000; at += 50) await append(journal, at, 50);
    for (const consumer of followers) await eventually('all frames', has(consumer, 1_000));
    for (const consumer of followers) expect(consumer.offsets).toEqual(upTo(1_000));
    const frames = decoded.reduce((sum, { frames: some }) => sum + some.length, 0);
    expect(frames).toBe(1_000);
  });

  test('a consumer that hangs holds up nobody but itself', async () => {
    const quick = new Recorder('quick');
    const slow = new Recorder('slow');
    let open = (): void => undefined;
    slow.gate = new Promise((resolve) => {
      open = () => resolve();
    });
    const { journal, pump } = await plant([{ consumer: slow }, { consumer: quick }]);
    await append(journal, 0, 500);
    await eventually('the quick one', has(quick, 500));
    expect(slow.offsets).toEqual([]);
    expect(pump.backlogs()['slow']).toBe(500);
    open();
    await eventually('the slow one', has(slow, 500));
    expect(slow.offsets).toEqual(upTo(500));
  });

  test('a consumer that fails is tried again until it succeeds', async () => {
    const shaky = new Recorder('shaky');
    shaky.failures = 3;
    const { journal } = await plant([{ consumer: shaky }]);
    await append(journal, 0, 20);
    await eventually('all frames after the failures', has(shaky, 20));
    expect(shaky.offsets).toEqual(upTo(20));
  });

  test('a consumer that waits for company gets larger batches', async () => {
    const patient = new Recorder('patient');
    let batches = 0;
    const accept = patient.accept.bind(patient);
    patient.accept = (batch) => {
      batches++;
      return accept(batch);
    };
    const { journal } = await plant([{ consumer: patient, lingerMs: 150 }]);
    for (let at = 0; at < 20; at++) await append(journal, at, 1);
    await eventually('all frames', has(patient, 20));
    expect(batches).toBeLessThan(10);
  });

  test('followers are given only what the ledger has settled: no repeat reaches them', async () => {
    const follower = new Recorder('follower');
    const { journal } = await plant([{ consumer: follower }]);
    const undated = Array.from({ length: 300 }, (_, index) => ({
      boot: 'a',
      sequence: Math.floor(index / 3),
      values: { level: 1 },
    }));
    for (const report of undated) await appendReport(journal, report);
    await eventually('the first of each', has(follower, 100));
    expect(follower.offsets).toEqual(upTo(100).map((sequence) => sequence * 3));
  });

  test('the journal is trimmed only behind what every consumer has made safe', async () => {
    const durable = new Recorder('durable');
    const forgetful = new Recorder('forgetful');
    forgetful.durable = false;
    const { journal, pump } = await plant([{ consumer: durable }, { consumer: forgetful }]);
    await append(journal, 0, 100);
    await eventually('all frames', has(forgetful, 100));
    await pump.trim();
    expect(journal.status().tail).toBe(0);
    forgetful.durable = true;
    await pump.trim();
    await eventually('the trim', () => journal.status().tail === 100);
  });

  test('nothing is trimmed while somebody holds the journal', async () => {
    const follower = new Recorder('follower');
    const { journal, pump } = await plant([{ consumer: follower }]);
    await append(journal, 0, 100);
    await eventually('all frames', has(follower, 100));
    const [first, second] = [pump.holdTrim(), pump.holdTrim()];
    first();
    first();
    await pump.trim();
    expect(journal.status().tail).toBe(0);
    second();
    await pump.trim();
    expect(journal.status().tail).toBe(100);
  });

  test('frames that damage took are passed over: no consumer waits for them', async () => {
    const follower = new Recorder('follower');
    const begins: number[] = [];
    const accept = follower.accept.bind(follower);
    follower.accept = (batch) => {
      begins.push(batch.from);
      return accept(batch);
    };
    const { journal } = await plant([{ consumer: follower }]);
    await journal.advanceHead(500);
    await append(journal, 0, 10);
    await eventually('the frames after them', has(follower, 10));
    expect(begins[0]).toBe(0);
    expect(follower.offsets[0]).toBe(500);
  });
});
