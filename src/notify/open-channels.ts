import { AppError, describeError } from '../base/errors.ts';
import type { CheckedSettings } from '../base/part-settings.ts';
import type {
  Channel,
  ChannelContext,
  ChannelSetting,
  OpenChannel,
  SendOutcome,
} from '../contracts/notify.ts';
import type { State } from '../contracts/state.ts';
import type { Channels } from './discover.ts';
import { presentable } from './hide.ts';
import { checkSettings } from './settings.ts';

export interface OpenChannelsOptions {
  channels: Channels;
  settings: readonly ChannelSetting[];
  state: Pick<State, 'settings'>;
  context: Pick<ChannelContext, 'now' | 'publish' | 'print'>;
}

interface Entry {
  channel: Channel;
  checked: CheckedSettings;
  opened: OpenChannel | null;
}

/** The channels that can send, opened with their settings; their secrets stay in here. */
export class OpenChannels {
  readonly #options: OpenChannelsOptions;
  #entries = new Map<string, Entry>();

  constructor(options: OpenChannelsOptions) {
    this.#options = options;
  }

  /** Throws CONFIG_UNKNOWN or CONFIG_INVALID before any channel opens. */
  open(): void {
    const { channels, settings } = this.#options;
    const checked = checkSettings(channels, settings);
    for (const channel of channels.values()) {
      const own = checked.get(channel.name) ?? {
        values: undefined,
        ready: false,
        missing: [],
        secrets: [],
      };
      const opened = own.ready
        ? channel.open(own.values as never, this.#context(channel.name))
        : null;
      this.#entries.set(channel.name, { channel, checked: own, opened });
    }
  }

  async close(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries = new Map();
    await Promise.allSettled(entries.map(({ opened }) => opened?.close?.()));
  }

  names(): string[] {
    return [...this.#options.channels.keys()];
  }

  find(name: string): Channel | undefined {
    return this.#options.channels.get(name);
  }

  isReady(name: string): boolean {
    return this.#entries.get(name)?.opened !== null && this.#entries.has(name);
  }

  missing(name: string): string[] {
    return this.#entries.get(name)?.checked.missing ?? [];
  }

  async publicKey(): Promise<string | null> {
    for (const { opened } of this.#entries.values()) {
      if (opened?.publicKey !== undefined) return opened.publicKey();
    }
    return null;
  }

  /** Sends, and makes an outcome of whatever goes wrong; what is answered holds no secret. */
  async send(name: string, send: (channel: OpenChannel) => Promise<SendOutcome>) {
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.opened === null) {
      const reason = `the channel ${name} is not set up`;
      return { state: 'refused', answer: '', reason } as const;
    }
    const outcome = await send(entry.opened).catch((error: unknown): SendOutcome => {
      return { state: 'retry', answer: '', reason: describeError(error) };
    });
    return presentable(outcome, entry.checked.secrets);
  }

  #context(name: string): ChannelContext {
    const { context, state } = this.#options;
    const keyOf = (key: string): string => `notify.${name}.${key}`;
    return {
      ...context,
      memory: {
        get: (key) => state.settings.get(keyOf(key)),
        set: (key, value) => state.settings.set(keyOf(key), value),
      },
    };
  }
}

export function late(ms: number): AppError {
  return new AppError('CHANNEL_LATE', `no answer within ${Math.round(ms / 1000)} s`);
}
