import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { Budget } from '#src/broker/budget';
import { readConnect } from '#src/broker/connect-packet';
import { DEFAULT_LIMITS } from '#src/broker/limits';
import { PacketGate } from '#src/broker/packet-gate';
import { TokenBucket } from '#src/broker/token-bucket';
import {
  connectPacket,
  DISCONNECT,
  PINGREQ,
  packet,
  publishPacket,
  RawClient,
  startStand,
  subscribePacket,
  until,
} from './support.ts';
import { Workshop } from './wire.ts';

const SEED = Number(process.env['SEED'] ?? Date.now() % 1_000_000_000);
const told = `SEED=${SEED}`;

/** Small, fast and the same everywhere: mulberry32. */
function chance(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const uncaught: unknown[] = [];
const note = (error: unknown): void => {
  uncaught.push(error);
};
process.on('uncaughtException', note);
process.on('unhandledRejection', note);
afterAll(() => {
  process.removeListener('uncaughtException', note);
  process.removeListener('unhandledRejection', note);
});

const REPORT = 'sluice/v1/coop-a/d-1/report';
const SAMPLES: Buffer[] = [
  publishPacket(REPORT, '{"values":{"ph":7}}', { id: 300 }),
  publishPacket(REPORT, '', { qos: 0 }),
  publishPacket(REPORT, 'twice', { qos: 2, id: 5, dup: true }),
  publishPacket('sluice/v1/coop-a/d-1/status', '{}', { retain: true }),
  packet(0x40, Buffer.from([0, 9])),
  packet(0x50, Buffer.from([0, 9])),
  packet(0x62, Buffer.from([0, 5])),
  packet(0x70, Buffer.from([0, 9])),
  subscribePacket('sluice/v1/coop-a/d-1/command'),
  subscribePacket('#', 2),
  packet(0xa2, Buffer.from([0, 8, 0, 1]), Buffer.from('a')),
  PINGREQ,
  DISCONNECT,
  connectPacket({ will: { topic: 'sluice/v1/coop-a/d-1/status', payload: 'x' } }),
];

/** A few packets in a row with some bytes changed, cut out, doubled or put in. */
function mutant(next: (below: number) => number, samples: readonly Buffer[]): Buffer {
  const parts = Array.from({ length: 1 + next(5) }, () => samples[next(samples.length)] as Buffer);
  let bytes: Buffer = Buffer.concat(parts);
  for (let turn = next(5); turn > 0; turn--) {
    const at = next(bytes.length);
    const kind = next(5);
    if (kind === 0) bytes[at] = next(256);
    if (kind === 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << next(8));
    if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + next(4))]);
    if (kind === 3)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff, 0xff]), bytes.subarray(at)]);
    if (kind === 4) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(next(at + 1))]);
    if (bytes.length === 0) bytes = Buffer.from([next(256)]);
  }
  return bytes;
}

/** A gate that has let the CONNECT through. */
function newGate(): PacketGate {
  const bucket = (): TokenBucket => new TokenBucket(0, 1, 0);
  const allowance = { messages: bucket(), controls: bucket() };
  const budget = new Budget(1_000_000, Number.MAX_SAFE_INTEGER);
  const limits = { ...DEFAULT_LIMITS, inFlightPerDevice: 1_000_000 };
  const gate = new PacketGate(limits, allowance, budget);
  gate.join();
  gate.scan(Buffer.from([0x10, 0]), 0);
  return gate;
}

test('70,000 mutated streams through the gate: whole or cut, the same verdict', () => {
  const next = chance(SEED);
  let refused = 0;
  for (let turn = 0; turn < 70_000; turn++) {
    const bytes = mutant(next, SAMPLES);
    const left = newGate();
    const right = newGate();
    const passed = left.scan(bytes, 0);
    let at = 0;
    while (at < bytes.length && right.refusal === null && !right.ended) {
      const step = 1 + next(6);
      at += right.scan(bytes.subarray(at, at + step), 0);
    }
    if (left.refusal !== null) refused++;
    const seen = (gate: PacketGate) => [
      gate.refusal,
      gate.ended,
      gate.inFlight,
      gate.inFlightBytes,
    ];
    if (left.refusal === null) expect([...seen(right), at], told).toEqual([...seen(left), passed]);
    else expect(right.refusal, told).toBe(left.refusal);
  }
  expect(refused).toBeGreaterThan(10_000);
});

test('the gate holds what it must, and passes every byte in the end', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(2), fc.nat(300)), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 700 }),
      (messages, inFlightPerDevice, step) => {
        const bytes = Buffer.concat(
          messages.map(([qos, size]) => publishPacket(REPORT, Buffer.alloc(size), { qos })),
        );
        const budget = new Budget(1_000, 1_000_000);
        const bucket = (): TokenBucket => new TokenBucket(0, 1, 0);
        const gate = new PacketGate(
          { ...DEFAULT_LIMITS, inFlightPerDevice },
          { messages: bucket(), controls: bucket() },
          budget,
        );
        gate.scan(Buffer.from([0x10, 0]), 0);
        gate.join();
        let at = 0;
        let released = 0;
        while (at < bytes.length) {
          const passed = gate.scan(bytes.subarray(at, at + step), 0);
          expect(gate.refusal).toBeNull();
          expect(gate.inFlight).toBeLessThanOrEqual(inFlightPerDevice);
          at += passed;
          if (gate.hold !== null) {
            expect(gate.hold).toBe('in-flight');
            released += gate.inFlight;
            gate.release(gate.inFlight, gate.inFlightBytes);
          }
        }
        expect(released + gate.inFlight).toBe(messages.length);
        expect(gate.partialSince).toBeNull();
        expect(budget.messages).toBe(gate.inFlight);
        expect(budget.bytes).toBe(gate.inFlightBytes);
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

test('20,000 mutated CONNECTs are read, refused or waited for, and never thrown at', () => {
  const next = chance(SEED + 1);
  const samples = [
    connectPacket(),
    connectPacket({ level: 3, protocol: 'MQIsdp' }),
    connectPacket({ level: 5 }),
    connectPacket({ will: { topic: REPORT, payload: 'x', qos: 1, retain: true } }),
    connectPacket({ username: null, password: null, clean: false }),
  ];
  const states = { partial: 0, refused: 0, read: 0 };
  for (let turn = 0; turn < 20_000; turn++) {
    const bytes = mutant(next, samples);
    const reading = readConnect(bytes, DEFAULT_LIMITS);
    states[reading.state]++;
    if (reading.state === 'read') {
      expect(reading.bytes, told).toBeLessThanOrEqual(bytes.length);
      // Cut at any byte it is not read otherwise, and not before its end.
      const early = readConnect(bytes.subarray(0, next(reading.bytes)), DEFAULT_LIMITS);
      expect(early.state, told).toBe('partial');
    }
  }
  for (const count of Object.values(states)) expect(count).toBeGreaterThan(100);
});

test('4,000 mutated streams through gate and protocol: nothing uncaught, nothing left behind', async () => {
  const next = chance(SEED + 2);
  const workshop = await Workshop.open();
  const wires = [];
  for (let turn = 0; turn < 4_000; turn++) {
    const { wire, link } = workshop.connect('d-1');
    wires.push({ wire, link });
    wire.push(mutant(next, SAMPLES));
    if (turn % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (const { wire } of wires) wire.destroy();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(uncaught, told).toEqual([]);
  expect(workshop.budget, told).toMatchObject({ messages: 0, bytes: 0 });
  // Still in order for the next one.
  const { wire } = workshop.connect('d-2');
  wire.push(publishPacket('sluice/v1/coop-a/d-2/report', 'after'));
  await until('the last message', () => workshop.journal.texts().includes('after'));
  await workshop.close();
}, 20_000);

test('2,000 mutated streams over real sockets', async () => {
  const next = chance(SEED + 3);
  const stand = await startStand({ limits: { messagesPerSecond: 0 } });
  for (let round = 0; round < 40; round++) {
    const clients = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const client = await RawClient.open(stand.port);
        const opening = connectPacket({ id: `d-${1 + (index % 9)}` });
        client.send(next(4) === 0 ? mutant(next, [opening]) : opening, mutant(next, SAMPLES));
        return client;
      }),
    );
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const client of clients) client.destroy();
  }
  expect(uncaught, told).toEqual([]);
  await until('all gone', () => stand.broker.connections === 0);
  expect(stand.broker.status(), told).toMatchObject({ inFlight: 0, inFlightBytes: 0 });
  const client = await RawClient.signIn(stand.port, { id: 'd-9' });
  client.send(publishPacket('sluice/v1/coop-a/d-9/report', 'after'));
  await client.next(4);
  await stand.broker.stop();
}, 20_000);
