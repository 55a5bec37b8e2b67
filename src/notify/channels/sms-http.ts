import { z } from 'zod';
import { type Answer, isSuccess } from '../../base/http-exchange.ts';
import { isProviderUrl } from '../../base/provider-url.ts';
import { type Channel, defineChannel, type SendOutcome } from '../../contracts/notify.ts';
import { fill, templateValues } from '../compose.ts';
import { laterOutcome, post } from '../http-post.ts';
import { fitSms, withoutMarks } from '../sms-text.ts';

/** E.164: at most fifteen digits; without the plus as it is dialled at home. */
const PHONE = /^\+?\d{8,15}$/;
/** A word of a template so long may be a key; shorter ones are names of fields. */
const KEY_LENGTH_MIN = 6;
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

const settings = z.strictObject({
  url: z
    .string()
    .refine(isProviderUrl, 'must be an https address, or http within a network of your own')
    .meta({ secret: true })
    .describe('Address of the gateway; {phone}, {digits} and {text} stand for the message'),
  method: z.enum(['GET', 'POST']).default('POST').describe('GET or POST'),
  body: z
    .string()
    .default('')
    .meta({ secret: true })
    .describe('Body with {phone}, {digits} and {text}; their signs are escaped after its type'),
  contentType: z.string().default(JSON_TYPE).describe('Type of the body'),
  authorization: z
    .string()
    .optional()
    .meta({ secret: true })
    .describe('Authorization header, whole'),
  success: z.string().min(1).describe('What an answer contains when the message was taken'),
  refusal: z
    .string()
    .min(1)
    .optional()
    .describe('What an answer contains when it never will be, such as for a wrong number'),
  plain: z
    .enum(['true', 'false'])
    .default('true')
    .describe('Without Vietnamese marks: 160 characters a part, not 70'),
  parts: z.coerce.number().int().min(1).max(4).default(1).describe('Parts a message may cost'),
});

const channel: Channel<typeof settings> = defineChannel({
  name: 'sms-http',
  title: { vi: 'Tin nhắn SMS', en: 'SMS', fr: 'SMS' },
  settings,
  isReady: () => true,
  checkAddress: (address) =>
    PHONE.test(address) ? null : 'a phone number such as +84901234567 is needed',
  // Gateways take one to ten a second.
  perMinute: 60,
  open({ url, method, body, contentType, authorization, success, refusal, ...sms }, { now }) {
    const secrets = [authorization ?? '', ...keysIn(url), ...keysIn(body)];
    const escaped = escapeFor(contentType);
    const headers = {
      ...(method === 'POST' ? { 'content-type': contentType } : {}),
      ...(authorization === undefined ? {} : { authorization }),
    };
    const judge = (answer: Answer): SendOutcome => {
      const { status, text } = answer;
      if (isSuccess(answer) && text.includes(success)) return { state: 'sent', answer: text };
      const reason = `status ${status} without "${success}"`;
      if (refusal !== undefined && text.includes(refusal)) {
        return { state: 'refused', answer: text, reason };
      }
      return laterOutcome(answer, reason);
    };
    return {
      send(address, message, signal) {
        const whole = `${message.title}\n${message.text}`;
        const text = fitSms(sms.plain === 'true' ? withoutMarks(whole) : whole, sms.parts);
        const digits = address.replace('+', '');
        const values = { ...templateValues(message), phone: address, digits, text };
        const request = {
          url: fill(url, values, encodeURIComponent),
          ...{ method, headers, signal, now, secrets },
        };
        if (method === 'GET') return post(request, judge);
        return post({ ...request, body: fill(body, values, escaped) }, judge);
      },
    };
  },
});

/** How a value is written inside a body, so that no text of a message can change its shape. */
function escapeFor(contentType: string): (text: string) => string {
  const [type = ''] = contentType.split(';');
  if (type.trim() === FORM_TYPE) return encodeURIComponent;
  if (type.includes('json')) return (text) => JSON.stringify(text).slice(1, -1);
  if (type.includes('xml')) {
    return (text) => text.replace(/[<>&'"]/g, (char) => `&#${char.codePointAt(0)};`);
  }
  return (text) => text;
}

/** Keys and passwords that stand in a template. */
function keysIn(template: string): string[] {
  return template.split(/[\s/?&=:,;"'{}[\]<>]+/).filter(({ length }) => length >= KEY_LENGTH_MIN);
}

export default channel;
