import type { SequenceClaim } from '../contracts/observation.ts';

/**
 * Undated reports remembered per device. A device sends again what was in flight when its link
 * broke (64 at most, the broker's bound) or what it kept over a night at one report in ten
 * minutes (72); 256 keys of 16 characters are 4 KiB a device.
 */
const KEYS_MAX = 256;

export interface Window {
  device: string;
  keys: string[];
}

/** The recent sequence keys of each device; tells a repeat of an undated report. */
export class SequenceWindows {
  #windows = new Map<string, string[]>();

  load(windows: readonly Window[]): void {
    this.#windows = new Map(windows.map(({ device, keys }) => [device, keys]));
  }

  /**
   * Which of the claims repeat an earlier report, and the windows as they will be. Nothing changes
   * until `commit`, so a failed transaction can be tried again.
   */
  settle(claims: readonly SequenceClaim[]): { repeats: SequenceClaim[]; changed: Window[] } {
    const repeats: SequenceClaim[] = [];
    const touched = new Map<string, { keys: string[]; known: Set<string> }>();
    for (const claim of claims) {
      let window = touched.get(claim.device);
      if (window === undefined) {
        const keys = this.#windows.get(claim.device) ?? [];
        window = { keys: [...keys], known: new Set(keys) };
        touched.set(claim.device, window);
      }
      if (window.known.has(claim.key)) {
        repeats.push(claim);
        continue;
      }
      window.known.add(claim.key);
      window.keys.push(claim.key);
    }
    const changed: Window[] = [];
    for (const [device, { keys }] of touched) changed.push({ device, keys: keys.slice(-KEYS_MAX) });
    return { repeats, changed };
  }

  commit(changed: readonly Window[]): void {
    for (const { device, keys } of changed) this.#windows.set(device, keys);
  }
}
