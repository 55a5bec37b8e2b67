import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actuator } from '#src/contracts/actuator';
import { plotOf } from '../state/examples-water.ts';
import { type Controller, missing, openPlantPages, type PlantPages, until } from './plant-pages.ts';

/** Twice the report interval of nothing here: a verdict comes as soon as a report follows it. */
const WITHIN_SECONDS = 1;

describe('what is declared on the page, against the real server', () => {
  let pages: PlantPages;
  let server: PlantPages['server'];
  let page: PlantPages['page'];
  let valve: Controller;

  const open = (hash: string): Promise<void> => pages.open(hash);
  const shoot = (name: string): Promise<void> => pages.shoot(name);
  const says = (text: string | RegExp): Promise<void> => pages.says(text);
  const press = (name: string | RegExp): Promise<void> => pages.press(name);
  const fill = (label: string, text: string): Promise<void> => page.getByLabel(label).fill(text);
  const choose = async (label: string, text: string): Promise<void> =>
    void (await page.getByLabel(label, { exact: true }).selectOption({ label: text }));
  /** What stands at a field as its fault, as somebody hears it who does not see it. */
  const faultAt = (label: string) =>
    expect.poll(async () => {
      const field = page.getByLabel(label, { exact: true });
      if ((await field.getAttribute('aria-invalid')) !== 'true') return '';
      const id = await field.getAttribute('aria-describedby');
      const told = page.locator(`[id="${id}"]`);
      return (await told.count()) === 1 ? told.textContent() : '';
    });
  const marked = (): Promise<number> => page.locator('[aria-invalid]').count();
  const status = async (path: string): Promise<string> => {
    try {
      return JSON.stringify(await server.call('GET', path));
    } catch (error) {
      return String(error);
    }
  };

  beforeAll(async () => {
    if (missing !== '') return;
    pages = await openPlantPages(async ({ server: { call }, connect }) => {
      valve = await connect('van-1', 'z1', 'drip-controller');
      const pond = await connect('ao-1', 'p1', 'pond-sensor');
      const fan = await connect('quat-1', 'p1', 'aerator-controller');
      await call('PUT', '/actuators/van-1', {
        ...{ enabled: true, failSafe: 'off', maxSeconds: 1_800, interlocks: [] },
        witness: {
          ...{ device: null, metric: 'flow_rate', view: 'value', withinSeconds: WITHIN_SECONDS },
          ...{ on: { min: 5, max: 30 }, off: { min: null, max: 0.2 } },
        },
      });
      await call('PUT', '/actuators/quat-1', { enabled: true, failSafe: 'on' });
      await fan.client.endAsync();
      await pond.report({ dissolved_oxygen: 5.1 });
      await valve.report({ flow_rate: 0, valve_open: 0, soil_moisture: 30 });
    });
    ({ server, page } = pages);
  });

  afterAll(async () => pages?.close());

  beforeEach((test) => test.skip(missing !== '', missing));

  it('declares a zone: what is missing or refused stands at its field, in units', async () => {
    await open('programmes?tab=water');
    await says('Chưa khu nào khai báo cây, đất và dây tưới.');
    await press('Khai báo một khu');
    await press('Lưu');
    await faultAt('Khu').toBe('Cần điền ô này.');
    expect(await page.evaluate('document.activeElement?.tagName')).toBe('SELECT');
    await says('Chưa lưu. Hãy sửa chỗ được đánh dấu.');
    await choose('Khu', 'Khu 1');
    await choose('Cây trồng', 'Hành tím');
    // The tables' own numbers, to be changed to what is true at home.
    expect(await page.getByLabel('Phát triển (ngày)').inputValue()).toBe('30');
    expect(await page.getByLabel('Độ sâu rễ (m)').inputValue()).toBe('0,3');
    await fill('Ngày gieo hoặc trồng', '2026-11-01');
    await fill('Sức giữ ẩm đồng ruộng (m³/m³)', '0,21');
    await fill('Điểm héo (m³/m³)', '0,3x');
    await fill('Diện tích được tưới (m²)', '800');
    await fill('Cây cách cây (m)', '0,2');
    await fill('Hàng cách hàng (m)', '0,5');
    await fill('Lưu lượng một đầu (L/h)', '1,5');
    await press('Lưu');
    await faultAt('Điểm héo (m³/m³)').toBe('“0,3x” không phải là số.');
    expect(await marked()).toBe(1);
    await fill('Điểm héo (m³/m³)', '0,36');
    await shoot('plot-form');
    await press('Lưu');
    // The site has no location either: one fault at a time, as the server finds them.
    await page.getByLabel('Vĩ độ (°)').waitFor();
    await until(async () => (await marked()) === 1);
    await faultAt('Vĩ độ (°)').toMatch(/^Không biết khu này ở đâu.* Hãy ghi vĩ độ/);
    await fill('Vĩ độ (°)', '95');
    await fill('Kinh độ (°)', '105,9');
    await fill('Độ cao (m)', '2');
    await press('Lưu');
    await faultAt('Vĩ độ (°)').toMatch(/90/);
    await fill('Vĩ độ (°)', '9,3');
    await press('Lưu');
    const latitude = page.getByLabel('Vĩ độ (°)');
    await until(
      async () => (await latitude.getAttribute('aria-invalid')) === null && (await marked()) === 1,
    );
    await faultAt('Sức giữ ẩm đồng ruộng (m³/m³)').toMatch(
      /^Sức giữ ẩm 0,21 không cao hơn điểm héo 0,36\. Đất thịt pha sét/,
    );
    await shoot('plot-refused');
    expect(await status('/plots/z1')).toContain('PLOT_NOT_FOUND');
    await fill('Sức giữ ẩm đồng ruộng (m³/m³)', '0,36');
    await fill('Điểm héo (m³/m³)', '0,21');
    await choose('Độ ẩm đất', 'van-1 · Khu 1');
    await press('Lưu');
    await page.getByRole('button', { name: 'Sửa khai báo' }).waitFor();
    expect(await server.call('GET', '/plots/z1')).toEqual({
      ...{ site: 'z1', coop: 'htx-1', crop: 'shallot', plantedOn: '2026-11-01' },
      stageDays: { initial: 25, development: 30, middle: 10, late: 5 },
      soil: { fieldCapacity: 0.36, wiltingPoint: 0.21 },
      ...{ rootDepth: 0.3, areaM2: 800, waterConductivity: null, soilConductivityMax: null },
      drip: {
        ...{ plantSpacing: 0.2, rowSpacing: 0.5, emittersPerPlant: 1, emitterFlow: 1.5 },
        efficiency: 0.9,
      },
      sensors: { soilMoisture: 'van-1', rain: null, weather: null },
      place: { latitude: 9.3, longitude: 105.9, altitude: 2 },
    });
    await says('Mọi khu đều đã khai báo.');
  });

  it('changes a zone and keeps the rest, says no in the reader’s language, and forgets it', async () => {
    const before = await server.call<object>('GET', '/plots/z1');
    await page.locator('.language select').selectOption('fr');
    await press('Modifier la zone');
    expect(await page.getByLabel('Profondeur des racines (m)').inputValue()).toBe('0,3');
    await page.getByText('Lessivage du sel').click();
    await fill('Conductivité de l’eau (dS/m)', '1,2');
    await press('Enregistrer');
    await page.locator('[aria-invalid]').first().waitFor();
    await faultAt('Conductivité du sol où la culture ne donne plus rien (dS/m)').toBe(
      'Le lessivage demande les deux conductivités. Donnez les deux en dS/m, ou aucune.',
    );
    await shoot('plot-refused-fr');
    await fill('Conductivité du sol où la culture ne donne plus rien (dS/m)', '7,5');
    await fill('Surface arrosée (m²)', '950.5');
    await press('Enregistrer');
    await page.getByRole('button', { name: 'Modifier la zone' }).waitFor();
    expect(await server.call('GET', '/plots/z1')).toEqual({
      ...before,
      ...{ areaM2: 950.5, waterConductivity: 1.2, soilConductivityMax: 7.5 },
    });
    await press('Modifier la zone');
    await press('Supprimer');
    expect(await status('/plots/z1')).toContain('shallot');
    await press('Appuyez encore : supprimer avec son bilan hydrique');
    await says('Aucune zone n’a sa culture, son sol et ses lignes déclarés.');
    expect(await status('/plots/z1')).toContain('PLOT_NOT_FOUND');
    await page.locator('.language select').selectOption('vi');
  });

  it('says what is wrong with a zone that was written past the API, and lets it be mended', async () => {
    const zone = { id: 'z2', coop: 'htx-1', kind: 'zone', name: 'Khu 2' };
    await server.call('POST', '/sites', zone);
    await pages.inState(({ plots }) =>
      plots.save({ ...plotOf({ site: 'z2', coop: 'htx-1' }), crop: 'lua-mi' }),
    );
    for (const of of ['irrigation-advice', 'water-balance']) {
      expect(await status(`/sites/z2/${of}`)).toMatch(/400 .*"code":"PLOT_INVALID","field":"crop"/);
    }
    await page.reload();
    await says(/Không ai biết cây lua-mi\. Hãy chọn trong rice, /);
    await shoot('plot-past');
    await press('Sửa khai báo');
    await page.getByLabel('Cây trồng').getByText('lua-mi').waitFor({ state: 'attached' });
    await choose('Cây trồng', 'Bắp lấy hạt');
    await page.getByText('Vị trí', { exact: true }).click();
    await fill('Vĩ độ (°)', '9,3');
    await fill('Kinh độ (°)', '105,9');
    await fill('Độ cao (m)', '2');
    await press('Lưu');
    await page.locator('[data-decision]').waitFor();
    await server.call('DELETE', '/plots/z2');
  });

  it('plans the aeration of a pond, changes the plan and removes it', async () => {
    await open('aeration');
    await press('Thêm kế hoạch cho một ao');
    await choose('Ao', 'Ao 1');
    // The pond has one such sensor.
    expect(await page.getByLabel('Cảm biến oxy').inputValue()).toBe('ao-1');
    await choose('Cách chạy', 'Chỉ báo, không tự làm gì');
    await fill('Bật khi oxy dưới (mg/L)', '4,5');
    await fill('Tắt khi oxy trên (mg/L)', '4');
    await fill('Từ', '21:00');
    await press('Lưu');
    await until(async () => (await marked()) === 3);
    await faultAt('Đến').toBe('Cần điền ô này.');
    await faultAt('Công suất của tất cả máy (kW)').toBe('Cần điền ô này.');
    await says('Cần điền ô này.');
    await page.getByLabel('quat-1').check();
    await fill('Công suất của tất cả máy (kW)', '7,5');
    await fill('Đến', '05:00');
    await press('Lưu');
    await until(async () => (await marked()) === 1);
    await faultAt('Tắt khi oxy trên (mg/L)').toBe(
      '4 mg/L không cao hơn 4,5, mức bắt đầu chạy. Mức tắt phải cao hơn mức bật.',
    );
    await shoot('aeration-refused');
    await fill('Tắt khi oxy trên (mg/L)', '5,5');
    await press('Lưu');
    await says('Chỉ báo, không tự làm gì');
    const plan = {
      ...{ site: 'p1', coop: 'htx-1', mode: 'manual', sensor: 'ao-1', aerators: ['quat-1'] },
      ...{ startBelow: 4.5, stopAbove: 5.5, powerKw: 7.5 },
      baseline: { from: '21:00', to: '05:00' },
    };
    expect(await server.call('GET', '/aeration/p1')).toEqual(plan);
    await press('Sửa kế hoạch');
    await choose('Cách chạy', 'Hỏi trước khi bật hay tắt');
    await fill('Từ', '');
    await fill('Đến', '');
    await press('Lưu');
    await says('Hỏi trước khi bật hay tắt');
    const changed = { ...plan, mode: 'propose', baseline: null };
    expect(await server.call('GET', '/aeration/p1')).toEqual(changed);
    // An aerator of the list may be at fault by itself: it is told at the list.
    const inRole = (role: Actuator['role']) =>
      pages.inState(async ({ actuators }) => {
        const fan = await actuators.get('quat-1');
        if (fan !== undefined) await actuators.save({ ...fan, role });
      });
    await inRole('pump');
    await press('Sửa kế hoạch');
    await press('Lưu');
    await page
      .locator('fieldset[aria-invalid]')
      .getByText(/^quat-1 được khai báo là pump/)
      .waitFor();
    await inRole('aerator');
    await press('Bỏ');
    await press('Sửa kế hoạch');
    await press('Xóa khai báo');
    await press('Bấm lần nữa: xóa kế hoạch; máy đang chạy sẽ tự dừng khi hết hạn');
    await says('Chưa ao nào có kế hoạch sục khí.');
    expect(await status('/aeration/p1')).toContain('AERATION_NOT_FOUND');
  });

  it('takes a yes to what a programme proposes, and ends the run when it is told', async () => {
    const path = (of: string): string => `/programmes/tuoi-hoi/${of}`;
    await server.call('POST', '/programmes', {
      ...{ id: 'tuoi-hoi', coop: 'htx-1', name: 'Tưới hỏi', enabled: true, mode: 'propose' },
      ...{ zones: [{ device: 'van-1' }], order: 'sequence', cycle: null, conditions: {} },
      start: { type: 'times', at: ['05:00'] },
      dose: { type: 'minutes', minutes: 5 },
      ...{ missed: { policy: 'skip' }, budget: { litres: null, seconds: null } },
    });
    // As if its time had come a minute ago: nobody waits for five in the morning here.
    const at = Date.now() - 60_000;
    const piece = { device: 'van-1', from: at, seconds: 300, litres: null, command: null };
    await pages.inState(({ programmes }) =>
      programmes.saveRun({
        ...{ programme: 'tuoi-hoi', version: 1, at, decision: 'propose', state: 'proposed' },
        ...{ reasons: [], pieces: [piece], note: null },
      }),
    );
    const orders = valve.orders.length;
    await open('programmes?id=tuoi-hoi');
    await says(/^Đề xuất lúc \d\d:\d\d$/);
    await shoot('programme-proposed');
    expect(valve.orders.length).toBe(orders);
    await press('Đồng ý: tưới ngay');
    await says(/đang tưới|chờ phần tiếp theo/);
    await page.getByRole('button', { name: 'Đồng ý: tưới ngay' }).waitFor({ state: 'detached' });
    const { items: runs } = await server.call<{ items: object[] }>('GET', path('runs'));
    expect(runs).toMatchObject([
      {
        decision: 'run',
        reasons: [{ code: 'accepted', values: { by: 'administrator' } }],
        pieces: [{ device: 'van-1', seconds: 300 }],
      },
    ]);
    expect(await status('/audit?subject=tuoi-hoi')).toContain('programme.accepted');
    await press('Dừng lượt này');
    await says('Ghi chú: đã dừng bởi administrator');
    // The valve obeys, if it was already told to open.
    await until(() => valve.orders.length === orders || valve.orders.at(-1)?.action === 'close');
    if (valve.orders.length > orders) await valve.ack('done');
  });

  it('clears a fault only with a note, which the audit keeps with its name', async () => {
    await open('control');
    const card = page.locator('#actuator-van-1');
    await card.getByRole('button', { name: 'Mở' }).click();
    await until(() => valve.orders.at(-1)?.action === 'open');
    await valve.ack('running', { grantedSeconds: 600 });
    // It moves, so the meter lives, and is far below what an open valve lets pass.
    await valve.report({ flow_rate: 0.6, valve_open: 1 });
    await new Promise((resolve) => setTimeout(resolve, WITHIN_SECONDS * 1_000 + 300));
    await valve.report({ flow_rate: 0.7, valve_open: 1 });
    await card.getByText(/nước chảy quá ít/).waitFor();
    await until(() => valve.orders.at(-1)?.action === 'close');
    await valve.ack('done');
    await shoot('control-fault');
    await card.getByRole('button', { name: 'Tôi đã xem, xóa lỗi' }).click();
    const why = card.getByLabel('Bạn đã thấy gì, làm gì?');
    await card.getByRole('button', { name: 'Xóa lỗi', exact: true }).click();
    // Without a note nothing is sent.
    expect(await card.locator('input:invalid').count()).toBe(1);
    expect(await status('/actuators/van-1')).toContain('"fault":{');
    await why.fill('rửa lọc, thông ống');
    await shoot('control-fault-note');
    await card.getByRole('button', { name: 'Xóa lỗi', exact: true }).click();
    await confirmed(card);
    await card.getByText(/nước chảy quá ít/).waitFor({ state: 'detached' });
    expect(await status('/actuators/van-1')).toContain('"fault":null');
    const { items } = await server.call<{ items: object[] }>(
      'GET',
      '/audit?subject=van-1&limit=20',
    );
    expect(items).toContainEqual(
      expect.objectContaining({
        ...{ what: 'actuator.fault-cleared', who: 'administrator', why: 'rửa lọc, thông ống' },
      }),
    );
  });

  it('fits a narrow phone with every form open', async () => {
    for (const [hash, button] of [
      ['programmes?tab=water', 'Khai báo một khu'],
      ['aeration', 'Thêm kế hoạch cho một ao'],
    ] as const) {
      await open(hash);
      await press(button);
      await page.getByRole('button', { name: 'Lưu' }).waitFor();
      for (const summary of await page.locator('main summary').all()) await summary.click();
      await press('Lưu');
      await page.locator('[aria-invalid]').first().waitFor();
      expect({ hash, misfits: await pages.misfits() }).toEqual({ hash, misfits: [] });
      await shoot(`form-open-${hash.slice(0, 4)}`);
    }
  });

  it('offers no form to a farmer', async () => {
    const [farming, farmer] = await pages.signIn(await pages.tokenOf('farmer'));
    for (const hash of ['programmes?tab=water', 'aeration']) {
      await farmer.goto(`${server.http}#/${hash}`);
      await farmer.locator('main .soft').first().waitFor();
      expect({ hash, buttons: await farmer.locator('main button').count() }).toEqual({
        ...{ hash, buttons: 0 },
      });
    }
    await farming.close();
  });

  it('left the browser nothing to complain about', () => {
    expect(pages.complaints).toEqual([]);
  });
});

/** Says yes where the server asks back. */
async function confirmed(card: ReturnType<PlantPages['page']['locator']>): Promise<void> {
  const yes = card.page().getByRole('alertdialog').getByRole('button').last();
  await yes.click({ timeout: 1_500 }).catch(() => undefined);
}
