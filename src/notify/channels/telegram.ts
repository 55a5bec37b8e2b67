import { z } from 'zod';
import { type Channel, defineChannel } from '../../contracts/notify.ts';
import { botToken, sendByBot } from '../bot-api.ts';
import { providerUrl } from '../channel-settings.ts';
import { plainText } from '../compose.ts';

/** Of one `sendMessage`. */
const TEXT_LENGTH_MAX = 4_096;
const CHAT = /^(-?\d{1,19}|@\w{5,32})$/;

const settings = z.strictObject({
  token: botToken.describe('Token of the bot, from @BotFather'),
  url: providerUrl('https://api.telegram.org').describe('Where the Bot API is'),
});

const channel: Channel<typeof settings> = defineChannel({
  name: 'telegram',
  title: { vi: 'Telegram', en: 'Telegram', fr: 'Telegram' },
  settings,
  isReady: () => true,
  checkAddress: (address) =>
    CHAT.test(address) ? null : 'a chat id such as 123456789, or @name of a channel, is needed',
  // About thirty a second are allowed to different chats, one a second to the same.
  perMinute: 600,
  open: ({ token, url: baseUrl }, { now }) => ({
    send: (address, message, signal) =>
      sendByBot({
        ...{ baseUrl, token, signal, now },
        body: {
          chat_id: address,
          text: plainText(message, TEXT_LENGTH_MAX),
          link_preview_options: { is_disabled: true },
        },
      }),
  }),
});

export default channel;
