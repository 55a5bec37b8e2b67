import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AppError } from '#src/base/errors';
import type { Command, CommandRequest } from '#src/contracts/command';
import type { KindRegistry } from '#src/contracts/device-kind';
import { createState, type StateService } from '#src/state/state';
import { deviceOf, hashOf, siteOf } from '../../state/examples.ts';
import { quietLogger } from '../../support/quiet.ts';
import { Chance } from './chance.ts';
import { Chaos } from './trial-chaos.ts';
import { TrialLink } from './trial-link.ts';
import { advanceBlock, createPlant, type TrialBlock, type TrialPart } from './trial-plant.ts';
import { type Asked, TrialRecord } from './trial-record.ts';
import { type OrderStep, type Step, scriptOf } from './trial-script.ts';
import { TrialClock, TrialServer } from './trial-server.ts';

const COOP = 'an-binh';
const SITES = ['khu-1', 'khu-2', 'khu-3', 'khu-4', 'khu-5', 'khu-6'];
/** 11:00 in Hà Nội: no line is open by habit. */
const START = Date.parse('2026-11-22T04:00:00Z');
/** Orders are given within the first, trouble lasts the second. */
const ORDERS_MS = 420_000;
const TROUBLE_MS = 720_000;
/** Then everything comes to its end: the longest lease, its witness, and what has to be mended. */
const SETTLE_MS = 3_000_000;
const LOOK_EVERY_MS = 15_000;
/** What was shut last drains for a minute. */
const DRAIN_MS = 120_000;
const STEP_MS = 1_000;
/** One world of so many has a clock that jumps. */
const JUMPING = 3;
const HAND = 'Lan';

/** One village in virtual time: many devices, one server, trouble, and then peace. */
export class TrialWorld {
  readonly seed: number;
  readonly clock = new TrialClock(START);
  readonly chance: Chance;
  readonly blocks: TrialBlock[];
  readonly parts = new Map<string, TrialPart>();
  readonly links = new Map<string, TrialLink>();
  readonly record: TrialRecord;
  readonly server: TrialServer;
  readonly state: StateService;
  readonly chaos: Chaos;
  /** All is over. */
  isSettled = false;
  readonly #folder: string;
  readonly #script: Step[];
  #lagsUntil = 0;

  constructor(seed: number, { blocks, kinds }: { blocks: number; kinds: KindRegistry }) {
    this.seed = seed;
    this.chance = new Chance(seed);
    const kind = kinds.get('drip-controller');
    if (kind === undefined) throw new Error('the kind of the drip controllers is missing');
    const { chance, clock, parts, links } = this;
    this.blocks = createPlant({
      ...{ kind, chance, seed, startAt: START, sites: SITES, coop: COOP, blocks },
    });
    for (const { valve, supply } of this.blocks) {
      for (const part of supply === null ? [valve] : [valve, supply]) parts.set(part.device, part);
    }
    this.#folder = mkdtempSync(path.join(tmpdir(), 'sluice-trial-'));
    const file = path.join(this.#folder, 'state.db');
    this.state = createState({ file, clock, logger: quietLogger });
    const saidAt = (offset: number): number => this.server.saidAt(offset);
    this.record = new TrialRecord({ clock, parts, saidAt });
    this.server = new TrialServer({
      ...{ state: this.state, kinds, clock, chance, links, timeZone: 'Asia/Ho_Chi_Minh' },
      sent: (sending) => this.record.sent(sending),
      changed: (command) => this.record.changed(command),
      decoded: (batch) => this.record.decoded(batch),
    });
    const span = { from: START + 20_000, to: START + TROUBLE_MS };
    const jumps = seed % JUMPING === 0;
    this.chaos = new Chaos({ chance, clock, links, server: this.server, jumps }, span);
    for (const part of parts.values()) links.set(part.device, this.#linkOf(part));
    this.#script = scriptOf(this.blocks, { chance, from: START + 30_000, spanMs: ORDERS_MS });
  }

  /** Everything, to its end. */
  async run(): Promise<void> {
    await this.#open();
    let overSince: number | null = null;
    for (let at = START; at < START + TROUBLE_MS + SETTLE_MS; at += STEP_MS) {
      this.clock.true = at + STEP_MS;
      const isOver = this.clock.true > START + TROUBLE_MS;
      if (!isOver) this.chaos.trouble();
      await this.chaos.recover(isOver);
      this.#moveDevices();
      for (const link of this.links.values()) link.advance(this.clock.true);
      await this.#followScript();
      await this.#runServer();
      const isLook = isOver && (this.clock.true - START) % LOOK_EVERY_MS === 0;
      if (isLook) overSince = (await this.#isOver()) ? (overSince ?? this.clock.true) : null;
      if (overSince !== null && this.clock.true - overSince >= DRAIN_MS) break;
    }
    this.isSettled = await this.#isOver();
  }

  async close(): Promise<void> {
    this.server.kill();
    await this.state.stop();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  async #open(): Promise<void> {
    const { state } = this;
    await state.start(new AbortController().signal);
    await state.transaction(async (tx) => {
      await tx.coops.create({ id: COOP, name: COOP });
      for (const id of SITES) await tx.sites.create(siteOf({ id, coop: COOP, kind: 'zone' }));
      for (const { device: id, actuator, intervalSeconds } of this.parts.values()) {
        const kind = 'drip-controller';
        const device = deviceOf({ id, coop: COOP, site: actuator.site, kind, intervalSeconds });
        await tx.devices.create(device, hashOf(id));
      }
      // What feeds others comes first.
      for (const { supply } of this.blocks) if (supply) await tx.actuators.save(supply.actuator);
      for (const { valve } of this.blocks) await tx.actuators.save(valve.actuator);
    });
    await this.server.start();
  }

  #linkOf({ device, model }: TrialPart): TrialLink {
    return new TrialLink(
      this.chance,
      {
        isOpen: () => this.server.isUp && this.chaos.isBrokerUp,
        isUp: () => model.truth().isUp,
        arrived: (said) => this.server.journal(device, said),
        listening: () => this.server.listening(device),
        lost: () => model.drop(),
      },
      START,
    );
  }

  /** Commands reach devices at their instants; then time goes on, and what they say leaves. */
  #moveDevices(): void {
    const until = this.clock.true;
    const { isUp } = this.server;
    for (const [device, link] of this.links) this.record.second(device, isUp && link.isFree(until));
    for (const block of this.blocks) {
      const parts = block.supply === null ? [block.valve] : [block.valve, block.supply];
      const deliveries = parts.flatMap(({ device, model }) =>
        [...(this.links.get(device)?.delivered(until) ?? [])].map((flight) => ({
          ...{ model, at: Math.max(flight.at, model.now), message: flight.message },
        })),
      );
      for (const { model, at, message } of deliveries.sort((one, other) => one.at - other.at)) {
        advanceBlock(block, at);
        model.receive(message);
      }
      advanceBlock(block, until);
      for (const { device, model } of parts) {
        for (const { topic, payload, at } of model.reports()) {
          this.links.get(device)?.say({ topic, payload, trueAt: at });
        }
      }
    }
  }

  async #runServer(): Promise<void> {
    const { server, chance, clock } = this;
    if (chance.is(1 / 120)) this.#lagsUntil = clock.true + chance.between(1_000, 12_000);
    if (clock.true >= this.#lagsUntil) {
      const batch = await server.pump();
      if (batch !== null) this.record.accepted(batch);
    }
    await server.tick();
  }

  async #followScript(): Promise<void> {
    for (;;) {
      const [step] = this.#script;
      if (step === undefined || step.at > this.clock.true) return;
      this.#script.shift();
      if (step.type === 'order') await this.#ask(step);
      else if (step.type === 'stop') await this.#stopAt(step.scope);
      else await this.#release(step.scope);
    }
  }

  /** Whoever gets no answer asks again with the same id. */
  async #ask(step: OrderStep): Promise<void> {
    const { clock, chance, record, server } = this;
    const id = step.id ?? chance.id(clock.now());
    const known = record.asked.get(id)?.request;
    const request: CommandRequest = known ?? {
      ...{ id, device: step.device, action: step.action, owner: step.owner },
      ...(step.maxSeconds !== null && { maxSeconds: step.maxSeconds }),
      ...(step.withinMs !== null && { notAfter: clock.now() + step.withinMs }),
      source: { type: 'person', name: step.owner, id: null },
    };
    if (known === undefined) {
      const when = { trueAt: clock.true, wallAt: clock.now(), boot: server.boot };
      record.asked.set(id, { request, ...when, isRepeated: false, refusal: null });
    } else asked(record, id).isRepeated = true;
    try {
      const command = await server.attempt((desk) => desk.order(request));
      if (command === undefined) this.#again(step, id);
      else if (chance.is(0.1)) this.#again(step, id);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      asked(record, id).refusal = error.code;
    }
  }

  #again(step: OrderStep, id: string): void {
    if (step.tries >= 4) return;
    const at = this.clock.true + this.chance.between(1_000, 20_000);
    this.#script.push({ ...step, id, at, tries: step.tries + 1 });
    this.#script.sort((one, other) => one.at - other.at);
  }

  async #stopAt(scope: string): Promise<void> {
    const stopped = await this.server.attempt((desk) =>
      desk.emergencyStop(scope, null, { by: HAND }),
    );
    if (stopped !== undefined) this.record.stops.set(scope, this.clock.true);
  }

  async #release(scope: string): Promise<void> {
    try {
      this.record.stops.delete(scope);
      await this.server.attempt((desk) => desk.release(scope, { by: HAND }));
    } catch (error) {
      if (!(error instanceof AppError) || error.confirmation === undefined) throw error;
      const hand = { by: HAND, confirmation: error.confirmation };
      await this.server.attempt((desk) => desk.release(scope, hand));
    }
  }

  /** A start asked for by a clock that was then set back by hours: its time is not over. */
  mayStillBegin({ to, startedAt, notAfter }: Command): boolean {
    const isFromBefore = this.chaos.jumped.some(({ byMs }) => byMs < -SETTLE_MS);
    return isFromBefore && to === 'on' && startedAt === null && notAfter > this.clock.now();
  }

  async #isOver(): Promise<boolean> {
    const open = await this.state.commands.open();
    return open.every((command) => this.mayStillBegin(command)) && this.server.isUp;
  }
}

function asked({ asked: all }: TrialRecord, id: string): Asked {
  const found = all.get(id);
  if (found === undefined) throw new Error(`${id} was never asked for`);
  return found;
}
