import { z } from 'zod';
import { AppError, describeError } from '../../base/errors.ts';
import { type Channel, defineChannel, type SendOutcome } from '../../contracts/notify.ts';

const ADDRESS = /^[^/+#$\s]{1,64}\/[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
/** Long enough to be heard across a pond, short enough for the neighbours. */
const TEST_SECONDS_MAX = 5;

const settings = z.strictObject({
  maxSeconds: z.coerce
    .number()
    .int()
    .min(1)
    .max(600)
    .default(60)
    .describe('How long a siren sounds, seconds'),
  notAfterSeconds: z.coerce
    .number()
    .int()
    .min(5)
    .max(3_600)
    .default(120)
    .describe('How old a command may be when the siren gets it, seconds'),
});

/** A siren at the pond: a device that listens on its command topic. */
const channel: Channel<typeof settings> = defineChannel({
  name: 'mqtt',
  title: { vi: 'Còi báo', en: 'Siren', fr: 'Sirène' },
  settings,
  isReady: () => true,
  checkAddress: (address) =>
    ADDRESS.test(address) ? null : 'the siren is named <cooperative>/<device>',
  perMinute: 600,
  open: ({ maxSeconds, notAfterSeconds }, { publish, now }) => ({
    async send(address, { key, alerts }): Promise<SendOutcome> {
      const [coop = '', device = ''] = address.split('/');
      if (alerts.some((alert) => alert.coop !== coop)) {
        const reason = `the alert is not one of ${coop}, where the siren is`;
        return { state: 'refused', answer: '', reason };
      }
      const isTest = alerts.length === 0;
      if (!isTest && alerts.every(({ state }) => state === 'resolved')) {
        return { state: 'sent', answer: 'it is over: the siren stays silent' };
      }
      // Every "on" carries its end: a siren that hears nothing more falls silent by itself.
      const command = {
        id: key,
        action: 'on',
        maxSeconds: isTest ? Math.min(maxSeconds, TEST_SECONDS_MAX) : maxSeconds,
        notAfter: new Date(now() + notAfterSeconds * 1_000).toISOString(),
      };
      try {
        await publish(
          `sluice/v1/${coop}/${device}/command`,
          Buffer.from(JSON.stringify(command), 'utf8'),
        );
      } catch (error) {
        const isUnknown = error instanceof AppError && error.code === 'SIREN_UNKNOWN';
        const state = isUnknown ? 'refused' : 'retry';
        return { state, answer: '', reason: describeError(error) };
      }
      return { state: 'sent', answer: `on for at most ${command.maxSeconds} s` };
    },
  }),
});

export default channel;
