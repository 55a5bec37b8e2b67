import { fileURLToPath } from 'node:url';
import { discoverFiles } from '../base/discovery.ts';
import { AppError } from '../base/errors.ts';
import type { SettingRow } from '../base/part-settings.ts';
import type { Channel } from '../contracts/notify.ts';
import { describeSettings } from './settings.ts';

const CHANNELS_DIR = fileURLToPath(new URL('./channels', import.meta.url));

export type Channels = ReadonlyMap<string, Channel>;

/** Every channel of `src/notify/channels/`, by name. Throws CHANNEL_INVALID, DISCOVERY_FAILED. */
export async function loadChannels(dir: string = CHANNELS_DIR): Promise<Channels> {
  const channels = await discoverFiles<Channel>(dir);
  for (const [file, { name }] of channels) {
    if (name === file) continue;
    throw new AppError('CHANNEL_INVALID', `the channel of ${file} calls itself ${name}`);
  }
  return channels;
}

/** The channels' settings as rows for the README. */
export async function describeChannels(): Promise<SettingRow[]> {
  return describeSettings(await loadChannels());
}
