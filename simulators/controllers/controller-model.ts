import type { Acknowledgement } from '../../schemas/acknowledgement.ts';
import type { Position } from '../../src/contracts/actuator.ts';
import type { SimulatedReport } from '../report.ts';
import { Controller, type ControllerOptions, type ControllerTruth } from './controller.ts';
import { ReportMoments, SETTLE_SECONDS } from './report-moments.ts';

export interface ControllerModelOptions extends ControllerOptions {
  /** Seconds between reports; by default the kind's own. */
  intervalSeconds?: number;
  /**
   * Besides the interval it reports at each change of its drive and once so long after it, when
   * lines are full or empty. Null: by the interval alone.
   */
  settleSeconds?: number | null;
  boot?: string;
}

/** What a device publishes at `at`: topic, payload, and what is in it. */
export type ControllerMessage =
  | { at: number; topic: 'ack'; payload: string; acknowledgement: Acknowledgement }
  | { at: number; topic: 'report'; payload: string; report: SimulatedReport };

/**
 * A controlled device without a socket: orders go in, time goes on, messages come out. Everything
 * follows from its options, so a failed run is repeated by its seed.
 */
export class ControllerModel {
  readonly #controller: Controller;
  readonly #intervalMs: number;
  readonly #boot: string;
  readonly #messages: ControllerMessage[] = [];
  readonly #moments: ReportMoments;
  #reportedAt: number;
  #boots = 0;
  #sequence = 0;

  constructor(options: ControllerModelOptions) {
    const {
      kind,
      intervalSeconds = kind.intervalSeconds,
      settleSeconds = SETTLE_SECONDS,
    } = options;
    this.#controller = new Controller({ isCommanded: true, ...options });
    this.#intervalMs = intervalSeconds * 1000;
    this.#moments = new ReportMoments(this.#controller, settleSeconds);
    this.#boot = options.boot ?? 'b';
    this.#reportedAt = options.startAt;
  }

  get now(): number {
    return this.#controller.now;
  }

  /** When it acts or reports by itself next. */
  nextAt(): number {
    return Math.min(this.#controller.nextAt(), this.#reportAt());
  }

  /** A command published to it now, as payload or object. One that is down does not hear it. */
  receive(message: unknown): void {
    this.#controller.receive(message);
    this.#gather();
  }

  /** The server closed the connection: what was under way to the device is lost. */
  drop(): void {
    this.#controller.drop();
  }

  /** Lets time go on to `time`, event by event. */
  advance(time: number): void {
    while (this.nextAt() < time) this.#advanceTo(Math.max(this.now, this.nextAt()));
    this.#advanceTo(time);
  }

  /** Everything it published up to now and was not taken yet, in the order of the wire. */
  reports(): ControllerMessage[] {
    return this.#messages.splice(0, this.#messages.length);
  }

  /** What it drives its part to. */
  position(): Position {
    return this.#controller.position();
  }

  truth(): ControllerTruth {
    return this.#controller.truth();
  }

  #advanceTo(time: number): void {
    this.#controller.advance(time);
    this.#gather();
    const due = this.#reportAt();
    if (due > time) return;
    this.#report(time);
    this.#reportedAt = time;
    this.#moments.take(time);
  }

  #reportAt(): number {
    const slot = (Math.floor(this.#reportedAt / this.#intervalMs) + 1) * this.#intervalMs;
    return Math.min(slot, this.#moments.next());
  }

  /** Answers that left, and moments to report at. */
  #gather(): void {
    for (const { at, acknowledgement } of this.#controller.answers()) {
      const payload = JSON.stringify(acknowledgement);
      this.#messages.push({ at, topic: 'ack', payload, acknowledgement });
    }
    this.#moments.follow();
  }

  #report(at: number): void {
    const controller = this.#controller;
    if (!controller.isUpAt(at)) return;
    const values = controller.values(at, this.#intervalMs / 1000);
    if (values === null) return;
    const boots = controller.bootsAt(at);
    if (boots !== this.#boots) this.#sequence = 0;
    this.#boots = boots;
    const error = controller.clockErrorAt(at);
    const report: SimulatedReport = {
      sequence: this.#sequence++,
      observedAt: at + (error ?? 0),
      values,
    };
    const payload = JSON.stringify({
      // A device that does not know the time says none, and the server takes its own.
      ...(error === null ? {} : { observedAt: new Date(report.observedAt).toISOString() }),
      sequence: report.sequence,
      boot: `${this.#boot}${boots}`,
      values,
    });
    this.#messages.push({ at, topic: 'report', payload, report });
  }
}

/** Lets several go on to `time` by each other's events: for those that share a pump. */
export function advanceTogether(models: readonly ControllerModel[], time: number): void {
  for (;;) {
    const next = Math.min(time, ...models.map((model) => Math.max(model.now, model.nextAt())));
    for (const model of models) model.advance(next);
    if (next >= time) return;
  }
}
