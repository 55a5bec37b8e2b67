import type { DeviceKind } from '../contracts/device-kind.ts';
import type { Registry } from '../contracts/registry.ts';
import type { Device } from '../contracts/state.ts';
import type { Subject } from './choice.ts';

/** What scopes ask of a device that is registered. */
export function subjectOf(
  device: Device,
  { siteKind }: Pick<DeviceKind, 'siteKind'>,
  registry: Pick<Registry, 'site'>,
): Subject {
  const site = device.site === null ? undefined : registry.site(device.site);
  return { device, site: site ?? null, siteKind };
}
