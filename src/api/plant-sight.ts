import type { Principal } from '../contracts/access.ts';
import type { CommandSource } from '../contracts/command.ts';
import type { Programme } from '../contracts/irrigation.ts';
import type { Localized } from '../contracts/localized.ts';
import type { Device, Site } from '../contracts/state.ts';
import { requireAction, sees } from './authenticate.ts';
import type { ApiOptions } from './context.ts';
import { notFound, unknownReference } from './problems.ts';
import { invalid } from './series-params.ts';

/** A person, or the program whose token it is, as the source of a command. */
export function sourceOf({ name }: Principal): CommandSource {
  return { type: 'person', name, id: null };
}

/**
 * Throws 403 for a command that starts something, unless the caller may command. What ends
 * something asks for no more than the right to stop; what the kind does not know the desk refuses.
 */
export function requireOrder(
  { kinds, access }: ApiOptions,
  principal: Principal,
  { device, action }: { device: Device; action: string },
): void {
  const specs = kinds.get(device.kind)?.commands ?? [];
  const starts = specs.some((spec) => spec.action === action && spec.maxSeconds !== undefined);
  if (starts) requireAction(access, principal, 'command-devices');
}

/** A place as an emergency stop names it; throws 404 for one that the caller may not see. */
export async function requirePlace(
  { state, registry }: ApiOptions,
  principal: Principal,
  scope: string,
): Promise<void> {
  const [type, id = ''] = scope.split(':');
  if (type === 'coop') {
    const isThere = sees(principal, id) && (await state.coops.get(id)) !== undefined;
    if (!isThere) throw notFound('COOP', id);
  } else if (type === 'site') {
    const site = await state.sites.get(id);
    if (site === undefined || !sees(principal, site.coop)) throw notFound('SITE', id);
  } else {
    const device = registry.find(id);
    if (device === undefined || !sees(principal, device.coop)) throw notFound('DEVICE', id);
  }
}

/** The site in a path; one the caller may not see answers 404. */
export async function visibleSite(
  { state }: ApiOptions,
  principal: Principal,
  id: string,
): Promise<Site> {
  const site = await state.sites.get(id);
  if (site === undefined || !sees(principal, site.coop)) throw notFound('SITE', id);
  return site;
}

/**
 * The devices a body names, by field: nothing of one cooperative acts on, or listens to, what is
 * another's. Throws 422 naming the first that is not there.
 */
export function requireOwnDevices(
  { registry }: ApiOptions,
  coop: string,
  named: ReadonlyArray<readonly [field: string, device: string | null | undefined]>,
): void {
  for (const [field, id] of named) {
    if (id === null || id === undefined) continue;
    if (registry.find(id)?.coop !== coop) throw unknownReference('DEVICE', id, field);
  }
}

/** A programme the caller may see. */
export async function visibleProgramme(
  { programmes }: ApiOptions,
  principal: Principal,
  id: string,
): Promise<Programme> {
  const programme = await programmes.get(id);
  if (programme === undefined || !sees(principal, programme.coop)) {
    throw notFound('PROGRAMME', id);
  }
  return programme;
}

/** Throws 422 for a cooperative the caller may not see, and for valves that are not of it. */
export async function requireOwnZones(
  options: ApiOptions,
  principal: Principal,
  { coop, zones }: Pick<Programme, 'coop' | 'zones'>,
): Promise<void> {
  const isThere = sees(principal, coop) && (await options.state.coops.get(coop)) !== undefined;
  if (!isThere) throw unknownReference('COOP', coop, 'coop');
  const named = zones.map(({ device }, index) => [`zones.${index}.device`, device] as const);
  requireOwnDevices(options, coop, named);
}

/** Throws 400 when the body is of another thing than the path. */
export function requireSame(field: string, said: string | undefined, inPath: string): void {
  if (said !== undefined && said !== inPath) throw invalid(field, OTHER);
}

const OTHER: Localized = {
  vi: 'Mã trong nội dung khác với mã trong đường dẫn.',
  en: 'What the body names is not what the path names. Leave it out of the body.',
  fr: 'Le corps ne désigne pas la même chose que le chemin. Omettez-le du corps.',
};
