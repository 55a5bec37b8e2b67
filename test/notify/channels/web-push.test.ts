import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  type ECDH,
  hkdfSync,
  randomBytes,
  verify,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Certificate, LocalService, makeCertificate, replies } from './local-service.ts';
import { alert, checkAddress, message, openStage, type Stage, soon } from './stage.ts';

const root = new URL('../../../', import.meta.url);
const SUBJECT = 'mailto:office@farm.example';

/** A browser with a subscription: it holds the private key and reads what was sent to it. */
class Browser {
  readonly auth = randomBytes(16);
  readonly #keys: ECDH = createECDH('prime256v1');
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.#keys.generateKeys();
  }

  get address(): string {
    const p256dh = this.#keys.getPublicKey('base64url');
    const keys = { p256dh, auth: this.auth.toString('base64url') };
    return JSON.stringify({ endpoint: this.#endpoint, expirationTime: null, keys });
  }

  /** RFC 8188 clause 2 and RFC 8291 clause 3.4. */
  read(body: Buffer): unknown {
    const salt = body.subarray(0, 16);
    const recordBytes = body.readUInt32BE(16);
    const keyBytes = body.readUInt8(20);
    const sender = body.subarray(21, 21 + keyBytes);
    const record = body.subarray(21 + keyBytes);
    expect(record.length).toBeLessThanOrEqual(recordBytes);
    const secret = this.#keys.computeSecret(sender);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.#keys.getPublicKey(), sender]);
    const material = Buffer.from(hkdfSync('sha256', secret, this.auth, info, 32));
    const derive = (label: string, bytes: number): Buffer =>
      Buffer.from(hkdfSync('sha256', material, salt, `Content-Encoding: ${label}\0`, bytes));
    const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12));
    decipher.setAuthTag(record.subarray(-16));
    const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    const end = padded.lastIndexOf(2);
    expect(padded.subarray(end + 1).every((byte) => byte === 0)).toBe(true);
    return JSON.parse(padded.subarray(0, end).toString('utf8'));
  }
}

async function open(): Promise<{ service: LocalService; stage: Stage; browser: Browser }> {
  const certificate = makeCertificate();
  const service = await new LocalService(certificate).open();
  service.replies = [replies.text(201, '')];
  const stage = await openStage('web-push', settingsOf(certificate));
  const browser = new Browser(`${service.url('localhost')}/push/c4pab1l1ty-of-this-browser`);
  stage.secrets.push('c4pab1l1ty-of-this-browser', browser.auth.toString('base64url'));
  return { service, stage, browser };
}

const settingsOf = ({ file }: Certificate) => ({
  ...{ SUBJECT, CA_FILE: file, ALLOW_NETWORKS: '127.0.0.1' },
});

test('only the browser can read it', async () => {
  const { service, stage, browser } = await open();
  expect(await stage.send(browser.address)).toEqual({ state: 'sent', answer: '201' });
  const { method, path, headers, body } = service.last();
  expect([method, path]).toEqual(['POST', '/push/c4pab1l1ty-of-this-browser']);
  expect(headers).toMatchObject({
    'content-encoding': 'aes128gcm',
    'content-type': 'application/octet-stream',
    'content-length': String(body.length),
    ttl: '14400',
    urgency: 'high',
  });
  expect(body.toString('latin1')).not.toContain('farm.example');
  const { key, severity, language, title, text, url } = message;
  expect(browser.read(body)).toEqual({ id: key, severity, language, title, body: text, url });
  // What the page's worker shows of it.
  const worker = readFileSync(new URL('web/public/push-worker.js', root), 'utf8');
  const [, read = ''] = /const \{ (.+) \} = message;/.exec(worker) ?? [];
  const names = read.split(', ').map((part) => part.split(' = ')[0]);
  expect(names.sort()).toEqual(['body', 'id', 'severity', 'title', 'url']);
  const stranger = new Browser('https://push.example/');
  expect(() => stranger.read(body)).toThrow();
});

test('the server shows who it is with a key that stays the same', async () => {
  const { service, stage, browser } = await open();
  const [shown, again] = await Promise.all([stage.publicKey(), stage.publicKey()]);
  expect(again).toBe(shown);
  await stage.send(browser.address);
  const scheme = /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)$/;
  const [, head, claims, signature, key] =
    scheme.exec(`${service.last().headers.authorization}`) ?? [];
  expect(key).toBe(shown);
  const point = Buffer.from(`${key}`, 'base64url');
  const jwk = {
    ...{ kty: 'EC', crv: 'P-256' },
    x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'),
  };
  const signed = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
    Buffer.from(`${signature}`, 'base64url'),
  );
  expect(signed).toBe(true);
  expect(JSON.parse(Buffer.from(`${claims}`, 'base64url').toString())).toMatchObject({
    aud: service.url('localhost'),
    sub: SUBJECT,
  });
  stage.open({ SUBJECT });
  expect(await stage.publicKey()).toBe(shown);
  const { privateKey } = JSON.parse(stage.memory.get('vapid') ?? '') as { privateKey: string };
  stage.secrets.push(privateKey);
});

test('a key that could not be kept is not given out', async () => {
  const { stage } = await open();
  const { keep } = stage;
  stage.keep = async () => {
    throw new Error('the disk is full');
  };
  await expect(stage.publicKey()).rejects.toThrow('the disk is full');
  stage.keep = keep;
  const key = await stage.publicKey();
  expect(stage.memory.get('vapid')).toContain(key);
});

test('a long text is shortened to what services take', async () => {
  const { service, stage, browser } = await open();
  await stage.send(browser.address, { text: 'ộ'.repeat(1_800) });
  const { body } = service.last();
  expect(body.length).toBeLessThanOrEqual(4_096);
  const read = browser.read(body) as { title: string; body: string };
  expect(read.title).toBe(message.title);
  expect(read.body).toMatch(/^ộ{900,}…$/);
});

test('later news of an alert take the place of earlier ones', async () => {
  const { service, stage, browser } = await open();
  const topicOf = async (alerts: (typeof alert)[]) => {
    await stage.send(browser.address, { alerts, severity: 'warning' });
    expect(service.last().headers['urgency']).toBe('normal');
    return service.last().headers['topic'];
  };
  const first = await topicOf([alert]);
  expect(first).toMatch(/^[\w-]{32}$/);
  expect(await topicOf([{ ...alert, state: 'resolved' }])).toBe(first);
  expect(await topicOf([{ ...alert, id: 'a-2' }])).not.toBe(first);
  expect(await topicOf([alert, { ...alert, id: 'a-2' }])).toBeUndefined();
});

test('what the service answers decides', async () => {
  const { service, stage, browser } = await open();
  const after = (status: number, headers = {}) => {
    const echo = `of ${browser.address} and ${new URL(JSON.parse(browser.address).endpoint).pathname}`;
    service.replies = [replies.text(status, echo, headers)];
    return stage.send(browser.address);
  };
  const over = { state: 'refused', reason: 'the subscription is over' };
  expect(await after(404)).toMatchObject(over);
  expect(await after(410)).toMatchObject(over);
  expect(await after(403)).toMatchObject({ state: 'refused' });
  expect(await after(429, { 'retry-after': '30' })).toMatchObject({
    ...{ state: 'retry', afterMs: 30_000 },
  });
  expect(await after(503)).toMatchObject({ state: 'retry' });
  for (const reply of [replies.hang, replies.resetMidBody]) {
    service.replies = [reply];
    expect(await stage.send(browser.address, {}, soon())).toMatchObject({ state: 'retry' });
  }
});

test('a subscription cannot lead into the server’s own network', async () => {
  const { service, stage, browser } = await open();
  stage.open({ SUBJECT });
  expect(await stage.send(browser.address)).toMatchObject({
    state: 'refused',
    reason: expect.stringMatching(/ADDRESS_FORBIDDEN/),
  });
  expect(service.received).toEqual([]);
});

test('addresses', async () => {
  const { address } = new Browser('https://push.example/abc');
  expect(await checkAddress('web-push', address)).toBeNull();
  for (const wrong of [
    ...['', '{}', 'https://push.example/abc', address.replace('https', 'http')],
    address.replace(/"p256dh":"[^"]+"/, '"p256dh":"AAAA"'),
  ]) {
    expect(await checkAddress('web-push', wrong), wrong).toMatch(/subscription/);
  }
});
