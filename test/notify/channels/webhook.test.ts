import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { isPublicAddress, NetworkGuard } from '#src/base/network-guard';
import { LocalService, makeCertificate, replies } from './local-service.ts';
import { checkAddress, message, NOW, openStage } from './stage.ts';

const bytes = randomBytes(32);
const SECRET = `whsec_${bytes.toString('base64')}`;
const ALLOW_NETWORKS = '127.0.0.0/8';

async function open() {
  const service = await new LocalService().open();
  return { service, stage: await openStage('webhook', { SECRET, ALLOW_NETWORKS }) };
}

test('each request is signed over its time and body, and carries its key', async () => {
  const { service, stage } = await open();
  service.replies = [replies.text(202, 'taken')];
  expect(await stage.send(`${service.url()}/hook?a=1`)).toEqual({
    state: 'delivered',
    answer: '202 taken',
  });
  const { method, path, headers, text } = service.last();
  expect([method, path]).toEqual(['POST', '/hook?a=1']);
  expect(headers['webhook-id']).toBe(message.key);
  expect(headers['idempotency-key']).toBe(message.key);
  expect(headers['webhook-timestamp']).toBe(String(NOW / 1_000));
  const signed = createHmac('sha256', bytes).update(`${message.key}.${NOW / 1_000}.${text}`);
  expect(headers['webhook-signature']).toBe(`v1,${signed.digest('base64')}`);
  expect(JSON.parse(text)).toEqual({
    type: 'notification',
    data: {
      id: message.key,
      severity: 'critical',
      language: 'vi',
      title: message.title,
      text: message.text,
      url: message.url,
      alerts: [{ ...message.alerts[0], onset: '2026-11-22T19:59:00.000Z' }],
    },
  });
});

test('a repeat has the same body under the same key', async () => {
  const { service, stage } = await open();
  await stage.send(service.url());
  stage.now += 60_000;
  await stage.send(service.url());
  const [first, second] = service.received;
  expect(second?.text).toBe(first?.text);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(second?.headers['webhook-signature']).not.toBe(first?.headers['webhook-signature']);
});

test('what the receiver answers decides', async () => {
  const { service, stage } = await open();
  const states = async (status: number, headers = {}) => {
    service.replies = [replies.text(status, '', headers)];
    return stage.send(service.url());
  };
  expect(await states(204)).toMatchObject({ state: 'delivered' });
  expect(await states(410)).toMatchObject({ state: 'refused', reason: 'status 410' });
  expect(await states(422)).toMatchObject({ state: 'refused' });
  expect(await states(404)).toMatchObject({ state: 'retry' });
  expect(await states(503, { 'retry-after': '120' })).toMatchObject({ afterMs: 120_000 });
  const date = new Date(NOW + 90_000).toUTCString();
  expect(await states(429, { 'retry-after': date })).toMatchObject({ afterMs: 90_000 });
  expect(await states(429, { 'retry-after': 'soon' })).not.toHaveProperty('afterMs');
});

test('redirects are not followed', async () => {
  const { service, stage } = await open();
  const other = await new LocalService().open();
  service.replies = [replies.text(307, '', { location: other.url() })];
  expect(await stage.send(service.url())).toMatchObject({
    state: 'refused',
    reason: expect.stringMatching(/redirects/),
  });
  expect(other.received).toEqual([]);
});

test('an endless answer is cut, a broken one is tried again', async () => {
  const { service, stage } = await open();
  service.replies = [replies.endless];
  expect(await stage.send(service.url())).toMatchObject({ state: 'delivered' });
  service.replies = [replies.resetMidBody];
  expect(await stage.send(service.url())).toMatchObject({ state: 'retry' });
});

test('a receiver that hangs gets five seconds', async () => {
  const { service, stage } = await open();
  service.replies = [replies.hang];
  const begun = performance.now();
  expect(await stage.send(service.url())).toMatchObject({
    state: 'retry',
    reason: 'CHANNEL_LATE: no answer within 5 s',
  });
  expect(performance.now() - begun).toBeLessThan(7_000);
});

test('networks of the server are out of reach, by address and by name', async () => {
  const service = await new LocalService(makeCertificate()).open();
  const stage = await openStage('webhook', { SECRET });
  for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1']) {
    expect(await stage.send(`https://${host}:${service.port}/`), host).toMatchObject({
      state: 'refused',
      reason: expect.stringMatching(/ADDRESS_FORBIDDEN/),
    });
  }
  expect(await stage.send(`http://localhost:${service.port}/`)).toMatchObject({ state: 'refused' });
  expect(service.received).toEqual([]);
});

test('every address a name has must be public when it is dialled', async () => {
  const guard = new NetworkGuard();
  const seen = (all: boolean) =>
    new Promise((resolve) => guard.lookup('localhost', { all }, (error) => resolve(error)));
  expect(await seen(true)).toMatchObject({ code: 'ADDRESS_FORBIDDEN' });
  expect(await seen(false)).toMatchObject({ code: 'ADDRESS_FORBIDDEN' });
});

test('https with a certificate of one’s own, when it is trusted', async () => {
  const certificate = makeCertificate();
  const service = await new LocalService(certificate).open();
  const trusting = await openStage('webhook', {
    SECRET,
    ALLOW_NETWORKS,
    CA_FILE: certificate.file,
  });
  expect(await trusting.send(service.url('localhost'))).toMatchObject({ state: 'delivered' });
  const stranger = await openStage('webhook', { SECRET, ALLOW_NETWORKS });
  expect(await stranger.send(service.url('localhost'))).toMatchObject({
    state: 'retry',
    reason: expect.stringMatching(/certificate/),
  });
});

test('a key in the URL is shown nowhere', async () => {
  const { service, stage } = await open();
  const key = 'T0k3n+of/the receiver';
  stage.secrets.push(key, encodeURIComponent(key));
  const url = `${service.url()}/hook?key=${encodeURIComponent(key)}`;
  service.replies = [(response, { path }) => response.writeHead(500).end(`${path} ${key}`)];
  expect(await stage.send(url)).toMatchObject({ state: 'retry' });
});

test('which addresses are public', () => {
  const inside = [
    ...['10.0.0.1', '172.31.255.255', '192.168.1.1', '127.0.0.1', '169.254.169.254', '0.0.0.0'],
    ...['100.64.0.1', '100.127.255.254', '198.18.0.1', '224.0.0.1', '255.255.255.255'],
    ...['::', '::1', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', '::7f00:1'],
    ...['::ffff:10.0.0.1', '::ffff:a9fe:a9fe', '64:ff9b::a00:1', '64:ff9b:1::1', '2002:a00:1::'],
    ...['2001::1', '2001:db8::1', 'localhost', ''],
  ];
  for (const address of inside) expect(isPublicAddress(address), address).toBe(false);
  const outside = ['1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:1.1.1.1'];
  for (const address of [...outside, '64:ff9b::101:101']) {
    expect(isPublicAddress(address), address).toBe(true);
  }
  expect(new NetworkGuard(['10.1.0.0/16']).permits('10.1.2.3')).toBe(true);
  expect(new NetworkGuard(['10.1.0.0/16']).permits('10.2.0.1')).toBe(false);
});

test('addresses and settings', async () => {
  expect(await checkAddress('webhook', 'https://farm.example/hook')).toBeNull();
  expect(await checkAddress('webhook', 'http://127.0.0.1:80/')).toBeNull();
  expect(await checkAddress('webhook', 'http://farm.example/')).toMatch(/https/);
  expect(await checkAddress('webhook', 'https://a:b@farm.example/')).toMatch(/password/);
  expect(await checkAddress('webhook', 'file:///etc/passwd')).toMatch(/https/);
  expect(await checkAddress('webhook', 'farm')).toMatch(/URL/);
  await expect(openStage('webhook', { SECRET: 'whsec_short' })).rejects.toThrow(/\(hidden\)/);
  const wrong = openStage('webhook', { SECRET, ALLOW_NETWORKS: '10.0.0.0/33' });
  await expect(wrong).rejects.toThrow(/networks/);
  await expect(openStage('webhook', { SECRET, CA_FILE: '/nowhere' })).rejects.toThrow(/read/);
});
