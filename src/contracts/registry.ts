import type { Source } from './frame.ts';
import type { Device, Site } from './state.ts';

/** The devices of this instance in memory, in step with the state. */
export interface Registry {
  find(device: string): Device | undefined;
  all(): Iterable<Device>;
  readonly size: number;
  /** Seconds between its reports, as they taught themselves; null while too little is known. */
  learnedSeconds(device: string): number | null;
  /** Seconds expected between its reports: declared, else learned; null: the kind's own. */
  intervalSeconds(device: string): number | null;
  /** A site as it is now; a change of it is told for each device that stands there. */
  site(id: string): Site | undefined;
  /**
   * What the device's messages are filed under, or undefined when id and secret do not belong
   * together. Constant time, the same for unknown ids.
   */
  authenticate(device: string, secret: Uint8Array): Source | undefined;
  /** What the device's messages are filed under now. */
  source(device: string): Source | undefined;
  /** Called with a device id after it was created, changed, given a new secret or removed. */
  onChange(listener: (device: string) => void): () => void;
}
