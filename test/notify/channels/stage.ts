import { expect, onTestFinished } from 'vitest';
import type {
  Channel,
  ChannelSetting,
  Message,
  MessageAlert,
  OpenChannel,
  SendOutcome,
} from '#src/contracts/notify';
import { loadChannels } from '#src/notify/discover';
import { checkSettings } from '#src/notify/settings';

export const NOW = Date.parse('2026-11-22T20:00:00Z');

export const alert: MessageAlert = {
  id: 'a-1',
  coop: 'an-binh',
  site: 'ao-3',
  device: 'pond-3',
  rule: 'oxygen-low',
  severity: 'critical',
  state: 'open',
  onset: NOW - 60_000,
};

export const message: Message = {
  key: '7f3a09c1d2',
  severity: 'critical',
  language: 'vi',
  title: 'Ao 3: Oxy hòa tan 2,8 ↓ – Bật quạt nước ngay',
  text: 'Nguy cấp: Oxy thấp\nOxy hòa tan: 2,8 mg/L ↓\n1. Bật quạt nước.\n2. Ngừng cho ăn.',
  url: 'https://farm.example/#/alerts?id=a-1',
  alerts: [alert],
};

/** A channel that is open, with what it keeps and what it told the operator. */
export class Stage {
  readonly memory = new Map<string, string>();
  readonly printed: string[] = [];
  readonly published: Array<{ topic: string; payload: string }> = [];
  /** Texts that must be seen nowhere. */
  readonly secrets: string[] = [];
  now = NOW;
  keep = async (key: string, value: string): Promise<void> => void this.memory.set(key, value);
  publish = async (_topic: string): Promise<void> => undefined;
  #outcomes: SendOutcome[] = [];
  #channel: Channel;
  #opened!: OpenChannel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  open(settings: Readonly<Record<string, string>>): void {
    const prefix = this.#channel.name.replaceAll('-', '_').toUpperCase();
    const given = Object.entries(settings).map(
      ([key, value]): ChannelSetting => ({
        ...{ name: `${prefix}_${key}`, value, source: 'the test', inFile: false },
      }),
    );
    const channels = new Map([[this.#channel.name, this.#channel]]);
    const checked = checkSettings(channels, given).get(this.#channel.name);
    expect(checked).toMatchObject({ ready: true, missing: [] });
    this.secrets.push(...(checked?.secrets ?? []));
    this.#opened = this.#channel.open(checked?.values as never, {
      now: () => this.now,
      publish: async (topic, payload) => {
        await this.publish(topic);
        this.published.push({ topic, payload: Buffer.from(payload).toString('utf8') });
      },
      memory: { get: async (key) => this.memory.get(key), set: (...pair) => this.keep(...pair) },
      print: (line) => this.printed.push(line),
    });
  }

  async send(
    address: string,
    change: Partial<Message> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<SendOutcome> {
    const outcome = await this.#opened.send(address, { ...message, ...change }, signal);
    this.#outcomes.push(outcome);
    expect(outcome.answer.length).toBeLessThanOrEqual(500);
    return outcome;
  }

  publicKey(): Promise<string> | undefined {
    return this.#opened.publicKey?.();
  }

  async close(): Promise<void> {
    await this.#opened.close?.();
    const seen = JSON.stringify([this.#outcomes, this.printed]);
    for (const secret of this.secrets) expect(seen).not.toContain(secret);
  }
}

/** What closes looks for secrets in all that was answered and printed. */
export async function openStage(
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<Stage> {
  const channel = (await loadChannels()).get(name);
  if (channel === undefined) throw new Error(`there is no channel ${name}`);
  const stage = new Stage(channel);
  stage.open(settings);
  onTestFinished(() => stage.close());
  return stage;
}

export async function checkAddress(name: string, address: string): Promise<string | null> {
  return (await loadChannels()).get(name)?.checkAddress(address) ?? null;
}

/** Fires after a while that no provider of a test needs. */
export const soon = (): AbortSignal => AbortSignal.timeout(300);
