import { execFileSync, spawn } from 'node:child_process';
import net, { type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Certificate, makeCertificate } from './local-service.ts';
import { checkAddress, message, openStage, type Stage } from './stage.ts';

const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('./smtp-server.py', import.meta.url));
const FROM = 'alarm@farm.example';
const USER = 'alarm%40farm.example';
const PASSWORD = 'p@ss:w0rd/of-mail';
const LOGIN = `${USER}:${encodeURIComponent(PASSWORD)}@`;

const missing = missingServer();

function missingServer(): string | null {
  try {
    execFileSync(PYTHON, ['-c', 'import aiosmtpd'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'python3-aiosmtpd is missing';
  }
}

interface Mail {
  from: string;
  to: string[];
  tls: boolean;
  user: string | null;
  content: string;
}

interface MailServer {
  port: number;
  mails: Mail[];
  certificate: Certificate;
}

/** A port that is free now: the server's library insists on a number. */
async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startServer(mode: 'plain' | 'starttls' | 'smtps'): Promise<MailServer> {
  const certificate = makeCertificate();
  const args = [SCRIPT, certificate.file, certificate.keyFile, mode, String(await freePort())];
  const child = spawn(PYTHON, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const mails: Mail[] = [];
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the mail server did not start')));
    createInterface(child.stdout).on('line', (line) => {
      const value = JSON.parse(line) as Mail | { port: number };
      if ('port' in value) resolve(value.port);
      else mails.push(value);
    });
  });
  return { port, mails, certificate };
}

async function open(url: string, change: Record<string, string> = {}): Promise<Stage> {
  const stage = await openStage('email', { URL: url, FROM, ...change });
  stage.secrets.push(PASSWORD, Buffer.from(PASSWORD).toString('base64'));
  return stage;
}

const until = async (mails: Mail[], count = 1): Promise<Mail> => {
  await expect.poll(() => mails.length).toBe(count);
  const last = mails.at(-1);
  if (last === undefined) throw new Error('no mail');
  return last;
};

describe.skipIf(missing !== null)(missing ?? 'with a real mail server', () => {
  test('a mail as people get it, over the TLS the server offers', async () => {
    const { port, mails } = await startServer('starttls');
    const stage = await open(`smtp://${LOGIN}127.0.0.1:${port}`);
    expect(await stage.send('ba@coop.example')).toEqual({
      state: 'sent',
      answer: '250 2.0.0 Ok: queued as 4BC1D',
      providerId: '<7f3a09c1d2@farm.example>',
    });
    const mail = await until(mails);
    expect(mail).toMatchObject({ from: FROM, to: ['ba@coop.example'], tls: true, user: FROM });
    const [head = '', ...rest] = mail.content.split('\r\n\r\n');
    expect(head).toMatch(/^Message-ID: <7f3a09c1d2@farm\.example>$/m);
    expect(head).toMatch(/^Auto-Submitted: auto-generated\r?$/m);
    expect(head).toMatch(/^X-Priority: 1/m);
    expect(unfold(head, 'Subject')).toBe(message.title);
    expect(bodyText(head, rest.join('\r\n\r\n'))).toBe(`${message.text}\n${message.url}`);
  });

  test('TLS from the start, and certificates that are checked when they are named', async () => {
    const { port, mails, certificate } = await startServer('smtps');
    const trusted = { CA_FILE: certificate.file };
    const stage = await open(`smtps://${LOGIN}localhost:${port}`, trusted);
    expect(await stage.send('ba@coop.example')).toMatchObject({ state: 'sent' });
    expect(await until(mails)).toMatchObject({ tls: true });
    const other = await open(`smtps://${LOGIN}localhost:${port}`, {
      CA_FILE: makeCertificate().file,
    });
    expect(await other.send('ba@coop.example')).toMatchObject({ state: 'retry' });
  });

  test('a server on this machine needs neither TLS nor a password', async () => {
    const { port, mails } = await startServer('plain');
    const stage = await open(`smtp://127.0.0.1:${port}`);
    expect(await stage.send('ba@coop.example')).toMatchObject({ state: 'sent' });
    expect(await until(mails)).toMatchObject({ tls: false, user: null });
  });

  test('4yz may be tried again, 5yz of a mail not', async () => {
    const { port, mails } = await startServer('starttls');
    const stage = await open(`smtp://${LOGIN}127.0.0.1:${port}`);
    const grey = '451 4.7.1 Greylisted, try again later';
    expect(await stage.send('grey@coop.example')).toMatchObject({ state: 'retry', answer: grey });
    expect(await stage.send('full@coop.example')).toMatchObject({ state: 'retry' });
    const nobody = '550 5.1.1 No such user here';
    expect(await stage.send('nobody@coop.example')).toMatchObject({
      ...{ state: 'refused', answer: nobody },
    });
    expect(await stage.send('spam@coop.example')).toMatchObject({ state: 'refused' });
    expect(await stage.send('crash@coop.example')).toMatchObject({ state: 'retry' });
    expect(mails).toEqual([]);
  });

  test('a wrong password is about us, not about the person', async () => {
    const { port } = await startServer('starttls');
    const stage = await open(`smtp://${USER}:wrong-p4ssword@127.0.0.1:${port}`);
    stage.secrets.push('wrong-p4ssword');
    expect(await stage.send('ba@coop.example')).toMatchObject({
      state: 'retry',
      answer: expect.stringMatching(/^535/),
    });
  });

  test('nothing in a message becomes a header or a recipient', async () => {
    const { port, mails } = await startServer('plain');
    const stage = await open(`smtp://127.0.0.1:${port}`);
    const title = 'Ao 3\r\nBcc: thief@evil.example\r\n\r\nboo';
    await stage.send('ba@coop.example', { title, key: 'a\r\nBcc: x@evil.example' });
    const { content, to } = await until(mails);
    expect(to).toEqual(['ba@coop.example']);
    expect(content).not.toMatch(/^Bcc/im);
  });
});

test('a server that hangs or is not there is tried again', async () => {
  const server = net.createServer(() => undefined).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const silent = await open(`smtp://${LOGIN}127.0.0.1:${port}`);
  expect(await silent.send('ba@coop.example')).toMatchObject({
    state: 'retry',
    reason: expect.stringMatching(/Greeting never received/),
  });
  const nobody = await open('smtp://127.0.0.1:9');
  expect(await nobody.send('ba@coop.example')).toMatchObject({
    state: 'retry',
    reason: expect.stringMatching(/ECONNREFUSED/),
  });
});

test('addresses and settings', async () => {
  expect(await checkAddress('email', 'ba@coop.example')).toBeNull();
  expect(await checkAddress('email', 'bá@coop.example')).toBeNull();
  for (const wrong of ['ba', 'ba@', 'a@b@c', 'Ba <ba@coop.example>', 'a@b,c@d', 'a@b\r\nBcc:c@d']) {
    expect(await checkAddress('email', wrong), wrong).toMatch(/mail address/);
  }
  await expect(open('http://mail.example')).rejects.toThrow(/\(hidden\)/);
  await expect(open('smtp://mail.example?logger=true')).rejects.toThrow(/\(hidden\)/);
});

/** RFC 2047 words of one header, put together. */
function unfold(head: string, name: string): string {
  const header = new RegExp(`^${name}: ((?:.|\\r\\n[ \\t])*)`, 'm').exec(head)?.[1] ?? '';
  const words = header.replace(/\?=\s+=\?/g, '?==?');
  return words.replace(/=\?utf-8\?([qb])\?([^?]*)\?=/gi, (_, kind: string, text: string) =>
    kind.toLowerCase() === 'b'
      ? Buffer.from(text, 'base64').toString('utf8')
      : quoted(text.replaceAll('_', ' ')),
  );
}

function bodyText(head: string, body: string): string {
  const text = /^Content-Transfer-Encoding: base64/im.test(head)
    ? Buffer.from(body, 'base64').toString('utf8')
    : quoted(body.replace(/=\r\n/g, ''));
  return text.replaceAll('\r\n', '\n').trimEnd();
}

/** RFC 2045 clause 6.7. */
function quoted(text: string): string {
  const bytes = text.replace(/=([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
