import { createHash } from 'node:crypto';
import webPush from 'web-push';
import { z } from 'zod';
import { type Answer, isSuccess, jsonOf } from '../../base/http-exchange.ts';
import { NetworkGuard } from '../../base/network-guard.ts';
import {
  type Channel,
  type ChannelContext,
  defineChannel,
  type Message,
  type SendOutcome,
} from '../../contracts/notify.ts';
import { certificateFile, networkList } from '../channel-settings.ts';
import { cut } from '../compose.ts';
import { laterOutcome, post } from '../http-post.ts';

/**
 * RFC 8030 clause 7.2: services take 4,096 bytes; RFC 8291 clause 4 adds a header of 86, a tag of
 * 16 and a delimiter of 1.
 */
const PAYLOAD_BYTES_MAX = 4_096 - 86 - 16 - 1;
/** How long the service keeps it for a phone that is off: later it is no news any more. */
const KEEP_SECONDS = 4 * 3_600;
/** RFC 8030 clause 5.4. */
const TOPIC_LENGTH_MAX = 32;
/** RFC 8291 clause 3.1: an uncompressed point of P-256, and a secret of sixteen bytes. */
const POINT_BYTES = 65;
const AUTH_BYTES = 16;
const KEYS = 'vapid';
/** The subscription is over, or was made for another key, or the message can never be taken. */
const REFUSED_STATUSES = [400, 403, 404, 410, 413];

function hasBytes(bytes: number): (text: string) => boolean {
  return (text) => Buffer.from(text, 'base64url').length === bytes;
}

const subscription = z.object({
  endpoint: z.url({ protocol: /^https$/ }).max(1_000),
  keys: z.object({
    p256dh: z.string().refine(hasBytes(POINT_BYTES)),
    auth: z.string().refine(hasBytes(AUTH_BYTES)),
  }),
});

const keyPair = z.object({ publicKey: z.string(), privateKey: z.string() });

const settings = z.strictObject({
  subject: z
    .string()
    .regex(/^(mailto:.+@.+|https:\/\/.+)$/, 'must be mailto:… or https://…')
    .describe('Whom push services can ask about the messages, mailto: or https:'),
  allowNetworks: networkList(),
  caFile: certificateFile(),
});

const channel: Channel<typeof settings> = defineChannel({
  name: 'web-push',
  title: { vi: 'Thông báo đẩy', en: 'Push message', fr: 'Notification push' },
  settings,
  isReady: () => true,
  checkAddress: (address) =>
    readSubscription(address) === undefined
      ? 'a push subscription is needed, as JSON with endpoint and keys'
      : null,
  perMinute: 600,
  open({ subject, allowNetworks, caFile: certificates }, { memory, now }) {
    const guard = new NetworkGuard(allowNetworks);
    let loading: Promise<VapidKeys> | undefined;
    /** One pair for good: browsers are subscribed to it. */
    const keys = (): Promise<VapidKeys> => {
      loading ??= keptKeys(memory).catch((error: unknown) => {
        loading = undefined;
        throw error;
      });
      return loading;
    };
    return {
      publicKey: async () => (await keys()).publicKey,
      async send(address, message, signal) {
        const target = readSubscription(address);
        if (target === undefined) {
          return { state: 'refused', answer: '', reason: 'it is no push subscription' };
        }
        const details = webPush.generateRequestDetails(target, payloadOf(message), {
          vapidDetails: { subject, ...(await keys()) },
          TTL: KEEP_SECONDS,
          urgency: message.severity === 'critical' ? 'high' : 'normal',
          ...topicOf(message),
        });
        const headers = Object.entries(details.headers).map(([name, value]) => [name, `${value}`]);
        const request = {
          url: details.endpoint,
          headers: Object.fromEntries(headers) as Record<string, string>,
          body: details.body,
          // Whoever has the endpoint may send to it.
          secrets: [target.endpoint, new URL(target.endpoint).pathname, target.keys.auth],
        };
        return post({ ...request, signal, now, guard, certificates }, judge);
      },
    };
  },
});

type VapidKeys = z.output<typeof keyPair>;

async function keptKeys(memory: ChannelContext['memory']): Promise<VapidKeys> {
  const kept = await memory.get(KEYS);
  if (kept !== undefined) return keyPair.parse(JSON.parse(kept));
  const made = webPush.generateVAPIDKeys();
  await memory.set(KEYS, JSON.stringify(made));
  return made;
}

function readSubscription(address: string): z.output<typeof subscription> | undefined {
  return subscription.safeParse(jsonOf({ status: 0, text: address })).data;
}

/** What the page's service worker shows; the text is shortened to what services take. */
function payloadOf({ key, severity, language, title, text, url }: Message): string {
  for (let length = text.length; ; length = Math.floor(length * 0.8)) {
    const body = cut(text, length);
    const payload = JSON.stringify({ id: key, severity, language, title, body, url });
    if (Buffer.byteLength(payload) <= PAYLOAD_BYTES_MAX || length === 0) return payload;
  }
}

/** Later news of an alert take the place of earlier ones that a phone has not fetched. */
function topicOf({ alerts }: Message): { topic?: string } {
  const [alert, ...others] = alerts;
  if (alert === undefined || others.length > 0) return {};
  const hash = createHash('sha256').update(alert.id).digest('base64url');
  return { topic: hash.slice(0, TOPIC_LENGTH_MAX) };
}

function judge(answer: Answer): SendOutcome {
  const { status, text } = answer;
  const said = `${status} ${text}`.trim();
  if (isSuccess(answer)) return { state: 'sent', answer: said };
  if (REFUSED_STATUSES.includes(status)) {
    const isOver = status === 404 || status === 410;
    const reason = isOver ? 'the subscription is over' : `status ${status}`;
    return { state: 'refused', answer: said, reason };
  }
  return laterOutcome(answer, `status ${status}`);
}

export default channel;
