import { signal } from '@preact/signals';
import type { WireMaintenance } from '../api/work-types.ts';
import { toMs } from '../domain/instant.ts';
import { api, session } from './session.ts';

/** The stream does not tell of it: what others start or end is seen after this. */
const READ_EVERY_MS = 60_000;

export interface Maintenance extends Omit<WireMaintenance, 'from' | 'until'> {
  from: number;
  until: number;
}

/** Where people work, now or as planned; what ends first comes first. */
export const maintenance = signal<readonly Maintenance[]>([]);

/** Throws ApiProblem. */
export async function readMaintenance(): Promise<void> {
  const windows = await api.list<WireMaintenance>('/maintenance');
  maintenance.value = windows.map(({ from, until, ...rest }) => {
    return { ...rest, from: toMs(from), until: toMs(until) };
  });
}

/** The one under which a site stands now, that ends last. */
export function maintenanceOf(
  place: { site: string; coop: string },
  now: number,
): Maintenance | undefined {
  const here = maintenance.value.filter(({ site, coop, from, until }) => {
    const isHere = site === null ? coop === place.coop : site === place.site;
    return isHere && from <= now && now < until;
  });
  return here.pop();
}

setInterval(() => {
  if (document.hidden || session.value.state !== 'in') return;
  // What was read before stands until it ends by itself.
  readMaintenance().catch(() => undefined);
}, READ_EVERY_MS);
