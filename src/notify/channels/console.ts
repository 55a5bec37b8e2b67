import { z } from 'zod';
import { type Channel, defineChannel } from '../../contracts/notify.ts';

/** Prints messages where the server runs: to try things out, or for a screen at the office. */
const channel: Channel = defineChannel({
  name: 'console',
  title: { vi: 'Màn hình máy chủ', en: "The server's console", fr: 'Console du serveur' },
  settings: z.strictObject({}),
  isReady: () => true,
  checkAddress: () => null,
  // A person reads it: more would scroll away.
  perMinute: 120,
  open: (_settings, { print }) => ({
    async send(address, { title, text }) {
      const to = address === '' ? '' : ` → ${address}`;
      print(`${title}${to} | ${text.replaceAll('\n', ' | ')}`);
      return { state: 'delivered', answer: 'printed' };
    },
  }),
});

export default channel;
