import { describe, expect, test, vi } from 'vitest';
import { LocalService, type Received, type Reply, replies } from './local-service.ts';
import { checkAddress, message, openStage, type Stage, soon } from './stage.ts';

const APP_SECRET = 'secret-key-of-the-app';
const FIRST_REFRESH = 'refresh-0-of-the-authorisation';
const DAY_MS = 86_400_000;
const PHONE = '0901234567';

/** Gives tokens as Zalo does: a refresh token works once, an access token for 25 hours. */
class Zalo {
  access = '';
  refresh = FIRST_REFRESH;
  renewals = 0;
  service!: LocalService;
  say: (request: Received) => unknown = () => ({ error: 0, message: 'Success', data: sent });

  async open(): Promise<this> {
    this.service = await new LocalService().open();
    this.service.replies = [(...given) => this.#reply(...given)];
    return this;
  }

  #reply: Reply = (response, request) => {
    const { path, headers, text } = request;
    const answer = (value: unknown): void => replies.json(200, value)(response, request);
    if (path === '/v4/oa/access_token') {
      const form = new URLSearchParams(text);
      if (headers['secret_key'] !== APP_SECRET || form.get('app_id') !== '4242') {
        return answer({ error: -14_004, error_name: 'Invalid secret', error_description: text });
      }
      if (form.get('refresh_token') !== this.refresh) {
        return answer({ error: -14_020, error_name: 'Invalid refresh token.' });
      }
      this.renewals++;
      this.access = `access-${this.renewals}-of-the-account`;
      this.refresh = `refresh-${this.renewals}-of-the-account`;
      return answer({
        ...{ access_token: this.access, refresh_token: this.refresh, expires_in: '90000' },
      });
    }
    if (headers['access_token'] !== this.access) {
      const said = `Access token invalid ${headers['access_token']}`;
      return answer({ error: -124, message: said });
    }
    return answer(this.say(request));
  };

  sent(): Received[] {
    return this.service.received.filter(({ path }) => path === '/message/template');
  }
}

const sent = { msg_id: 'a4d0243feb1a66b1', sent_time: '1616673095659', quota: {} };

async function open(change: Record<string, string> = {}): Promise<{ zalo: Zalo; stage: Stage }> {
  const zalo = await new Zalo().open();
  const stage = await openStage('zalo-zns', settingsOf(zalo, change));
  const tokens = ['access', 'refresh'].flatMap((kind) =>
    [1, 2, 3].map((number) => `${kind}-${number}-of-the-account`),
  );
  stage.secrets.push(...tokens);
  return { zalo, stage };
}

function settingsOf(zalo: Zalo, change: Record<string, string> = {}): Record<string, string> {
  return {
    APP_ID: '4242',
    APP_SECRET,
    REFRESH_TOKEN: FIRST_REFRESH,
    TEMPLATE_ID: '7895417',
    PARAMETERS: '{"ao":"{site}","noi_dung":"{title:30}","muc":"muc {severity}"}',
    URL: zalo.service.url(),
    OAUTH_URL: zalo.service.url(),
    ...change,
  };
}

describe('messages', () => {
  test('the template is filled, the number written as Zalo has it', async () => {
    const { zalo, stage } = await open();
    expect(await stage.send(PHONE)).toMatchObject({ state: 'sent', providerId: sent.msg_id });
    const [request] = zalo.sent();
    expect(request?.headers['access_token']).toBe('access-1-of-the-account');
    expect(JSON.parse(request?.text ?? '')).toEqual({
      phone: '84901234567',
      template_id: '7895417',
      template_data: {
        ao: 'ao-3',
        noi_dung: 'Ao 3: Oxy hòa tan 2,8 ↓ – Bật…',
        muc: 'muc critical',
      },
      tracking_id: message.key,
    });
  });

  test('status 200 with an error inside is no success', async () => {
    const { zalo, stage } = await open();
    const says = (error: number, said: string) => {
      zalo.say = () => ({ error, message: said });
      return stage.send(PHONE);
    };
    expect(await says(-115, 'Out of quota')).toMatchObject({
      state: 'retry',
      reason: '-115 Out of quota',
    });
    expect(await says(-118, 'Zalo account not existed')).toMatchObject({ state: 'refused' });
    expect(await says(-108, 'Phone number invalid')).toMatchObject({ state: 'refused' });
    expect(await says(-100, 'Unknown error')).toMatchObject({ state: 'retry' });
    zalo.say = ({ headers }) => ({ error: -100, message: `Unknown ${headers['access_token']}` });
    expect(await stage.send(PHONE)).toMatchObject({ reason: '-100 Unknown (hidden)' });
    zalo.say = () => 'no envelope';
    expect(await stage.send(PHONE)).toMatchObject({ state: 'retry' });
  });

  test('a line that breaks or hangs is tried again', async () => {
    const { zalo, stage } = await open();
    await stage.send(PHONE);
    for (const reply of [replies.resetMidBody, replies.text(503, 'busy'), replies.hang]) {
      zalo.service.replies = [reply];
      expect(await stage.send(PHONE, {}, soon())).toMatchObject({ state: 'retry' });
    }
    zalo.service.replies = [replies.text(429, '{}', { 'retry-after': '60' })];
    expect(await stage.send(PHONE)).toMatchObject({ state: 'retry', afterMs: 60_000 });
  });
});

describe('tokens', () => {
  test('one renewal serves many messages, and those that come at once', async () => {
    const { zalo, stage } = await open();
    await Promise.all([stage.send(PHONE), stage.send(PHONE), stage.send(PHONE)]);
    expect(zalo.renewals).toBe(1);
    expect(zalo.sent()).toHaveLength(3);
  });

  test('both new tokens are kept over a restart', async () => {
    const { zalo, stage } = await open();
    await stage.send(PHONE);
    stage.open(settingsOf(zalo));
    expect(await stage.send(PHONE)).toMatchObject({ state: 'sent' });
    expect(zalo.renewals).toBe(1);
    stage.now += 2 * DAY_MS;
    expect(await stage.send(PHONE)).toMatchObject({ state: 'sent' });
    expect(zalo.renewals).toBe(2);
    expect(JSON.parse(stage.memory.get('tokens') ?? '')).toMatchObject({
      accessToken: zalo.access,
      refreshToken: zalo.refresh,
    });
  });

  test('a token that is not taken any more is renewed once, for all who have it', async () => {
    const { zalo, stage } = await open();
    await stage.send(PHONE);
    zalo.access = 'another one';
    const outcomes = await Promise.all([stage.send(PHONE), stage.send(PHONE)]);
    expect(outcomes.map(({ state }) => state)).toEqual(['sent', 'sent']);
    expect(zalo.renewals).toBe(2);
  });

  test('a token that is never taken does not go round in circles', async () => {
    const { zalo, stage } = await open();
    zalo.say = () => ({ error: -124, message: `Access token invalid ${zalo.access}` });
    expect(await stage.send(PHONE)).toMatchObject({ state: 'retry', reason: /ZALO_TOKEN/ });
    expect(zalo.renewals).toBe(2);
  });

  test('a refresh token that was used says what to do, and shows nothing', async () => {
    const { zalo, stage } = await open();
    zalo.refresh = 'somebody else used it';
    expect(await stage.send(PHONE)).toMatchObject({ state: 'retry', reason: /-14020/ });
    expect(zalo.sent()).toEqual([]);
    // A new authorisation in the settings takes its place.
    zalo.refresh = 'refresh-of-a-new-authorisation';
    stage.open(settingsOf(zalo, { REFRESH_TOKEN: zalo.refresh }));
    expect(await stage.send(PHONE)).toMatchObject({ state: 'sent' });
  });

  test('a new authorisation stands above what was kept', async () => {
    const { zalo, stage } = await open();
    await stage.send(PHONE);
    zalo.refresh = 'refresh-of-a-new-authorisation';
    zalo.access = '';
    stage.open(settingsOf(zalo, { REFRESH_TOKEN: zalo.refresh }));
    expect(await stage.send(PHONE)).toMatchObject({ state: 'sent' });
  });

  test('new tokens that could not be written are not lost, and are written later', async () => {
    const { zalo, stage } = await open();
    const { keep } = stage;
    stage.keep = async () => {
      throw new Error('the disk is full');
    };
    expect(await stage.send(PHONE)).toMatchObject({ state: 'sent' });
    expect(stage.printed).toEqual([expect.stringMatching(/could not be kept: the disk is full/)]);
    stage.keep = keep;
    expect(await stage.send(PHONE)).toMatchObject({ state: 'sent' });
    expect(zalo.renewals).toBe(1);
    expect(stage.memory.get('tokens')).toContain(zalo.refresh);
  });

  test('they are renewed each week though nothing is sent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { zalo, stage } = await open();
      await stage.send(PHONE);
      await vi.advanceTimersByTimeAsync(DAY_MS);
      expect(zalo.renewals).toBe(1);
      stage.now += 8 * DAY_MS;
      // No further than the next look: a deadline would pass before a real socket answers.
      await vi.advanceTimersByTimeAsync(DAY_MS / 4);
      await vi.waitFor(() => expect(stage.memory.get('tokens')).toContain('refresh-2'));
      expect(zalo.renewals).toBe(2);
      await stage.close();
    } finally {
      vi.useRealTimers();
    }
  });
});

test('addresses and settings', async () => {
  for (const phone of [PHONE, '84901234567', '+84901234567']) {
    expect(await checkAddress('zalo-zns', phone)).toBeNull();
  }
  expect(await checkAddress('zalo-zns', '+33612345678')).toMatch(/Vietnamese/);
  await expect(open({ PARAMETERS: '{"a":1}' })).rejects.toThrow(/JSON/);
});
