import type { Transporter } from 'nodemailer';
import { z } from 'zod';
import { withDeadline } from '../../base/clock.ts';
import { describeError } from '../../base/errors.ts';
import { isLoopback } from '../../base/loopback.ts';
import { hostOf } from '../../base/provider-url.ts';
import {
  type Channel,
  defineChannel,
  type Message,
  type SendOutcome,
} from '../../contracts/notify.ts';
import { certificateFile } from '../channel-settings.ts';
import { plainText } from '../compose.ts';
import { presentable } from '../hide.ts';
import { late } from '../open-channels.ts';

/** Shorter than what a channel is given, so that it says at which step a server hangs. */
const STEP_DEADLINE_MS = 6_000;
const DEADLINE_MS = 9_000;
/** No end of its own: a mail takes any text a message has. */
const TEXT_LENGTH_MAX = 10_000;
const SUBMISSION_PORTS: Readonly<Record<string, number>> = { 'smtp:': 587, 'smtps:': 465 };
/** One address without a name; what a server makes of it is the server's business. */
const ADDRESS = /^[^\s@<>,;:"()[\]\\\p{Cc}]{1,64}@[^\s@<>,;:"()[\]\\\p{Cc}]{1,253}$/u;
/** Steps at which a final answer is about this mail; an earlier one is about the server or us. */
const ABOUT_THE_MAIL = ['EENVELOPE', 'EMESSAGE'];

function isMailUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol in SUBMISSION_PORTS && !text.includes('?');
}

const settings = z.strictObject({
  url: z
    .string()
    .refine(isMailUrl, 'must be smtp://user:password@host:587 or smtps://user:password@host')
    .meta({ secret: true })
    .describe('Mail server: smtp:// with TLS when it is offered, or smtps://; %40 stands for @'),
  from: z
    .string()
    .refine((from) => ADDRESS.test(from), 'must be a mail address')
    .describe('Address the mails come from'),
  caFile: certificateFile(),
});

const channel: Channel<typeof settings> = defineChannel({
  name: 'email',
  title: { vi: 'Thư điện tử', en: 'E-mail', fr: 'E-mail' },
  settings,
  isReady: () => true,
  checkAddress: (address) => (ADDRESS.test(address) ? null : 'a mail address is needed'),
  // Providers count by the hour or the day; one a second is below all of them.
  perMinute: 60,
  open({ url, from, caFile }) {
    const server = new URL(url);
    const user = decodeURIComponent(server.username);
    const pass = decodeURIComponent(server.password);
    let transport: Promise<Transporter> | undefined;
    const plainLogin = Buffer.from(`\0${user}\0${pass}`).toString('base64');
    const secrets = [url, pass, plainLogin, Buffer.from(pass).toString('base64')];
    return {
      async send(address, message, signal) {
        if (signal.aborted) return { state: 'retry', answer: '', reason: 'it was stopped' };
        transport ??= transportTo(server, { user, pass, certificates: caFile });
        const mail = (await transport).sendMail(mailOf(message, { from, to: address }));
        const outcome = withDeadline(mail, DEADLINE_MS, () => late(DEADLINE_MS)).then(
          ({ response, messageId }): SendOutcome => ({
            ...{ state: 'sent', answer: String(response), providerId: String(messageId) },
          }),
          judge,
        );
        return presentable(await outcome, secrets);
      },
      async close() {
        (await transport)?.close();
      },
    };
  },
});

async function transportTo(
  server: URL,
  { user, pass, certificates }: { user: string; pass: string; certificates: string[] | undefined },
): Promise<Transporter> {
  const host = hostOf(server);
  const secure = server.protocol === 'smtps:';
  const local = isLoopback(host);
  const port = Number(server.port) || (SUBMISSION_PORTS[server.protocol] ?? 0);
  // Fifteen megabytes of memory for those who send mail, and for nobody else.
  const { createTransport } = await import('nodemailer');
  return createTransport({
    ...{ host, port, secure },
    // Whoever stands between could take the offer of TLS away, and read the password.
    requireTLS: !secure && !local && user !== '',
    tls: {
      // A mail server on this machine has a certificate that nobody signed; nobody listens either.
      rejectUnauthorized: !local || certificates !== undefined,
      ...(certificates === undefined ? {} : { ca: certificates }),
    },
    ...(user === '' ? {} : { auth: { user, pass } }),
    connectionTimeout: STEP_DEADLINE_MS,
    greetingTimeout: STEP_DEADLINE_MS,
    socketTimeout: STEP_DEADLINE_MS,
    dnsTimeout: STEP_DEADLINE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function mailOf(message: Message, { from, to }: { from: string; to: string }) {
  const { key, severity, language, title, text } = message;
  const domain = from.slice(from.lastIndexOf('@') + 1);
  return {
    from: { name: 'Sluice', address: from },
    to: { name: '', address: to },
    subject: title,
    text: plainText({ ...message, title: '', text }, TEXT_LENGTH_MAX).trimStart(),
    // The same for every attempt: mail programs show a repeat once.
    messageId: `<${encodeURIComponent(key)}@${domain}>`,
    ...(severity === 'critical' ? { priority: 'high' as const } : {}),
    headers: {
      // RFC 3834 clause 5: keeps holiday answers away.
      'Auto-Submitted': 'auto-generated',
      'Content-Language': language,
    },
  };
}

/** RFC 5321 clause 4.2.1: 4yz may be tried again, 5yz not. */
function judge(error: unknown): SendOutcome {
  const { code, responseCode, response } = error as {
    code?: string;
    responseCode?: number;
    response?: string;
  };
  const isFinal = (responseCode ?? 0) >= 500 && ABOUT_THE_MAIL.includes(code ?? '');
  const reason = describeError(error);
  return { state: isFinal ? 'refused' : 'retry', answer: response ?? '', reason };
}

export default channel;
