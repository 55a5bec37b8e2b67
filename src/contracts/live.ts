import type { Alert } from './alert.ts';
import type { Command } from './command.ts';
import type { Observation, Quality } from './observation.ts';
import type { LatestValue } from './series.ts';

export interface ObservationEvent {
  device: string;
  site: string | null;
  coop: string;
  kind: string;
  time: number;
  quality: Quality;
  values: Readonly<Record<string, number>>;
}

export interface DeviceEvent {
  device: string;
  coop: string;
  site: string | null;
  /** `connected` and `disconnected` are seen by the broker, `status` is the device's own word. */
  event: 'connected' | 'disconnected' | 'status' | 'created' | 'changed' | 'removed';
  online: boolean;
}

/** What the stream carries, by event name. */
export type LiveEvent =
  | { type: 'observation'; coop: string; data: ObservationEvent }
  | { type: 'alert'; coop: string; data: Alert }
  | { type: 'command'; coop: string; data: Command }
  | { type: 'device'; coop: string; data: DeviceEvent };

/** Takes events from the rooms that make them; never blocks, never throws. */
export interface LivePublisher {
  publish(event: LiveEvent): void;
}

export type LiveEventType = LiveEvent['type'];

/** Which events a subscriber wants; absent does not narrow, empty is nothing. */
export interface LiveFilter {
  coops?: readonly string[];
  types?: readonly LiveEventType[];
  sites?: readonly string[];
  devices?: readonly string[];
}

/** Where a subscriber's events go, as text in the form of Server-Sent Events. */
export interface LiveSink {
  /** False when the reader is behind: nothing more is written until `drained` is called. */
  write(text: string): boolean;
  /** Called once, when the reader takes nothing for too long or the hub ends. It may resume. */
  close(): void;
}

export interface LiveSubscription {
  /** The reader has caught up with what was written. */
  drained(): void;
  end(): void;
}

/** Hands published events to whoever listens; remembers the last ones for those who come back. */
export interface LiveHub extends LivePublisher {
  /**
   * Sends what followed `lastEventId`, or a `resync` event first when that is not known. A reader
   * that falls behind gets a `resync` in place of what it missed.
   */
  subscribe(filter: LiveFilter, sink: LiveSink, lastEventId?: string): LiveSubscription;
  readonly subscribers: number;
  /** Ends every subscription. */
  close(): void;
}

/** The last value by observed time of every device and metric, in memory. */
export interface LatestValues {
  load(values: readonly LatestValue[]): void;
  observe(observations: readonly Observation[]): void;
  /** Forgets a removed device. */
  forget(device: string): void;
  /** By device in the order they were first heard, the metrics of one device together. */
  list(filter: LatestFilter): Iterable<LatestValue>;
}

export interface LatestFilter {
  coops?: readonly string[];
  sites?: readonly string[];
  devices?: readonly string[];
}
