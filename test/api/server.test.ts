import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostGuard } from '#src/api/hosts';
import { PROBLEMS } from '#src/api/problems';
import { type Bench, startBench } from './support/api.ts';

let bench: Bench;
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-web-'));

beforeAll(async () => {
  mkdirSync(path.join(folder, 'assets'));
  writeFileSync(path.join(folder, 'index.html'), '<!doctype html><title>Sluice</title>');
  writeFileSync(path.join(folder, 'assets', 'app-1a2b.js'), `/* ${'x'.repeat(5_000)} */`);
  bench = await startBench({ webDir: folder, allowedHosts: ['farm.example'] });
});
afterAll(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
});

describe('health', () => {
  test('ready says which part cannot do its work, and why', async () => {
    expect((await bench.call({ url: '/health/live' })).body.status).toBe('live');
    expect((await bench.call({ url: '/health/ready' })).status).toBe(200);
    bench.checks.push({ name: 'series', ok: false, detail: 'the store is down: exit code 9' });
    const answer = await bench.call({ url: '/health/ready' });
    expect([answer.status, answer.body]).toEqual([
      503,
      { status: 'unready', checks: bench.checks },
    ]);
    bench.checks.pop();
  });

  test('metrics are open on loopback, and need a token when passed on by a proxy', async () => {
    const open = await bench.call({ url: '/metrics' });
    expect(open.text).toMatch(/^sluice_http_requests_total\{.*route="\/health\/ready"/m);
    const headers = { 'x-forwarded-for': '203.0.113.5' };
    expect((await bench.call({ url: '/metrics', headers })).status).toBe(401);
    const { viewer: token } = bench.tokens;
    expect((await bench.call({ url: '/metrics', headers, token })).status).toBe(200);
  });

  test('metrics need a token when the listener is not loopback', async () => {
    const wide = await startBench({ host: '0.0.0.0' });
    expect((await wide.call({ url: '/metrics' })).status).toBe(401);
    const { viewer: token } = wide.tokens;
    expect((await wide.call({ url: '/metrics', token })).status).toBe(200);
    await wide.close();
  });
});

describe('host names', () => {
  test.each([
    ['localhost:8080', 200],
    ['127.0.0.1', 200],
    ['[::1]:8080', 200],
    ['farm.example', 200],
    ['FARM.example.:443', 200],
    ['evil.example', 421],
    ['localhost.evil.example', 421],
    ['127.0.0.1.evil.example', 421],
    ['192.168.1.5', 421],
  ])('%s: %d', async (host, status) => {
    expect((await bench.call({ url: '/health/live', headers: { host } })).status).toBe(status);
  });

  test('a server on all addresses is reached by any address, and by no foreign name', () => {
    const isKnown = hostGuard({ host: '0.0.0.0', allowedHosts: [] });
    expect(isKnown('192.168.1.5:8080')).toBe(true);
    expect(isKnown('[fe80::1]:8080')).toBe(true);
    expect(isKnown('evil.example')).toBe(false);
    expect(isKnown('127.evil.example')).toBe(false);
    expect(isKnown(undefined)).toBe(false);
  });
});

describe('the page', () => {
  test('is served at / and at any path a person opens; its files are cached for ever', async () => {
    const html = { accept: 'text/html,*/*' };
    const start = await bench.call({ url: '/' });
    expect([start.status, start.headers['content-type'], start.headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-cache',
    ]);
    expect((await bench.call({ url: '/sites/ao-1', headers: html })).text).toContain('Sluice');
    const asset = await bench.call({ url: '/assets/app-1a2b.js' });
    expect(asset.headers['cache-control']).toContain('immutable');
    for (const url of ['/assets/none.js', '/api/v1/none', '/../package.json', '/%2e%2e/x.json']) {
      const answer = await bench.call({ url, headers: html });
      expect([url, answer.status, answer.headers['content-type']]).toEqual([
        url,
        404,
        'application/problem+json; charset=utf-8',
      ]);
    }
  });

  test('may load nothing from elsewhere, and neither may the reference page', async () => {
    for (const url of ['/', '/docs']) {
      const policy = (await bench.call({ url })).headers['content-security-policy'];
      expect(policy).toContain("default-src 'self'");
      expect(policy).not.toMatch(/https?:|script-src[^;]*unsafe|\*/);
    }
    const docs = await bench.call({ url: '/docs' });
    for (const [, source] of docs.text.matchAll(/src="([^"]+)"/g)) {
      expect((await bench.call({ url: source ?? '' })).status).toBe(200);
    }
    expect(docs.text).not.toMatch(/https?:|<script>/);
  });

  test('large answers are compressed for those who take it', async () => {
    const headers = { host: 'localhost', 'accept-encoding': 'gzip, br' };
    const answer = await bench.api.inject({ url: '/openapi.json', headers });
    expect(answer.headers['content-encoding']).toBe('gzip');
  });
});

describe('problems', () => {
  test('speak the language asked for', async () => {
    const ask = async (language: string, url: string) =>
      (await bench.call({ url, headers: { 'accept-language': language } })).body;
    for (const [language, title] of [
      ['vi-VN,vi;q=0.9,en;q=0.8', 'Cần đăng nhập'],
      ['fr-FR', 'Connexion requise'],
      ['de, en;q=0.5, vi;q=0.1', 'Sign in first'],
      ['de', 'Sign in first'],
      ['en;q=0.1, vi', 'Cần đăng nhập'],
    ] as const) {
      expect((await ask(language, '/api/v1/kinds')).title).toBe(title);
    }
    const token = bench.tokens.viewer;
    const invalid = await bench.call({
      url: '/api/v1/alerts?limit=0&stat=open',
      token,
      headers: { 'accept-language': 'vi' },
    });
    expect(invalid.body).toMatchObject({
      type: 'urn:sluice:problem:REQUEST_INVALID',
      title: 'Yêu cầu không hợp lệ',
      status: 400,
      code: 'REQUEST_INVALID',
      field: 'limit',
    });
    expect(invalid.body.errors[1]).toEqual({
      field: 'stat',
      message: 'không có trường này; có phải là “state”?',
    });
    expect(invalid.headers['content-language']).toBe('vi');
    expect(invalid.headers['vary']).toMatch(/accept-language/i);
  });

  test('every code has a title in three languages and a status that is meant', () => {
    for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
      expect(code).toMatch(/^[A-Z][A-Z_]+$/);
      expect([400, 401, 403, 404, 405, 409, 413, 415, 421, 422, 429, 500, 503]).toContain(status);
      for (const text of [title.vi, title.en, title.fr]) expect(text).not.toBe('');
    }
  });

  test('tell a wrong method from an unknown route, and a wrong type from a large body', async () => {
    const { root: token } = bench.tokens;
    const wrong = await bench.call({ method: 'PUT', url: '/api/v1/sites/ao-1', token });
    expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'DELETE, GET, HEAD, PATCH']);
    const get = await bench.call({ url: '/api/v1/alerts/x/acknowledge', token });
    expect([get.status, get.headers['allow']]).toEqual([405, 'POST']);
    const post = (payload: string, type: string) =>
      bench.call({
        method: 'POST',
        url: '/api/v1/coops',
        payload,
        token,
        headers: { 'content-type': type },
      });
    expect((await post('<a/>', 'application/xml')).status).toBe(415);
    expect((await post(`"${'x'.repeat(300_000)}"`, 'application/json')).status).toBe(413);
  });

  test('an unexpected error says nothing but an id', async () => {
    const broken = await startBench();
    broken.state.coops.list = async () => {
      throw new TypeError('secret detail');
    };
    const answer = await broken.call({ url: '/api/v1/coops', token: broken.tokens.root });
    expect([answer.status, answer.body.code]).toEqual([500, 'INTERNAL_ERROR']);
    expect(answer.text).not.toContain('secret detail');
    expect(answer.body.requestId).toMatch(/^[0-9a-f-]{36}$/);
    await broken.close();
  });

  test('too many requests from one address get 429 with Retry-After', async () => {
    const busy = await startBench();
    let last = await busy.call({ url: '/health/live', remoteAddress: '10.0.0.7' });
    for (let count = 0; count < 6_000 && last.status === 200; count++) {
      last = await busy.call({ url: '/health/live', remoteAddress: '10.0.0.7' });
    }
    expect([last.status, last.body.code]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(last.headers['retry-after'])).toBeGreaterThan(0);
    expect((await busy.call({ url: '/health/live' })).status).toBe(200);
    await busy.close();
  });
});

describe('life', () => {
  test('a taken port is said in one sentence with the fix', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => holder.once('listening', resolve));
    const { port } = holder.address() as { port: number };
    const blocked = await startBench({ port });
    await expect(blocked.api.start(new AbortController().signal)).rejects.toMatchObject({
      code: 'HTTP_PORT_BUSY',
      hint: expect.stringContaining('SLUICE_HTTP_PORT'),
    });
    await blocked.close();
    await new Promise((resolve) => holder.close(resolve));
  });

  test('stopping is safe twice and before a start, and lets an answer end', async () => {
    const own = await startBench();
    expect(own.api.address()).toBeNull();
    await own.api.start(new AbortController().signal);
    const { port, url } = own.api.address() ?? { port: 0, url: '' };
    expect(url).toBe(`http://127.0.0.1:${port}/`);
    const text = await new Promise<string>((resolve, reject) => {
      let received = '';
      request(new URL('/health/live', url), (response) => {
        response.on('data', (chunk: Buffer) => {
          received += chunk.toString();
        });
        response.on('end', () => resolve(received));
      })
        .on('error', reject)
        .end();
    });
    expect(text).toContain('live');
    await Promise.all([own.api.stop(), own.api.stop()]);
    await own.close();
  });
});
