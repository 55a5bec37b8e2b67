import type { Acknowledgement } from '../../schemas/acknowledgement.ts';
import { repeat } from '../../src/base/clock.ts';
import type { FleetTime } from '../device-run.ts';
import type { Controller } from './controller.ts';
import { ReportMoments, SETTLE_SECONDS } from './report-moments.ts';

/** What a controller does to the outside. */
export interface ControllerMouth {
  answer(acknowledgement: Acknowledgement): void;
  /** Reports what is, or was at an instant since. */
  report(at: number): void;
  /** Its power is gone, and its connection with it. */
  hangUp(): void;
}

/** Answers leave, and a lease's end is told, by so much later than they were due. */
const TURN_MS = 250;

/**
 * A controller on a wire: hears commands as they are published, lets its time go on with the fleet's
 * and speaks through the mouth it is given. Before the first command it costs nothing.
 */
export class ControllerLink {
  readonly controller: Controller;
  readonly #time: FleetTime;
  readonly #signal: AbortSignal;
  readonly #moments: ReportMoments;
  #mouth: ControllerMouth | null = null;
  #stop: (() => void) | null = null;
  #wasUp = true;

  constructor(options: { controller: Controller; time: FleetTime; signal: AbortSignal }) {
    this.controller = options.controller;
    this.#time = options.time;
    this.#signal = options.signal;
    this.#moments = new ReportMoments(options.controller, SETTLE_SECONDS);
  }

  speakThrough(mouth: ControllerMouth): void {
    this.#mouth = mouth;
    this.#turn();
  }

  /** A command arrived; a payload that is none is passed over, as there is nobody to answer. */
  receive(payload: string): void {
    this.controller.advance(this.#time.now());
    this.controller.receive(payload);
    this.#begin();
    this.#turn();
  }

  /** What was under way to the device died with its connection. */
  lost(): void {
    this.controller.drop();
  }

  isUp(): boolean {
    return this.controller.isUpAt(this.#time.now());
  }

  #begin(): void {
    if (this.#stop !== null || this.#signal.aborted) return;
    const stop = repeat(TURN_MS, () => this.#turn());
    this.#stop = stop;
    this.#signal.addEventListener('abort', stop, { once: true });
  }

  #turn(): void {
    const now = this.#time.now();
    this.controller.advance(now);
    const mouth = this.#mouth;
    if (mouth === null || this.#signal.aborted) return;
    const isUp = this.controller.isUpAt(now);
    if (this.#wasUp && !isUp) mouth.hangUp();
    this.#wasUp = isUp;
    for (const { acknowledgement } of this.controller.answers()) mouth.answer(acknowledgement);
    this.#moments.follow();
    for (const at of this.#moments.take(now)) mouth.report(at);
  }
}
