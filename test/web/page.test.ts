import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

const CHROMIUM = '/usr/bin/chromium';
const missing = existsSync(CHROMIUM) ? '' : `no browser at ${CHROMIUM} (Debian: chromium)`;
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const PHONE = { width: 390, height: 844 };
const MINUTE_MS = 60_000;
const TOPIC = 'sluice/v1/htx-1/ao-1/report';

describe('the page, on a phone’s screen, against the real server', () => {
  let folder: string;
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let device: MqttClient;
  const complaints: string[] = [];
  const foreign: string[] = [];

  const publish = (reports: unknown): Promise<unknown> =>
    device.publishAsync(TOPIC, JSON.stringify(reports), { qos: 1 });
  const says = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
  const card = () => page.locator('article.card', { hasText: 'Ao 1' });

  beforeAll(async () => {
    if (missing !== '') return;
    folder = mkdtempSync(path.join(tmpdir(), 'sluice-page-'));
    server = await startServer({ SLUICE_DATA_DIR: folder });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage({ viewport: PHONE, hasTouch: true, locale: 'de-DE' });
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      // A refused sign-in is part of the test; the browser writes it down as an error.
      if (message.type() === 'error' && !message.text().includes('401')) {
        complaints.push(message.text());
      }
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(server.http)) foreign.push(request.url());
    });
  });

  afterAll(async () => {
    await device?.endAsync(true);
    await browser?.close();
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  beforeEach((context) => context.skip(missing !== '', missing));

  it('asks for a token in Vietnamese, refuses a wrong one and takes the right one', async () => {
    await page.goto(server.http);
    await page.getByRole('heading', { name: 'Đăng nhập' }).waitFor();
    await page.getByLabel('Mã truy cập').fill('not-a-token');
    await page.getByRole('button', { name: 'Đăng nhập' }).click();
    await says('Mã này không đúng hoặc đã hết hạn.');
    await page.getByLabel('Mã truy cập').fill(server.token);
    await page.getByRole('button', { name: 'Đăng nhập' }).click();
    await page.getByRole('heading', { name: 'Thêm thiết bị đầu tiên' }).waitFor();
    expect(await page.locator('pre').first().textContent()).toContain('/api/v1/coops');
  });

  it('sees the first device, and its first report as it arrives', async () => {
    await server.call('POST', '/coops', { id: 'htx-1', name: 'HTX Hòa Bình' });
    await server.call('POST', '/sites', { id: 'p1', coop: 'htx-1', kind: 'pond', name: 'Ao 1' });
    const body = { id: 'ao-1', coop: 'htx-1', site: 'p1', kind: 'pond-sensor' };
    const created = await server.call<{ credentials: { password: string } }>(
      'POST',
      '/devices',
      body,
    );
    await says('Đã tạo thiết bị');
    expect(await page.locator('pre').first().textContent()).toContain(TOPIC);
    device = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
      clientId: 'ao-1',
      username: 'ao-1',
      password: created.credentials.password,
      protocolVersion: 4,
    });
    await publish({ values: { dissolved_oxygen: 6.4, ph: 7.9 } });
    await says('Đã nhận báo cáo đầu tiên từ ao-1');
    await card().getByText('6,40').waitFor();
    await card().getByText('Tốt').waitFor();
    await says('Mọi nơi đều ổn');
    await says(/cập nhật (\d+ giây trước|vừa xong)/);
  });

  it('turns red by itself when oxygen falls, and says what to do', async () => {
    const now = Date.now();
    const falling = [10, 5, 0].map((minutes) => ({
      observedAt: new Date(now - minutes * MINUTE_MS).toISOString(),
      values: { dissolved_oxygen: 2.1 },
    }));
    await publish(falling);
    await card().getByText('Nguy hiểm').waitFor();
    await card().getByText('2,10').waitFor();
    await page.getByRole('status').getByText('Ao 1: nguy hiểm').waitFor();
    await says('Làm ngay:');
  });

  it('acknowledges the alert with one tap', async () => {
    await page.getByRole('link', { name: 'Xem cảnh báo' }).click();
    const alert = page.locator('article.alert', { hasText: 'Nguy hiểm' });
    await alert.getByText('Việc cần làm').waitFor();
    expect(await alert.locator('ol li').count()).toBeGreaterThan(0);
    await alert.getByRole('button', { name: 'Tôi đã nhận' }).click();
    await page.getByRole('link', { name: /^Đã nhận/ }).click();
    await page
      .locator('article.alert')
      .getByText(/đã nhận$/)
      .waitFor();
    const path = '/alerts?state=acknowledged';
    const { items } = await server.call<{ items: Array<{ severity: string }> }>('GET', path);
    expect(items.map(({ severity }) => severity)).toEqual(['critical']);
  });

  it('draws the chart of a value and reads it by keyboard', async () => {
    await page.getByRole('link', { name: 'Trang chủ' }).click();
    await page.getByRole('link', { name: 'Mở biểu đồ của Ao 1' }).click();
    await page.locator('[data-drawn=true] canvas').waitFor();
    const inked = await page.evaluate<number>(`(() => {
      const canvas = document.querySelector('[data-drawn=true] canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      let inked = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] > 0) inked += 1;
      return inked;
    })()`);
    expect(inked).toBeGreaterThan(1_000);
    const slider = page.getByRole('slider');
    await slider.focus();
    await page.keyboard.press('ArrowLeft');
    await page
      .locator('.readout')
      .getByText(/^\d,\d\d/)
      .waitFor();
    expect(await slider.getAttribute('aria-valuetext')).toMatch(/2,10\smg\/L|6,40\smg\/L/);
    await page.getByRole('button', { name: 'pH' }).click();
    await page.getByRole('heading', { name: 'pH' }).waitFor();
    await page.getByRole('button', { name: '7 ngày' }).click();
    await says('Trung bình mỗi 15 phút');
    expect(page.url()).toContain('metric=ph&range=7d');
  });

  it('offers every measurement of the range as a file', async () => {
    const link = page.getByRole('link', { name: 'Tải CSV' });
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    expect(download.suggestedFilename()).toBe('series.csv');
    const file = readFileSync(await download.path(), 'utf8');
    expect(file).toContain('ph,7.9');
    await page.getByRole('link', { name: 'Tải Excel' }).waitFor();
  });

  it('says when history is down or behind, and that nothing is lost', async () => {
    await page.getByRole('link', { name: 'Trang chủ' }).click();
    for (const [store, words] of [
      [{ available: false, behind: 0 }, /Kho lịch sử đang tạm ngưng/],
      [{ available: true, behind: 12_345 }, /Lịch sử còn chậm 12.345 tin/],
    ] as const) {
      const checks = [{ name: 'series', ok: true, detail: '', store }];
      await page.route('**/health/ready', (route) =>
        route.fulfill({ json: { status: 'ready', checks } }),
      );
      await page.reload();
      await says(words);
      await page.unroute('**/health/ready');
    }
    const answer = await fetch(new URL('health/ready', server.http));
    const { checks } = (await answer.json()) as { checks: Array<{ name: string; store?: object }> };
    const said = checks.find(({ name }) => name === 'series')?.store;
    expect(said).toEqual({ available: true, behind: expect.any(Number) });
    await page.reload();
    await says('Ao 1: nguy hiểm');
    expect(await page.locator('.banner-history').count()).toBe(0);
  });

  it('says when the server cannot be heard, and comes back by itself', async () => {
    await page.getByRole('link', { name: 'Trang chủ' }).click();
    await page.context().setOffline(true);
    await says('Không kết nối được với máy chủ');
    await page.context().setOffline(false);
    await publish({ values: { dissolved_oxygen: 5.55 } });
    await card().getByText('5,55').waitFor();
    await page.getByText('Không kết nối được với máy chủ').waitFor({ state: 'detached' });
  });

  it('speaks the language chosen, and remembers it', async () => {
    await page.getByLabel('Ngôn ngữ').selectOption('fr');
    await page.getByRole('link', { name: 'Accueil' }).waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'Accueil' }).waitFor();
    expect(await page.locator('html').getAttribute('lang')).toBe('fr');
    await page.getByLabel('Langue').selectOption('en');
    await page.getByRole('link', { name: 'Home' }).waitFor();
  });

  it('fits a phone: nothing to scroll sideways, nothing too small for a thumb or an eye', async () => {
    const misfits = await page.evaluate<string[]>(`(() => {
      const found = [];
      if (document.documentElement.scrollWidth > innerWidth) found.push('scrolls sideways');
      for (const target of document.querySelectorAll('a, button, select, input')) {
        const { width, height } = target.getBoundingClientRect();
        if (width > 0 && (width < 47.5 || height < 47.5) && !target.closest('.card-name')) {
          found.push(target.outerHTML.slice(0, 80));
        }
      }
      for (const text of document.querySelectorAll('body *')) {
        const size = parseFloat(getComputedStyle(text).fontSize);
        if (size < 16) found.push(text.outerHTML.slice(0, 80));
      }
      return found;
    })()`);
    expect(misfits).toEqual([]);
  });

  it('signs out', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('asked nobody else for anything, and the browser had nothing to complain about', () => {
    expect(foreign).toEqual([]);
    const expected = /ERR_INTERNET_DISCONNECTED/;
    expect(complaints.filter((text) => !expected.test(text))).toEqual([]);
  });
});
