import { describe, expect, test } from 'vitest';
import { fitSms, smsParts, withoutMarks } from '#src/notify/sms-text';
import { LocalService, replies } from './local-service.ts';
import { checkAddress, message, openStage, soon } from './stage.ts';

const PHONE = '+84901234567';
const KEY = 'ApiKey-7f3a/09=';
const SUCCESS = '"CodeResult":"100"';

async function open(change: Record<string, string> = {}) {
  const service = await new LocalService().open();
  const body = `{"ApiKey":"${KEY}","Phone":"{digits}","Content":"{text}"}`;
  const settings = { URL: `${service.url()}/send`, BODY: body, SUCCESS, REFUSAL: 'wrong number' };
  const stage = await openStage('sms-http', { ...settings, ...change });
  stage.secrets.push(KEY);
  service.replies = [replies.text(200, `{${SUCCESS},"SMSID":"1"}`)];
  return { service, stage };
}

describe('requests', () => {
  test('JSON: no text of a message changes its shape', async () => {
    const { service, stage } = await open();
    const title = 'Ao "3"\\ {phone} {text}\u0007';
    expect(await stage.send(PHONE, { title, text: 'x' })).toMatchObject({ state: 'sent' });
    expect(JSON.parse(service.last().text)).toEqual({
      ApiKey: KEY,
      Phone: '84901234567',
      Content: 'Ao "3"\\ {phone} {text}?\nx',
    });
  });

  test('a form, XML and a URL escape in their own way', async () => {
    const type = 'application/x-www-form-urlencoded; charset=utf-8';
    const title = 'A&B=<3> "%"';
    const form = await open({ BODY: 'to={phone}&text={text}', CONTENT_TYPE: type });
    await form.stage.send(PHONE, { title, text: '' });
    expect(Object.fromEntries(new URLSearchParams(form.service.last().text))).toEqual({
      to: PHONE,
      text: `${title}\n`,
    });
    const xml = await open({ BODY: '<sms to="{phone}">{text}</sms>', CONTENT_TYPE: 'text/xml' });
    await xml.stage.send(PHONE, { title, text: '' });
    expect(xml.service.last().text).toContain('A&#38;B=&#60;3&#62; &#34;%&#34;');
    const { service, stage } = await open({ METHOD: 'GET' });
    const url = `${service.url()}/send?to={phone}&text={text}`;
    stage.open({ URL: url, METHOD: 'GET', SUCCESS });
    await stage.send(PHONE, { title, text: '' });
    const { method, path, body } = service.last();
    expect([method, body.length]).toEqual(['GET', 0]);
    const asked = new URL(path, service.url()).searchParams;
    expect([asked.get('to'), asked.get('text')]).toEqual([PHONE, `${title}\n`]);
  });

  test('the key goes out and never comes back', async () => {
    const { service, stage } = await open({ AUTHORIZATION: 'Basic dXNlcjpwYXNz' });
    service.replies = [
      (response, { text, headers }) =>
        response.writeHead(500).end(`${text} ${headers.authorization}`),
    ];
    const outcome = await stage.send(PHONE);
    expect(service.last().headers.authorization).toBe('Basic dXNlcjpwYXNz');
    expect(outcome.answer).toContain('(hidden)');
  });
});

test('status 200 is no success without the text that says so', async () => {
  const { service, stage } = await open();
  service.replies = [replies.text(200, '{"CodeResult":"103","ErrorMessage":"balance"}')];
  expect(await stage.send(PHONE)).toMatchObject({ state: 'retry', answer: /balance/ });
  service.replies = [replies.text(200, 'wrong number')];
  expect(await stage.send(PHONE)).toMatchObject({ state: 'refused' });
  service.replies = [replies.text(500, SUCCESS)];
  expect(await stage.send(PHONE)).toMatchObject({ state: 'retry' });
  service.replies = [replies.text(429, '', { 'retry-after': '5' })];
  expect(await stage.send(PHONE)).toMatchObject({ state: 'retry', afterMs: 5_000 });
  for (const reply of [replies.hang, replies.resetMidBody]) {
    service.replies = [reply];
    expect(await stage.send(PHONE, {}, soon())).toMatchObject({ state: 'retry' });
  }
});

describe('length', () => {
  test('a message costs one part, without marks', async () => {
    const { service, stage } = await open();
    await stage.send(PHONE, { text: 'ô'.repeat(500) });
    const { Content } = JSON.parse(service.last().text) as { Content: string };
    expect(Content.startsWith('Ao 3: Oxy hoa tan 2,8 (-) - Bat quat nuoc ngay\nooo')).toBe(true);
    expect(Content).toHaveLength(160);
  });

  test('with marks when asked for, in as many parts as allowed', async () => {
    const { service, stage } = await open({ PLAIN: 'false', PARTS: '2' });
    await stage.send(PHONE, { text: 'ộ'.repeat(500) });
    const { Content } = JSON.parse(service.last().text) as { Content: string };
    expect(Content.startsWith(message.title)).toBe(true);
    expect(Content).toHaveLength(134);
  });

  test('parts as networks charge them', () => {
    expect(smsParts('a'.repeat(160))).toBe(1);
    expect(smsParts('a'.repeat(161))).toBe(2);
    expect(smsParts('a'.repeat(306))).toBe(2);
    expect(smsParts('a'.repeat(307))).toBe(3);
    expect(smsParts('€'.repeat(80))).toBe(1);
    expect(smsParts('€'.repeat(81))).toBe(2);
    // An escape and its character stay together: 76 to a part, not 76.5.
    expect(smsParts('€'.repeat(153))).toBe(3);
    expect(smsParts('ộ'.repeat(70))).toBe(1);
    expect(smsParts('ộ'.repeat(71))).toBe(2);
    expect(smsParts('🦐'.repeat(36))).toBe(2);
    expect(smsParts('🦐'.repeat(67))).toBe(3);
  });

  test('what is shortened fits and is as long as it can be', () => {
    for (const char of ['a', '€', 'ộ', '🦐']) {
      for (const parts of [1, 2, 4]) {
        const short = fitSms(char.repeat(2_000), parts);
        expect(smsParts(short)).toBe(parts);
        expect(smsParts(`${short}${char.repeat(4)}`)).toBe(parts + 1);
      }
    }
    expect(fitSms('a'.repeat(200), 1).endsWith('a...')).toBe(true);
    expect(fitSms('short', 1)).toBe('short');
  });

  test('Vietnamese without marks', () => {
    expect(withoutMarks('Độ mặn đã xuống 4,5‰ – “hạ” dần 🦐🦐')).toBe(
      'Do man da xuong 4,5? - "ha" dan ?',
    );
    expect(withoutMarks('28,5 °C ≥ 28')).toBe('28,5 C >= 28');
  });
});

test('addresses and settings', async () => {
  expect(await checkAddress('sms-http', '0901234567')).toBeNull();
  expect(await checkAddress('sms-http', '0901 234 567')).toMatch(/phone/);
  const abroad = { URL: `http://sms.example/?key=${KEY}`, SUCCESS };
  await expect(openStage('sms-http', abroad)).rejects.toThrow(/\(hidden\)/);
  await openStage('sms-http', { URL: 'http://192.168.1.5/send', SUCCESS });
});
