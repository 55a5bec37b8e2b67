import type { z } from 'zod';
import type { createdDeviceSchema, DeviceInput, deviceSchema } from '../../schemas/device.ts';
import { nearest } from '../base/suggest.ts';
import type { Principal } from '../contracts/access.ts';
import type { HealthFinding } from '../contracts/health.ts';
import type { DeviceEvent } from '../contracts/live.ts';
import type { Device, Presence } from '../contracts/state.ts';
import { sees } from './authenticate.ts';
import type { ApiOptions } from './context.ts';
import { createDeviceHealth, type DeviceHealth } from './device-health.ts';
import { ApiError, notFound, unknownReference } from './problems.ts';
import { withReferences } from './references.ts';

export type DeviceJson = z.output<typeof deviceSchema>;
export type CreatedDevice = z.output<typeof createdDeviceSchema>;

/** What callers do to devices, one by one or in bulk. */
export interface DeviceAdmin {
  visible(principal: Principal, id: string): Promise<Device>;
  present(devices: readonly Device[]): Promise<DeviceJson[]>;
  health: DeviceHealth;
  create(principal: Principal, input: DeviceInput): Promise<CreatedDevice>;
  renewSecret(device: Device, secret: string | undefined): Promise<CreatedDevice>;
  announce(device: Device, event: DeviceEvent['event']): void;
}

export function createDeviceAdmin(options: ApiOptions): DeviceAdmin {
  const { state, registry, access, broker, clock, kinds, live } = options;
  const health = createDeviceHealth(options);

  async function present(devices: readonly Device[]): Promise<DeviceJson[]> {
    const ids = devices.map((device) => device.id);
    const presences = ids.length === 0 ? [] : await state.presence.list(ids);
    const byDevice = new Map(presences.map((presence) => [presence.device, presence]));
    const findings = await health(devices);
    return devices.map((device) => view(device, byDevice.get(device.id), findings.get(device.id)));
  }

  function view(
    device: Device,
    presence?: Presence,
    findings: readonly HealthFinding[] = [],
  ): DeviceJson {
    return {
      ...device,
      expectedSeconds:
        registry.intervalSeconds(device.id) ?? kinds.get(device.kind)?.intervalSeconds ?? null,
      online: broker.connected(device.id),
      lastSeenAt: presence?.lastSeenAt ?? null,
      firmware: presence?.firmware ?? null,
      health: findings.map(({ code, severity }) => ({ code, severity })),
    };
  }

  function credentials(device: string, password: string): CreatedDevice['credentials'] {
    return { clientId: device, username: device, password };
  }

  function announce(device: Device, event: DeviceEvent['event']): void {
    const { id, coop, site } = device;
    const online = event !== 'removed' && broker.connected(id);
    live.publish({ type: 'device', coop, data: { device: id, coop, site, event, online } });
  }

  return {
    present,
    health,
    announce,

    async visible(principal, id) {
      const device = await state.devices.get(id);
      if (device === undefined || !sees(principal, device.coop)) throw notFound('DEVICE', id);
      return device;
    },

    async create(principal, input) {
      if (!sees(principal, input.coop)) throw unknownReference('COOP', input.coop, 'coop');
      if (!kinds.has(input.kind)) throw unknownKind(input.kind, kinds.keys());
      const device: Device = {
        id: input.id,
        coop: input.coop,
        site: input.site ?? null,
        kind: input.kind,
        name: input.name ?? null,
        intervalSeconds: input.intervalSeconds ?? null,
        tags: input.tags ?? [],
        gateway: input.gateway ?? null,
        createdAt: clock.now(),
      };
      const secret = input.secret ?? access.newDeviceSecret();
      await withReferences({ coop: device.coop, site: device.site }, () =>
        state.devices.create(device, access.hashSecret(secret)),
      );
      announce(device, 'created');
      return { device: view(device), credentials: credentials(device.id, secret) };
    },

    async renewSecret(device, given) {
      const secret = given ?? access.newDeviceSecret();
      await state.devices.addSecret(device.id, access.hashSecret(secret), clock.now());
      const [shown] = await present([device]);
      return {
        device: shown ?? view(device),
        credentials: credentials(device.id, secret),
      };
    },
  };
}

function unknownKind(name: string, known: Iterable<string>): ApiError {
  const names = [...known];
  const like = nearest(name, names);
  const list = names.join(', ');
  return new ApiError(
    'KIND_UNKNOWN',
    {
      vi: `Không có loại “${name}”${like === undefined ? '' : `; có phải là “${like}”?`} Các loại: ${list}.`,
      en: `There is no kind "${name}"${like === undefined ? '' : `; did you mean "${like}"?`} Kinds: ${list}.`,
      fr: `Le type « ${name} » n’existe pas${like === undefined ? '' : ` ; vouliez-vous dire « ${like} » ?`} Types : ${list}.`,
    },
    { field: 'kind' },
  );
}
