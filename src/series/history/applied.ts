import type { AppliedCorrections, DeviceCorrections } from '../../contracts/corrections.ts';
import type { CorrectionSpan } from '../../contracts/history.ts';
import { type CorrectionList, correctedValue } from './corrector.ts';

/** Corrections for who judges values as they come, with a word for every change. */
export class JudgedCorrections implements AppliedCorrections {
  readonly #list: CorrectionList;
  readonly #listeners = new Set<(span: CorrectionSpan) => void>();
  /** One for each device while its corrections stay the same. */
  #byDevice = new Map<string, DeviceCorrections>();

  constructor(list: CorrectionList) {
    this.#list = list;
  }

  of(device: string): DeviceCorrections | undefined {
    const stamp = this.#list.stamp(device);
    if (stamp === undefined) return undefined;
    const known = this.#byDevice.get(device);
    if (known?.stamp === stamp) return known;
    const made = { stamp, apply: applierOf(this.#list, device) };
    this.#byDevice.set(device, made);
    return made;
  }

  onChange(listener: (span: CorrectionSpan) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** To be called for every span that changed, once the list knows of it. */
  tell(span: CorrectionSpan): void {
    for (const listener of this.#listeners) listener(span);
  }
}

function applierOf(list: CorrectionList, device: string): DeviceCorrections['apply'] {
  return (metric, time, raw) => {
    const stretch = list.of({ device, metric })?.at(time);
    if (stretch === undefined) return { value: raw, suspect: false };
    if (stretch.flag === 'invalid') return null;
    return { value: correctedValue(raw, stretch), suspect: stretch.flag === 'suspect' };
  };
}
