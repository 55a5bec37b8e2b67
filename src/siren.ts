import { AppError } from './base/errors.ts';
import type { DeviceMessenger } from './contracts/messenger.ts';
import type { Registry } from './contracts/registry.ts';

/**
 * Publishes for a siren at the pond. Devices hear nothing but their own topics, so a siren is a
 * device that listens on its command topic, `sluice/v1/<coop>/<device>/command`.
 */
export function createSirenPublisher(
  registry: Pick<Registry, 'source'>,
  broker: Pick<DeviceMessenger, 'send'>,
): (topic: string, payload: Uint8Array) => Promise<void> {
  return async (topic, payload) => {
    const device = topic.split('/')[3] ?? '';
    const source = registry.source(device);
    if (source === undefined || topic !== `sluice/v1/${source.coop}/${device}/command`) {
      throw new AppError('SIREN_UNKNOWN', `no device listens on ${topic.slice(0, 200)}`, {
        hint: 'Use the command topic of a registered device: sluice/v1/<coop>/<device>/command.',
      });
    }
    if (await broker.send(device, 'command', Buffer.from(payload).toString('utf8'))) return;
    throw new AppError('SIREN_SILENT', `${device} is not connected or does not listen`);
  };
}
