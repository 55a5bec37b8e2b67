import {
  followWitness,
  type Verdict,
  WITNESS_UNKNOWN,
  type WitnessChange,
  type WitnessEvent,
  type WitnessMemory,
  type WitnessSample,
} from '#src/commands/witness';
import { FLOW_WITNESS } from './plant-scene.ts';

/** Seconds since the beginning, as the server's clock has them. */
export const T0 = Date.UTC(2026, 10, 22);
export const at = (seconds: number): number => T0 + Math.round(seconds * 1000);

export function change(
  cause: WitnessChange['cause'],
  seconds: number,
  other: Partial<WitnessChange> = {},
): WitnessChange {
  return {
    type: 'change',
    command: `${cause} at ${seconds}`,
    cause,
    to: cause === 'start' ? 'on' : 'off',
    at: at(seconds),
    device: 'v1',
    witness: FLOW_WITNESS,
    goodRuns: [],
    nominalFlow: 20,
    intervalSeconds: 60,
    ...other,
  };
}

export function seen(
  seconds: number,
  value: number,
  other: Partial<WitnessSample> & { receivedSeconds?: number } = {},
): WitnessSample {
  const { receivedSeconds = seconds, ...rest } = other;
  return {
    type: 'sample',
    at: at(seconds),
    receivedAt: at(receivedSeconds),
    value,
    quality: 'good',
    aloneSince: 0,
    suppliedSince: 0,
    ...rest,
  };
}

export function time(seconds: number): WitnessEvent {
  return { type: 'time', now: at(seconds) };
}

/** All verdicts of a story, and what is remembered at its end. */
export function tell(
  events: readonly WitnessEvent[],
  from: WitnessMemory = WITNESS_UNKNOWN,
): { memory: WitnessMemory; verdicts: Verdict[] } {
  let memory = from;
  const verdicts: Verdict[] = [];
  for (const event of events) {
    const step = followWitness(memory, event);
    memory = step.memory;
    verdicts.push(...step.verdicts);
  }
  return { memory, verdicts };
}

/** Its verdicts as words, with what is still pending. */
export function words(events: readonly WitnessEvent[], from?: WitnessMemory): string[] {
  const { memory, verdicts } = tell(events, from);
  const pending = memory.watch === null ? [] : [`${memory.watch.cause} pending`];
  return [...verdicts.map(({ cause, state }) => `${cause} ${state}`), ...pending];
}
