import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { systemClock } from '#src/base/clock';
import type { State } from '#src/contracts/state';
import { createState } from '#src/state/state';
import { quietLogger } from '../support/quiet.ts';
import { startServer, type TestServer } from '../support/server.ts';

const CHROMIUM = '/usr/bin/chromium';
/** Why there is no browser to look with; empty when there is one. */
export const missing = existsSync(CHROMIUM) ? '' : `no browser at ${CHROMIUM} (Debian: chromium)`;
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];
const PHONE = { width: 360, height: 740 };
/** Screenshots are taken where somebody wants to look at them. */
const SHOTS = process.env['SCREENSHOTS'];

export interface Order {
  id: string;
  action: string;
  maxSeconds?: number;
}

/** A controller that answers as a test lets it. */
export interface Controller {
  orders: Order[];
  ack(state: string, more?: object): Promise<void>;
  report(values: Record<string, number>): Promise<void>;
  client: MqttClient;
}

/** A cooperative with a zone and a pond on the real server, and a browser of a phone's size. */
export interface PlantPages {
  server: TestServer;
  page: Page;
  /** What the browser complained about. */
  complaints: string[];
  open(hash: string): Promise<void>;
  signIn(token: string): Promise<[BrowserContext, Page]>;
  says(text: string | RegExp): Promise<void>;
  press(name: string | RegExp): Promise<void>;
  /** A picture at two widths, where somebody wants to look. */
  shoot(name: string): Promise<void>;
  connect(id: string, site: string, kind: string): Promise<Controller>;
  tokenOf(role: string): Promise<string>;
  /** Something done past the API, in the state of the server that goes on working. */
  inState(work: (state: State) => Promise<unknown>): Promise<void>;
  /** What of the page in sight does not fit a phone. */
  misfits(): Promise<string[]>;
  close(): Promise<void>;
}

type Plant = Pick<PlantPages, 'server' | 'connect'>;

/** Opens them once the plant is as a test wants it: without a device there is no card to see. */
export async function openPlantPages(
  prepare: (plant: Plant) => Promise<void>,
): Promise<PlantPages> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-pages-'));
  const server = await startServer({ SLUICE_DATA_DIR: folder });
  await server.call('POST', '/coops', { id: 'htx-1', name: 'HTX Hòa Bình' });
  for (const [id, kind, name] of [
    ['z1', 'zone', 'Khu 1'],
    ['p1', 'pond', 'Ao 1'],
  ]) {
    await server.call('POST', '/sites', { id, coop: 'htx-1', kind, name });
  }
  const clients: MqttClient[] = [];
  const connect: PlantPages['connect'] = async (id, site, kind) => {
    const controller = await connectTo(server, { id, site, kind });
    clients.push(controller.client);
    return controller;
  };
  await prepare({ server, connect });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const complaints: string[] = [];
  const signIn = signInOf({ browser, server, complaints });
  const [context, page] = await signIn(server.token);
  return {
    ...{ server, page, complaints, signIn, connect },
    async open(hash) {
      await page.goto(`${server.http}#/${hash}`);
      await page.locator('h1').waitFor();
      await page.locator('.loading').waitFor({ state: 'detached' });
    },
    says: (text) => page.getByText(text).first().waitFor(),
    press: (name) => page.getByRole('button', { name }).first().click(),
    shoot: (name) => shoot(page, name),
    async tokenOf(role) {
      const made = await server.call<{ text?: string; token?: string }>('POST', '/tokens', {
        ...{ name: role, role, coops: ['htx-1'] },
      });
      return String(made.text ?? made.token);
    },
    misfits: () => misfitsOf(page),
    async inState(work) {
      const file = path.join(folder, 'state.db');
      const state = createState({ file, clock: systemClock, logger: quietLogger });
      await state.start(new AbortController().signal);
      await work(state);
      await state.stop();
    },
    async close() {
      await Promise.all(clients.map((client) => client.endAsync(true)));
      await context.close();
      await browser.close();
      await server.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

function signInOf(on: { browser: Browser; server: TestServer; complaints: string[] }) {
  return async (token: string): Promise<[BrowserContext, Page]> => {
    const own = await on.browser.newContext({ viewport: PHONE, hasTouch: true });
    const fresh = await own.newPage();
    fresh.setDefaultTimeout(10_000);
    fresh.on('pageerror', (error) => on.complaints.push(String(error)));
    await fresh.goto(on.server.http);
    await fresh.getByLabel('Mã truy cập').fill(token);
    await fresh.getByRole('button', { name: 'Đăng nhập', exact: true }).click();
    await fresh.locator('article.card').first().waitFor();
    return [own, fresh];
  };
}

async function connectTo(
  server: TestServer,
  { id, site, kind }: { id: string; site: string; kind: string },
): Promise<Controller> {
  const created = await server.call<{ credentials: { password: string } }>('POST', '/devices', {
    ...{ id, coop: 'htx-1', site, kind },
  });
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
    ...{ clientId: id, username: id, password: created.credentials.password },
    protocolVersion: 4,
  });
  const orders: Order[] = [];
  client.on('message', (_, payload) => void orders.push(JSON.parse(String(payload)) as Order));
  await client.subscribeAsync(`sluice/v1/htx-1/${id}/command`, { qos: 1 });
  const say = (topic: string, what: unknown): Promise<unknown> =>
    client.publishAsync(`sluice/v1/htx-1/${id}/${topic}`, JSON.stringify(what), { qos: 1 });
  return {
    ...{ client, orders },
    ack: async (state, more = {}) =>
      void (await say('ack', { id: orders.at(-1)?.id, state, ...more })),
    report: async (values) =>
      void (await say('report', { observedAt: new Date().toISOString(), values })),
  };
}

async function shoot(page: Page, name: string): Promise<void> {
  if (SHOTS === undefined) return;
  mkdirSync(SHOTS, { recursive: true });
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    await page.screenshot({ path: path.join(SHOTS, `${name}-${width}.png`), fullPage: true });
  }
  await page.setViewportSize(PHONE);
}

function misfitsOf(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const found = [];
    if (document.documentElement.scrollWidth > innerWidth) found.push('scrolls sideways');
    for (const target of document.querySelectorAll('main a, main button, select, input, summary')) {
      if (target.closest('.card-name')) continue;
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
}

/** Waits for what no element of the page shows. */
export async function until(
  holds: () => boolean | Promise<boolean>,
  timeoutMs = 5_000,
): Promise<void> {
  for (let waited = 0; waited < timeoutMs; waited += 25) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`it did not come to hold within ${timeoutMs} ms`);
}
