import { z } from 'zod';
import { repeat } from '../../base/clock.ts';
import { AppError, describeError } from '../../base/errors.ts';
import { type Answer, jsonOf } from '../../base/http-exchange.ts';
import {
  type Channel,
  defineChannel,
  type Message,
  type SendOutcome,
} from '../../contracts/notify.ts';
import { providerUrl } from '../channel-settings.ts';
import { fill, templateValues } from '../compose.ts';
import { presentable } from '../hide.ts';
import { laterOutcome, post } from '../http-post.ts';
import { ZaloTokens } from '../zalo-tokens.ts';

const PHONE = /^(\+?84|0)\d{8,10}$/;
/** `Access token invalid`, and what other interfaces of an official account answer instead. */
const TOKEN_CODES = [-124, -216, -220];
/** The number is wrong, has no account, or its owner takes no such messages. */
const PERSON_CODES = [-108, -114, -118];
const KEEP_ALIVE_MS = 6 * 3_600_000;
const TRACKING_ID_LENGTH_MAX = 48;

const answerShape = z.object({
  error: z.number(),
  message: z.string().optional(),
  data: z.object({ msg_id: z.string().optional() }).nullish(),
});

function isParameters(text: string): boolean {
  const result = z.record(z.string(), z.string()).safeParse(jsonOf({ status: 0, text }));
  return result.success;
}

const settings = z.strictObject({
  appId: z.string().min(1).describe('Id of the app at Zalo for Developers'),
  appSecret: z.string().min(4).meta({ secret: true }).describe('Secret key of the app'),
  refreshToken: z
    .string()
    .min(4)
    .meta({ secret: true })
    .describe('Refresh token of the official account, from its authorisation; used once'),
  templateId: z.string().min(1).describe('Id of the approved template'),
  parameters: z
    .string()
    .refine(isParameters, 'must be a JSON object of texts')
    .default('{"title":"{title:100}"}')
    .describe(
      'Parameters of the template as JSON, with {title}, {text}, {site}, {device}, {severity}, {url}; {title:30} is cut',
    ),
  url: providerUrl('https://business.openapi.zalo.me').describe('Where messages are sent'),
  oauthUrl: providerUrl('https://oauth.zaloapp.com').describe('Where tokens are renewed'),
});

const channel: Channel<typeof settings> = defineChannel({
  name: 'zalo-zns',
  title: { vi: 'Zalo ZNS', en: 'Zalo ZNS', fr: 'Zalo ZNS' },
  settings,
  isReady: () => true,
  checkAddress: (address) =>
    PHONE.test(address) ? null : 'a Vietnamese phone number such as 0901234567 is needed',
  perMinute: 60,
  open({ templateId, parameters, url, ...account }, context) {
    const { now } = context;
    const tokens = new ZaloTokens({ ...account, context });
    const stopper = new AbortController();
    const stopKeepAlive = repeat(KEEP_ALIVE_MS, () => tokens.keepAlive(stopper.signal));
    const template = JSON.parse(parameters) as Record<string, string>;

    const attempt = async (address: string, message: Message, signal: AbortSignal) => {
      const body = JSON.stringify({
        phone: address.replace(/^(\+84|0)/, '84'),
        template_id: templateId,
        template_data: filled(template, message),
        tracking_id: message.key.slice(0, TRACKING_ID_LENGTH_MAX),
      });
      const sendWith = async (token: string): Promise<SendOutcome | 'expired'> => {
        let isExpired = false;
        const headers = { 'content-type': 'application/json', access_token: token };
        const request = { url: `${url}/message/template`, headers, body };
        const outcome = await post(
          { ...request, signal, now, secrets: tokens.secrets },
          (answer): SendOutcome => {
            isExpired = isTokenRejected(answer);
            return judge(answer);
          },
        );
        return isExpired ? 'expired' : outcome;
      };
      const token = await tokens.current(signal);
      const first = await sendWith(token);
      if (first !== 'expired') return first;
      const second = await sendWith(await tokens.current(signal, token));
      if (second !== 'expired') return second;
      throw new AppError('ZALO_TOKEN', 'Zalo does not take the access token it has just given');
    };

    return {
      async send(address, message, signal) {
        try {
          return await attempt(address, message, signal);
        } catch (error) {
          const reason = describeError(error);
          return presentable({ state: 'retry', answer: '', reason }, tokens.secrets);
        }
      },
      async close() {
        stopKeepAlive();
        stopper.abort();
      },
    };
  },
});

function filled(template: Record<string, string>, message: Message): Record<string, string> {
  const values = templateValues(message);
  return Object.fromEntries(
    Object.entries(template).map(([name, text]) => [name, fill(text, values, (value) => value)]),
  );
}

function isTokenRejected(answer: Answer): boolean {
  const { data } = answerShape.safeParse(jsonOf(answer));
  return answer.status === 401 || TOKEN_CODES.includes(data?.error ?? 0);
}

/** Status 200 is not success: the answer's `error` is 0 then. */
function judge(answer: Answer): SendOutcome {
  const { success, data: said } = answerShape.safeParse(jsonOf(answer));
  if (!success) return laterOutcome(answer, `status ${answer.status} without Zalo's answer`);
  const { error, message = '', data } = said;
  if (error === 0) {
    const id = data?.msg_id;
    return { state: 'sent', answer: answer.text, ...(id === undefined ? {} : { providerId: id }) };
  }
  const reason = `${error} ${message}`.trim();
  if (PERSON_CODES.includes(error)) return { state: 'refused', answer: answer.text, reason };
  return laterOutcome(answer, reason);
}

export default channel;
