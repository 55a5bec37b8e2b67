import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { type Answer, isSuccess } from '../../base/http-exchange.ts';
import { isLoopback } from '../../base/loopback.ts';
import { NetworkGuard } from '../../base/network-guard.ts';
import { hostOf } from '../../base/provider-url.ts';
import {
  type Channel,
  defineChannel,
  type Message,
  type SendOutcome,
} from '../../contracts/notify.ts';
import { certificateFile, networkList } from '../channel-settings.ts';
import { laterOutcome, post } from '../http-post.ts';

/** A receiver stores what it gets and answers; it has all day to work on it. */
const DEADLINE_MS = 5_000;
const URL_LENGTH_MAX = 2_000;
const SECRET_PREFIX = 'whsec_';
/** Bytes of a secret as the Standard Webhooks specification has them. */
const SECRET_BYTES = { min: 24, max: 64 };
/** The receiver does not want such a request, now or later; other answers may be its bad day. */
const REFUSED_STATUSES = [400, 405, 406, 410, 411, 413, 414, 415, 422];
/** Parts of a URL so long are likely what lets one in. */
const URL_SECRET_LENGTH_MIN = 16;

function secretBytes(secret: string): Buffer {
  return Buffer.from(secret.slice(SECRET_PREFIX.length), 'base64');
}

function isSecret(text: string): boolean {
  const { length } = secretBytes(text);
  return text.startsWith(SECRET_PREFIX) && length >= SECRET_BYTES.min && length <= SECRET_BYTES.max;
}

const settings = z.strictObject({
  secret: z
    .string()
    .refine(isSecret, 'must be whsec_ and 24 to 64 bytes in base64')
    .meta({ secret: true })
    .describe('What signs each request: whsec_ and 24 to 64 random bytes in base64'),
  allowNetworks: networkList(),
  caFile: certificateFile(),
});

const channel: Channel<typeof settings> = defineChannel({
  name: 'webhook',
  title: { vi: 'Webhook', en: 'Webhook', fr: 'Webhook' },
  settings,
  isReady: () => true,
  checkAddress(address) {
    if (address.length > URL_LENGTH_MAX || !URL.canParse(address)) return 'a URL is needed';
    const url = new URL(address);
    if (url.username !== '' || url.password !== '') return 'a URL without a password is needed';
    if (url.protocol === 'https:') return null;
    const isLocal = url.protocol === 'http:' && isLoopback(hostOf(url));
    return isLocal ? null : 'an https URL is needed';
  },
  perMinute: 600,
  open({ secret, allowNetworks, caFile: certificates }, { now }) {
    const guard = new NetworkGuard(allowNetworks);
    const signingKey = secretBytes(secret);
    return {
      async send(address, message, signal) {
        const fault = channel.checkAddress(address);
        if (fault !== null) return { state: 'refused', answer: '', reason: fault };
        const body = bodyOf(message);
        const timestamp = String(Math.floor(now() / 1_000));
        const signed = `${message.key}.${timestamp}.${body}`;
        const signature = createHmac('sha256', signingKey).update(signed).digest('base64');
        const headers = {
          'content-type': 'application/json',
          'webhook-id': message.key,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signature}`,
          'idempotency-key': message.key,
        };
        const secrets = [secret, ...secretsIn(new URL(address))];
        const request = { url: address, headers, body, signal, now, guard, certificates, secrets };
        return post({ ...request, deadlineMs: DEADLINE_MS }, judge);
      },
    };
  },
});

function bodyOf({ key, severity, language, title, text, url, alerts }: Message): string {
  const told = alerts.map((alert) => ({ ...alert, onset: new Date(alert.onset).toISOString() }));
  const data = { id: key, severity, language, title, text, url, alerts: told };
  return JSON.stringify({ type: 'notification', data });
}

function judge(answer: Answer): SendOutcome {
  const { status, text } = answer;
  if (isSuccess(answer)) return { state: 'delivered', answer: `${status} ${text}`.trim() };
  const reason = `status ${status}`;
  if (status >= 300 && status < 400) {
    return { state: 'refused', answer: text, reason: `${reason}: redirects are not followed` };
  }
  if (REFUSED_STATUSES.includes(status)) return { state: 'refused', answer: text, reason };
  return laterOutcome(answer, reason);
}

/** Many receivers know their caller by the URL alone. */
function secretsIn({ pathname, search }: URL): string[] {
  return `${pathname}${search}`
    .split(/[/?&=]/)
    .filter(({ length }) => length >= URL_SECRET_LENGTH_MIN)
    .flatMap((part) => [part, decoded(part)]);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export default channel;
