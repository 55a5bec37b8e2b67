import { z } from 'zod';
import { type Answer, jsonOf } from '../base/http-exchange.ts';
import type { SendOutcome } from '../contracts/notify.ts';
import { laterOutcome, post } from './http-post.ts';

/** A bot's token stands in the path of its URL: nothing in it may change that. */
export const botToken: z.ZodType<string> = z
  .string()
  .regex(/^[\w:.-]{8,256}$/, 'must be a bot token')
  .meta({ secret: true });

/** The envelope that Telegram's and Zalo's bot interfaces share. */
const envelope = z.object({
  ok: z.boolean(),
  result: z.object({ message_id: z.union([z.string(), z.number()]) }).optional(),
  error_code: z.number().optional(),
  description: z.string().optional(),
  parameters: z
    .object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() })
    .optional(),
});

/** The chat is wrong, or its owner does not want to hear from the bot. */
const REFUSED_CODES = [400, 403];

export interface BotCall {
  baseUrl: string;
  token: string;
  /** `chat_id`, `text` and what else the interface takes. */
  body: Readonly<Record<string, unknown>>;
  signal: AbortSignal;
  now(): number;
}

/** Calls `sendMessage`. Status 200 is not success there: the envelope's `ok` is. */
export function sendByBot({ baseUrl, token, body, signal, now }: BotCall): Promise<SendOutcome> {
  const request = {
    url: `${baseUrl}/bot${token}/sendMessage`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    secrets: [token],
  };
  return post({ ...request, signal, now }, judge);
}

function judge(answer: Answer): SendOutcome {
  const { success, data } = envelope.safeParse(jsonOf(answer));
  if (!success) return laterOutcome(answer, `status ${answer.status} without a bot's answer`);
  const { ok, result, error_code: code = answer.status, parameters } = data;
  if (ok) {
    const id = result?.message_id;
    const providerId = id === undefined ? {} : { providerId: String(id) };
    return { state: 'sent', answer: answer.text, ...providerId };
  }
  const said = `${code} ${data.description ?? ''}`.trim();
  const moved = parameters?.migrate_to_chat_id;
  if (moved !== undefined) {
    const reason = `the group has a new chat id, ${moved}: change the contact (${said})`;
    return { state: 'refused', answer: answer.text, reason };
  }
  if (REFUSED_CODES.includes(code)) return { state: 'refused', answer: answer.text, reason: said };
  const seconds = parameters?.retry_after;
  return laterOutcome(
    seconds === undefined ? answer : { ...answer, afterMs: seconds * 1_000 },
    said,
  );
}
