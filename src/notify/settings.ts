import {
  type CheckedSettings,
  type PartFamily,
  PartSettings,
  type SettingRow,
} from '../base/part-settings.ts';
import type { Channel, ChannelSetting } from '../contracts/notify.ts';

const FAMILY: PartFamily = { prefix: 'SLUICE_NOTIFY_', noun: 'channel' };

/** What the configuration says of channels, by channel. Errors are those of `PartSettings`. */
export function checkSettings(
  channels: ReadonlyMap<string, Channel>,
  given: readonly ChannelSetting[],
): Map<string, CheckedSettings> {
  return new PartSettings(FAMILY, channels).check(given);
}

/** The settings of every channel as rows for the README. */
export function describeSettings(channels: ReadonlyMap<string, Channel>): SettingRow[] {
  return new PartSettings(FAMILY, channels).describe();
}
