import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAccess } from '#src/access/access';
import { quietLogger } from '../support/quiet.ts';
import { type Answer, type Bench, startBench } from './support/api.ts';

let bench: Bench;

beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const OWN = { origin: 'http://localhost', 'sec-fetch-site': 'same-origin' };

const signIn = (payload: object, headers: Record<string, string> = {}): Promise<Answer> =>
  bench.call({ method: 'POST', url: '/api/v1/session', payload, headers });

async function cookieOf(token: string): Promise<string> {
  const answer = await signIn({ token });
  return answer.headers['set-cookie']?.split(';')[0] ?? '';
}

async function signInCode(): Promise<string> {
  const { state, clock } = bench;
  const access = createAccess({ state, clock, logger: quietLogger });
  return (await access.createSignInLink()).code;
}

describe('signing in', () => {
  test('with a token sets a cookie that scripts and other sites cannot use', async () => {
    const answer = await signIn({ token: bench.tokens.farmer });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ name: 'Anh Ba', role: 'farmer', coops: ['binh-minh'] });
    const cookie = answer.headers['set-cookie'] ?? '';
    expect(cookie).toMatch(
      /^sluice_session=[^;]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    expect(cookie).not.toContain(bench.tokens.farmer);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test('behind a proxy with TLS the cookie is for TLS alone', async () => {
    const answer = await signIn({ token: bench.tokens.farmer }, { 'x-forwarded-proto': 'https' });
    expect(answer.headers['set-cookie']).toMatch(/; Secure/);
  });

  test('the cookie says who it is, until it signs out', async () => {
    const cookie = await cookieOf(bench.tokens.farmer);
    const ask = () => bench.call({ url: '/api/v1/session', headers: { cookie } });
    expect((await ask()).body).toEqual({ name: 'Anh Ba', role: 'farmer', coops: ['binh-minh'] });
    const headers = { cookie, ...OWN };
    const out = await bench.call({ method: 'DELETE', url: '/api/v1/session', headers });
    expect([out.status, out.headers['set-cookie']]).toEqual([
      204,
      expect.stringMatching(/^sluice_session=; Max-Age=0/),
    ]);
    expect((await ask()).status).toBe(401);
  });

  test('removing its token ends a session at once', async () => {
    const { access } = bench;
    const made = await access.createToken({
      name: 'Lost phone',
      role: 'viewer',
      coops: null,
      expiresAt: null,
    });
    const cookie = await cookieOf(made.text);
    const { root: token } = bench.tokens;
    const url = `/api/v1/tokens/${made.token.id}`;
    expect((await bench.call({ method: 'DELETE', url, token })).status).toBe(204);
    expect((await bench.call({ url: '/api/v1/session', headers: { cookie } })).status).toBe(401);
    expect((await bench.call({ method: 'DELETE', url, token })).body.code).toBe('TOKEN_NOT_FOUND');
  });

  test('a sign-in link works once, and not for a preview that asks for its head', async () => {
    const code = await signInCode();
    const url = `/sign-in?code=${code}`;
    expect((await bench.call({ method: 'HEAD', url })).status).not.toBe(303);
    const first = await bench.call({ url });
    expect([first.status, first.headers['location']]).toEqual([303, '/']);
    expect(first.headers['set-cookie']).toMatch(/^sluice_session=/);
    const again = await bench.call({ url });
    expect([again.status, again.body.code]).toEqual([401, 'SIGN_IN_REFUSED']);
    const page = await bench.call({
      url,
      headers: { accept: 'text/html', 'accept-language': 'vi' },
    });
    expect([page.status, page.headers['content-type']]).toEqual([401, 'text/html; charset=utf-8']);
    expect(page.text).toContain('Hãy xin một đường dẫn mới');
  });

  test('a code in a body works too; neither both nor nothing does', async () => {
    expect((await signIn({ code: await signInCode() })).body.role).toBe('administrator');
    for (const body of [{}, { code: 'a', token: 'b' }, { password: 'x' }]) {
      expect((await signIn(body)).status).toBe(400);
    }
  });
});

describe('guessing', () => {
  const from = (remoteAddress: string, request: object) =>
    bench.call({ url: '/api/v1/session', remoteAddress, ...request });

  test('is slowed down by address, while a good token from there still passes', async () => {
    const guess = (): Promise<Answer> => from('10.1.1.1', { token: 'guess' });
    const statuses: number[] = [];
    for (let count = 0; count < 12; count++) statuses.push((await guess()).status);
    expect(statuses.slice(0, 9)).toEqual(new Array(9).fill(401));
    expect(statuses.slice(-2)).toEqual([429, 429]);
    const limited = await guess();
    expect([limited.body.code, Number(limited.headers['retry-after']) > 0]).toEqual([
      'RATE_LIMITED',
      true,
    ]);
    expect((await from('10.1.1.1', { token: bench.tokens.viewer })).status).toBe(200);
    expect((await from('10.1.1.2', { token: 'guess' })).status).toBe(401);
  });

  test('a code is not even tried from an address that failed too often', async () => {
    const attempt = (code: string): Promise<Answer> =>
      from('10.1.1.3', { method: 'POST', payload: { code } });
    for (let count = 0; count < 10; count++) await attempt(`guess-${count}`);
    const good = await signInCode();
    expect((await attempt(good)).status).toBe(429);
    expect((await signIn({ code: good })).status).toBe(200);
  });
});

describe('other sites', () => {
  const change = async (headers: Record<string, string>): Promise<number> => {
    const cookie = await cookieOf(bench.tokens.farmer);
    const url = '/api/v1/alerts/oxygen.dev-1/comment';
    const request = { method: 'POST', url, payload: { note: 'hello' } } as const;
    return (await bench.call({ ...request, headers: { cookie, ...headers } })).status;
  };

  test('cannot change anything with the visitor’s cookie', async () => {
    expect(await change(OWN)).toBe(200);
    expect(await change({ origin: 'http://localhost' })).toBe(200);
    expect(await change({ 'sec-fetch-site': 'same-origin' })).toBe(200);
    expect(await change({})).toBe(403);
    expect(await change({ origin: 'http://evil.example' })).toBe(403);
    expect(await change({ origin: 'null' })).toBe(403);
    expect(await change({ origin: 'http://localhost:8081' })).toBe(403);
    expect(await change({ ...OWN, 'sec-fetch-site': 'cross-site' })).toBe(403);
    expect(await change({ ...OWN, 'sec-fetch-site': 'same-site' })).toBe(403);
  });

  test('cannot sign a visitor in as somebody else', async () => {
    const { farmer: token } = bench.tokens;
    expect((await signIn({ token }, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await signIn({ token }, OWN)).status).toBe(200);
  });

  test('get no permission to read, and no frame around us', async () => {
    const cookie = await cookieOf(bench.tokens.farmer);
    const answer = await bench.call({
      url: '/api/v1/kinds',
      headers: { cookie, origin: 'http://evil.example' },
    });
    const names = Object.keys(answer.headers);
    expect(names.filter((name) => name.startsWith('access-control'))).toEqual([]);
    expect(answer.headers['content-security-policy']).toContain("frame-ancestors 'none'");
  });
});

describe('tokens', () => {
  test('are shown once, and reach no further than their maker', async () => {
    const url = '/api/v1/tokens';
    const { administrator: token } = bench.tokens;
    const post = (payload: object) => bench.call({ method: 'POST', url, payload, token });
    const made = await post({ name: 'Script', role: 'viewer' });
    expect(made.status).toBe(201);
    expect(made.body.token).toMatchObject({ name: 'Script', coops: ['binh-minh'] });
    const list = await bench.call({ url, token });
    expect(list.text).toContain(made.body.token.id);
    expect(list.text).not.toContain(made.body.text);
    const asked = await bench.call({ url: '/api/v1/session', token: made.body.text });
    expect(asked.body.role).toBe('viewer');
    const wide = await post({ name: 'All', role: 'viewer', coops: ['binh-minh', 'phu-my'] });
    expect([wide.status, wide.body.code]).toEqual([422, 'COOP_UNKNOWN']);
    const past = await post({ name: 'P', role: 'viewer', expiresAt: '2020-01-01T00:00:00Z' });
    expect([past.status, past.body.field]).toEqual([422, 'expiresAt']);
    const { stranger } = bench.tokens;
    const theirs = await bench.call({
      method: 'DELETE',
      url: `${url}/${made.body.token.id}`,
      token: stranger,
    });
    expect(theirs.status).toBe(404);
  });
});
