import { z } from 'zod';
import { type Channel, defineChannel } from '../../contracts/notify.ts';
import { botToken, sendByBot } from '../bot-api.ts';
import { providerUrl } from '../channel-settings.ts';
import { plainText } from '../compose.ts';

/** Of one `sendMessage`. */
const TEXT_LENGTH_MAX = 2_000;
const CHAT = /^[A-Za-z0-9_-]{4,64}$/;

const settings = z.strictObject({
  token: botToken.describe('Token of the bot, from Zalo Bot Manager'),
  url: providerUrl('https://bot-api.zaloplatforms.com').describe('Where the Bot API is'),
});

const channel: Channel<typeof settings> = defineChannel({
  name: 'zalo-bot',
  title: { vi: 'Zalo', en: 'Zalo', fr: 'Zalo' },
  settings,
  isReady: () => true,
  checkAddress: (address) =>
    CHAT.test(address) ? null : 'the id of a chat is needed, as the bot got it with a message',
  // No rate is published; this is one a second.
  perMinute: 60,
  open: ({ token, url: baseUrl }, { now }) => ({
    send: (address, message, signal) =>
      sendByBot({
        ...{ baseUrl, token, signal, now },
        body: { chat_id: address, text: plainText(message, TEXT_LENGTH_MAX) },
      }),
  }),
});

export default channel;
