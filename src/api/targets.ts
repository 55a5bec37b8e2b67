import type { Principal } from '../contracts/access.ts';
import type { Device, Site } from '../contracts/state.ts';
import { sees } from './authenticate.ts';
import type { ApiOptions } from './context.ts';
import { notFound, unknownReference } from './problems.ts';

/** The devices of these ids; one the caller may not see answers 404, as if it were not there. */
export function requireDevices(
  { registry }: ApiOptions,
  principal: Principal,
  ids: readonly string[],
): Device[] {
  return ids.map((id) => {
    const device = registry.find(id);
    if (device === undefined || !sees(principal, device.coop)) throw notFound('DEVICE', id);
    return device;
  });
}

/** Throws 404 for a site the caller may not see. */
export async function requireSites(
  { state }: ApiOptions,
  principal: Principal,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    const site = await state.sites.get(id);
    if (site === undefined || !sees(principal, site.coop)) throw notFound('SITE', id);
  }
}

/** The site a body names; one the caller may not see answers 422, as if it were not there. */
export async function requireSiteOf(
  { state }: ApiOptions,
  principal: Principal,
  id: string,
): Promise<Site> {
  const site = await state.sites.get(id);
  if (site === undefined || !sees(principal, site.coop)) throw unknownReference('SITE', id, 'site');
  return site;
}
