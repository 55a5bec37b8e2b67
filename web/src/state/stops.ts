import { signal } from '@preact/signals';
import type { WireStop } from '../api/plant-types.ts';
import type { Farm } from '../domain/farm.ts';
import { onCommand } from './commands-heard.ts';
import { api, session } from './session.ts';

/** A stop of a place with nothing running there is told by no event. */
const READ_EVERY_MS = 30_000;

/** Emergency stops that stand, the newest first. */
export const stops = signal<readonly WireStop[]>([]);

/** Throws ApiProblem. */
export async function readStops(): Promise<void> {
  const read = await api.list<WireStop>('/emergency-stops');
  stops.value = read.sort((a, b) => (String(a.at) < String(b.at) ? 1 : -1));
}

/** What a scope is called, `site:p1` as `Ao 1`. */
export function placeOfScope(scope: string, { coops, sites, devices }: Farm): string {
  const [type, id = ''] = scope.split(':');
  if (type === 'coop') return coops.get(id)?.name ?? id;
  return (type === 'site' ? sites.get(id)?.name : devices.get(id)?.name) || id;
}

// What was read before stands until the next time.
const readAgain = (): void => void readStops().catch(() => undefined);

onCommand(({ source, reason }) => {
  if (source.type === 'emergency-stop' || reason === 'ACTUATOR_STOPPED') readAgain();
});

setInterval(() => {
  if (!document.hidden && session.value.state === 'in') readAgain();
}, READ_EVERY_MS);
