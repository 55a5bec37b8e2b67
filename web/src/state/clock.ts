import { signal } from '@preact/signals';

const SECOND_MS = 1_000;
/** Staleness is measured in minutes: sites are judged again this often without news. */
const QUARTER_MS = 15_000;
/** The Date header has whole seconds, and the answer takes its time: below this it is noise. */
const OFFSET_NOISE_MS = 2_000;

/** How far this phone's clock is behind the server's. Cheap phones are minutes off. */
let offsetMs = 0;

export function serverNow(): number {
  return Date.now() + offsetMs;
}

export function hearServerTime(serverMs: number): void {
  const heard = serverMs - Date.now();
  if (Math.abs(heard - offsetMs) > OFFSET_NOISE_MS) offsetMs = heard;
}

/** The server's time, for texts that count seconds. */
export const everySecond = signal(serverNow());
/** The server's time, for judgements. */
export const everyQuarter = signal(serverNow());

export function tick(): void {
  everySecond.value = serverNow();
  everyQuarter.value = serverNow();
}

setInterval(() => {
  if (document.hidden) return;
  everySecond.value = serverNow();
}, SECOND_MS);

setInterval(() => {
  if (document.hidden) return;
  everyQuarter.value = serverNow();
}, QUARTER_MS);
