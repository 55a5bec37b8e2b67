import { describe, expect, test } from 'vitest';
import { LocalService, replies } from './local-service.ts';
import { checkAddress, message, openStage, soon } from './stage.ts';

const TOKEN = '123456789:AAE-secret_of_the_bot';

const bots = [
  { name: 'telegram', chat: '123456789', most: 4_096 },
  { name: 'zalo-bot', chat: '6ede9afa66b88fe6d6a9', most: 2_000 },
];

describe.each(bots)('$name', ({ name, chat, most }) => {
  const open = async () => {
    const service = await new LocalService().open();
    return { service, stage: await openStage(name, { TOKEN, URL: `${service.url()}/` }) };
  };

  test('sends title, text and link', async () => {
    const { service, stage } = await open();
    service.replies = [replies.json(200, { ok: true, result: { message_id: 'm-7', date: 1 } })];
    expect(await stage.send(chat)).toMatchObject({ state: 'sent', providerId: 'm-7' });
    const { path, method, headers, text } = service.last();
    expect([method, path]).toEqual(['POST', `/bot${TOKEN}/sendMessage`]);
    expect(headers['content-type']).toBe('application/json');
    const body = JSON.parse(text) as { chat_id: string; text: string };
    expect(body.chat_id).toBe(chat);
    expect(body.text).toBe(`${message.title}\n${message.text}\n${message.url}`);
  });

  test('a long text is cut, its link is not', async () => {
    const { service, stage } = await open();
    await stage.send(chat, { text: '🦐'.repeat(5_000) });
    const { text } = JSON.parse(service.last().text) as { text: string };
    expect(text.length).toBeLessThanOrEqual(most);
    expect(text.length).toBeGreaterThan(most - 3);
    expect(text.endsWith(`🦐…\n${message.url}`)).toBe(true);
  });

  test('status 200 with an error inside is no success', async () => {
    const { service, stage } = await open();
    const said = { ok: false, error_code: 500, description: 'Internal Server Error' };
    service.replies = [replies.json(200, said)];
    expect(await stage.send(chat)).toMatchObject({
      state: 'retry',
      reason: '500 Internal Server Error',
    });
    service.replies = [replies.json(200, { ok: false, error_code: 400, description: 'chat?' })];
    expect(await stage.send(chat)).toMatchObject({ state: 'refused', reason: '400 chat?' });
    service.replies = [replies.text(200, '<html>maintenance</html>')];
    expect(await stage.send(chat)).toMatchObject({ state: 'retry' });
  });

  test('too many: it says when to come back', async () => {
    const { service, stage } = await open();
    const said = { ok: false, error_code: 429, description: 'Too Many Requests: retry after 34' };
    service.replies = [replies.json(429, { ...said, parameters: { retry_after: 34 } })];
    expect(await stage.send(chat)).toMatchObject({ state: 'retry', afterMs: 34_000 });
    service.replies = [replies.json(429, said, { 'retry-after': '7' })];
    expect(await stage.send(chat)).toMatchObject({ state: 'retry', afterMs: 7_000 });
  });

  test('who does not want it is left alone; a token that is wrong may be put right', async () => {
    const { service, stage } = await open();
    const blocked = { ok: false, error_code: 403, description: 'Forbidden: bot was blocked' };
    service.replies = [replies.json(403, blocked)];
    expect(await stage.send(chat)).toMatchObject({ state: 'refused' });
    const unauthorized = { ok: false, error_code: 401, description: `Unauthorized ${TOKEN}` };
    service.replies = [replies.json(401, unauthorized)];
    expect(await stage.send(chat)).toEqual({
      state: 'retry',
      answer: expect.stringContaining('Unauthorized (hidden)'),
      reason: '401 Unauthorized (hidden)',
    });
  });

  test('a group that moved tells where to', async () => {
    const { service, stage } = await open();
    const parameters = { migrate_to_chat_id: -1_001_234 };
    const said = { ok: false, error_code: 400, description: 'upgraded', parameters };
    service.replies = [replies.json(400, said)];
    const outcome = await stage.send(chat);
    expect(outcome).toMatchObject({ state: 'refused', reason: expect.stringMatching(/-1001234/) });
  });

  test('a line that breaks, hangs or is not there is tried again', async () => {
    const { service, stage } = await open();
    service.replies = [replies.text(502, `bad gateway /bot${TOKEN}/`)];
    expect(await stage.send(chat)).toMatchObject({ state: 'retry' });
    service.replies = [replies.resetMidBody];
    expect(await stage.send(chat)).toMatchObject({ state: 'retry' });
    service.replies = [replies.hang];
    expect(await stage.send(chat, {}, soon())).toMatchObject({ state: 'retry' });
    service.replies = [replies.text(302, '', { location: 'https://elsewhere.example/' })];
    expect(await stage.send(chat)).toMatchObject({ state: 'retry' });
    const nobody = await openStage(name, { TOKEN, URL: 'http://127.0.0.1:9' });
    const outcome = await nobody.send(chat);
    expect(outcome).toMatchObject({
      state: 'retry',
      reason: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  test('an answer of any length and any signs is short and plain', async () => {
    const { service, stage } = await open();
    service.replies = [replies.text(500, `\u001b[31m${'é'.repeat(496)}${TOKEN}`)];
    const { answer } = await stage.send(chat);
    expect(answer).not.toContain('\u001b');
    expect(answer).not.toContain(TOKEN.slice(0, 4));
    service.replies = [replies.endless];
    expect(await stage.send(chat)).toMatchObject({ state: 'retry' });
  });
});

test('addresses and settings', async () => {
  expect(await checkAddress('telegram', '-1001234567890')).toBeNull();
  expect(await checkAddress('telegram', '@canh_bao_ao')).toBeNull();
  expect(await checkAddress('telegram', 'Ba')).toMatch(/chat id/);
  expect(await checkAddress('zalo-bot', '6ede9afa66b88fe6d6a9')).toBeNull();
  expect(await checkAddress('zalo-bot', 'chú Ba')).toMatch(/chat/);
  const outside = { TOKEN, URL: 'http://bot.example' };
  await expect(openStage('telegram', outside)).rejects.toThrow(/https address/);
  await expect(openStage('telegram', { TOKEN: 'a/../b?secret' })).rejects.toThrow(/\(hidden\)/);
});
