import type { Alert } from './alert.ts';
import type { Quality } from './observation.ts';

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
  | { type: 'device'; coop: string; data: DeviceEvent };

/** Takes events from the rooms that make them; never blocks, never throws. */
export interface LivePublisher {
  publish(event: LiveEvent): void;
}
