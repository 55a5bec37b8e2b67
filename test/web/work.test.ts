import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startServer, type TestServer } from '../support/server.ts';

const CHROMIUM = '/usr/bin/chromium';
const missing = existsSync(CHROMIUM) ? '' : `no browser at ${CHROMIUM} (Debian: chromium)`;
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];
const PHONE = { width: 360, height: 740 };
const MINUTE_MS = 60_000;
/** Of a browser's subscription: any point of P-256 will do for the page. */
const PUSH_KEY =
  'BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM';

interface Named {
  id: string;
  timeline: Array<{ event: string; who: string | null }>;
}

describe('the pages behind "more" and links to alerts, against the real server', () => {
  let folder: string;
  let server: TestServer;
  let browser: Browser;
  let page: Page;
  let device: MqttClient;
  const complaints: string[] = [];

  const open = async (hash: string): Promise<void> => {
    await page.goto(`${server.http}#/${hash}`);
  };
  const says = (text: string | RegExp): Promise<void> => page.getByText(text).first().waitFor();
  const press = (name: string | RegExp): Promise<void> =>
    page
      .getByRole('button', { name, exact: typeof name === 'string' })
      .first()
      .click();

  beforeAll(async () => {
    if (missing !== '') return;
    folder = mkdtempSync(path.join(tmpdir(), 'sluice-work-'));
    server = await startServer({ SLUICE_DATA_DIR: folder });
    await server.call('POST', '/coops', { id: 'htx-1', name: 'HTX Hòa Bình' });
    await server.call('POST', '/sites', { id: 'p1', coop: 'htx-1', kind: 'pond', name: 'Ao 1' });
    await server.call('POST', '/sites', {
      id: 'f1',
      coop: 'htx-1',
      kind: 'field',
      name: 'Ruộng 1',
    });
    const created = await server.call<{ credentials: { password: string } }>('POST', '/devices', {
      ...{ id: 'ao-1', coop: 'htx-1', site: 'p1', kind: 'pond-sensor' },
    });
    device = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
      ...{ clientId: 'ao-1', username: 'ao-1', password: created.credentials.password },
      protocolVersion: 4,
    });
    const now = Date.now();
    const reports = [20, 15, 10, 5, 0].map((minutes) => ({
      observedAt: new Date(now - minutes * MINUTE_MS).toISOString(),
      values: { dissolved_oxygen: 2.1 },
    }));
    await device.publishAsync('sluice/v1/htx-1/ao-1/report', JSON.stringify(reports), { qos: 1 });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage({ viewport: PHONE, hasTouch: true });
    page.setDefaultTimeout(10_000);
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(server.http);
    await page.getByLabel('Mã truy cập').fill(server.token);
    await press('Đăng nhập');
    await page.locator('article.card').first().waitFor();
  });

  afterAll(async () => {
    await device?.endAsync(true);
    await browser?.close();
    await server?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  beforeEach((context) => context.skip(missing !== '', missing));

  /** An oxygen alert, once the rules have said so. */
  const lowOxygen = async (): Promise<Named> => {
    for (let tries = 0; tries < 100; tries += 1) {
      const { items } = await server.call<{ items: Array<Named & { rule: string }> }>(
        'GET',
        '/alerts?device=ao-1',
      );
      const found = items.find(({ rule }) => rule.startsWith('pond-oxygen'));
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error('no alert');
  };

  it('opens the alert of a link, and says once that it was seen', async () => {
    const { id } = await lowOxygen();
    for (const _ of [1, 2]) {
      await open('more');
      await says('Điện thoại này');
      await open(`alerts?id=${id}`);
      await page.locator(`#alert-${id}[data-wanted=true]`).waitFor();
      await page.reload();
      await page.locator(`#alert-${id}[data-wanted=true]`).waitFor();
    }
    await page.waitForLoadState('networkidle').catch(() => undefined);
    const { timeline } = await server.call<Named>('GET', `/alerts/${id}`);
    expect(timeline.filter(({ event }) => event === 'seen')).toHaveLength(1);
  });

  it('opens an alert that is over under Done, and says when there is none', async () => {
    const { id } = await lowOxygen();
    await server.call('POST', `/alerts/${id}/resolve`, {});
    await open('more');
    await open(`alerts?id=${id}`);
    await page.locator(`#alert-${id}[data-state=over]`).waitFor();
    const tab = page.locator('.tab[aria-current=page]');
    expect(await tab.textContent()).toBe('Đã xong');
    await open('alerts?id=nothing');
    await says('Không tìm thấy cảnh báo này');
  });

  it('adds a person, tries the channel, and shows the provider’s own answer', async () => {
    await open('people');
    await press('Thêm người');
    await page.getByLabel('Tên').fill('Nguyễn Thị Lan');
    await press('Thêm cách liên lạc');
    await page.getByLabel('Địa chỉ, số hoặc mã').fill('lan');
    await page.getByLabel('Gom tin không gấp thành một tin').check();
    await page.getByLabel('Gửi lúc').fill('06:15');
    await press('Lưu');
    await page.getByRole('heading', { name: 'Nguyễn Thị Lan' }).waitFor();
    const person = await server.call<Record<string, unknown>>('GET', '/people/nguyen-thi-lan');
    expect(person).toMatchObject({
      name: 'Nguyễn Thị Lan',
      coops: ['htx-1'],
      contacts: [{ channel: 'console', address: 'lan' }],
      policy: { minimum: 'warning', digestAt: '06:15', perHour: 10 },
    });
    await press('Gửi thử');
    await says('Nhà cung cấp trả lời: printed');
  });

  it('sets the ladder of a cooperative, and says that there was none', async () => {
    await open('people?tab=duty');
    await says('Chưa đặt ca trực');
    await press('Thêm bước');
    await page.getByLabel('Nguyễn Thị Lan').check();
    await page.getByLabel(/^Chờ trả lời/).fill('7,5');
    await press('Lưu');
    await says('Đã lưu');
    const duty = await server.call<Record<string, unknown>>('GET', '/coops/htx-1/duty');
    expect(duty).toMatchObject({
      steps: [{ people: ['nguyen-thi-lan'], waitSeconds: 450 }],
      saved: true,
    });
    await open('people?tab=messages');
    await press('Không gửi được');
    await says('Chưa có tin nào.');
  });

  it('refuses to remove who is on duty, in the reader’s language', async () => {
    await open('people');
    await press('Xóa');
    await press('Chắc chắn xóa');
    await page.getByRole('alert').waitFor();
    await server.call('GET', '/people/nguyen-thi-lan');
  });

  it('offers push where the server has a key, and says why not where it cannot', async () => {
    await page.route('**/api/v1/push/key', (route) => route.fulfill({ json: { key: PUSH_KEY } }));
    await open('phone');
    await page.getByRole('button', { name: 'Nhận cảnh báo trên điện thoại này' }).waitFor();
    await page.unroute('**/api/v1/push/key');
    const worker = await fetch(new URL('push-worker.js', server.http));
    expect(worker.headers.get('content-type')).toContain('javascript');
    const plain = await browser.newPage({ viewport: PHONE });
    await plain.context().addCookies(await page.context().cookies());
    await plain.addInitScript('Object.defineProperty(window, "isSecureContext", { value: false })');
    await plain.goto(`${server.http}#/phone`);
    await plain.getByText(/bằng http trong mạng nội bộ/).waitFor();
    await plain.getByText(/Zalo/).first().waitFor();
    await plain.close();
  });

  it('lists rules with their foundation, and says which match no device', async () => {
    await open('rules');
    await page.getByPlaceholder('Tìm quy tắc…').fill('oxy thap');
    const row = page.locator('a.rule-row', { hasText: 'Oxy thấp' }).first();
    await row.getByText('đã đối chiếu nguồn').waitFor();
    await row.getByText('1 thiết bị').waitFor();
    await page.getByPlaceholder('Tìm quy tắc…').fill('drip');
    await says('không khớp thiết bị nào');
  });

  it('tries other numbers on history beside those in force', async () => {
    await open('rules?id=pond-oxygen-low');
    await page.getByLabel('Giới hạn').nth(1).fill('2');
    await page.getByLabel('Hết khi về').nth(1).fill('2,3');
    await press('Thử trên 30 ngày qua');
    await says(/^Sẽ gọi bạn dậy \d+ lần trong 30 ngày$/);
    await says(/^Hiện nay: \d+ lần$/);
    await page.locator('li.interval', { hasText: 'Ao 1' }).first().waitFor();
  });

  it('saves numbers for one site as a rule of the same topic, and takes them back', async () => {
    await page.getByLabel('Áp dụng cho').selectOption({ label: 'Riêng Ao 1 (một nơi)' });
    await press('Lưu');
    await says('Đã lưu');
    type Rule = { topic: string; scope: object; condition: { bands: unknown[] } };
    const saved = await server.call<Rule>('GET', '/rules/pond-oxygen-low-p1');
    expect(saved).toMatchObject({
      topic: 'pond-oxygen-low',
      scope: { site: 'p1' },
      origin: 'saved',
    });
    expect(saved.condition.bands[0]).toMatchObject({ limit: 2, clear: 2.3 });
    await page.getByRole('link', { name: 'pond-oxygen-low-p1' }).click();
    await says(/phiên bản 1 · .* · administrator$/);
    await press('Bỏ sửa đổi, dùng lại bản gốc');
    await press('Chắc chắn xóa');
    await page.getByRole('heading', { name: 'Quy tắc' }).waitFor();
  });

  it('refuses a number that is none before it asks the server', async () => {
    await open('rules?id=pond-oxygen-low');
    await page.getByLabel('Giới hạn').first().fill('4,x');
    await press('Lưu');
    await says('“4,x” phải là một con số.');
  });

  it('records a count and a spray, and shows a negative saving as negative', async () => {
    const year = new Date().getUTCFullYear();
    await server.call('POST', '/sprays/baselines', {
      ...{ site: 'f1', from: `${year}-01-01`, to: `${year}-12-31`, sprays: 0 },
      ...{ costPerHa: 450_000, source: 'vụ trước', fields: 3 },
    });
    await open('field');
    await page.getByLabel(/^Đếm được tất cả/).fill('200');
    await page.getByLabel('Số bụi đã xem').fill('10');
    await page.getByLabel('Số bụi lúa trên 1 m²').fill('25');
    await press('Ghi kết quả');
    await says(/Kết quả: 500,00 · từ 10 mẫu/);
    await says('Lời khuyên');
    await page.getByLabel('Tên thuốc').fill('Chess 50WG');
    await page
      .getByLabel(/^Chi phí/)
      .first()
      .fill('500000');
    await press('Lưu');
    await says('Đã lưu');
    const avoided = page.locator('.figures .negative').first();
    await avoided.waitFor();
    expect(await avoided.textContent()).toMatch(/^-1/);
  });

  it('starts maintenance, says its end on the site’s card, and ends it', async () => {
    await open('maintenance');
    await page.getByLabel('Nơi').selectOption({ label: 'Ao 1' });
    await page.getByLabel('Làm việc gì').fill('Thay quạt nước');
    await press('Bắt đầu bảo trì');
    await says(/^Bảo trì đến \d\d/);
    await open('');
    const card = page.locator('article.card', { hasText: 'Ao 1' });
    await card.getByText(/^Bảo trì đến \d\d.*không gọi ai$/).waitFor();
    await open('maintenance');
    await press('Kết thúc ngay');
    await says('Không nơi nào đang bảo trì.');
  });

  it('fits a narrow phone on every page', async () => {
    const hashes = ['more', 'people', 'people?tab=duty', 'rules', 'rules?id=pond-oxygen-low'];
    for (const hash of [...hashes, 'field', 'maintenance', 'phone', 'alerts?state=resolved']) {
      await open(hash);
      await page.locator('h1').waitFor();
      await page.locator('.loading').waitFor({ state: 'detached' });
      const misfits = await page.evaluate<string[]>(`(() => {
        const found = [];
        if (document.documentElement.scrollWidth > innerWidth) found.push('scrolls sideways');
        for (const target of document.querySelectorAll('a, button, select, input, summary')) {
          const within = target.type === 'checkbox' ? target.closest('label') : target;
          const { width, height } = within.getBoundingClientRect();
          const small = width < 47.5 || height < 47.5;
          if (width > 0 && small) found.push(target.outerHTML.slice(0, 80));
        }
        for (const text of document.querySelectorAll('body *')) {
          const size = parseFloat(getComputedStyle(text).fontSize);
          if (size < 16) found.push(text.outerHTML.slice(0, 80));
        }
        return found;
      })()`);
      expect({ hash, misfits }).toEqual({ hash, misfits: [] });
    }
  });

  it('offers a viewer only what a viewer may do', async () => {
    const made = await server.call<{ text?: string; token?: string }>('POST', '/tokens', {
      ...{ name: 'guest', role: 'viewer', coops: ['htx-1'] },
    });
    const context = await browser.newContext({ viewport: PHONE });
    const guest = await context.newPage();
    await guest.goto(server.http);
    await guest.getByLabel('Mã truy cập').fill(String(made.text ?? made.token));
    await guest.getByRole('button', { name: 'Đăng nhập', exact: true }).click();
    await guest.locator('article.card').first().waitFor();
    await guest.goto(`${server.http}#/more`);
    await guest.getByText('Điện thoại này').waitFor();
    expect(await guest.getByText('Người và ca trực').count()).toBe(0);
    await guest.goto(`${server.http}#/maintenance`);
    await guest.getByText('Không nơi nào đang bảo trì.').waitFor();
    expect(await guest.getByRole('button', { name: 'Bắt đầu bảo trì' }).count()).toBe(0);
    await context.close();
  });

  it('left the browser nothing to complain about', () => {
    expect(complaints).toEqual([]);
  });
});
