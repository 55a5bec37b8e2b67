import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Controller, missing, openPlantPages, type PlantPages, until } from './plant-pages.ts';

describe('the pages of the plant, against the real server', () => {
  let pages: PlantPages;
  let server: PlantPages['server'];
  let page: PlantPages['page'];
  let valve: Controller;

  const open = (hash: string): Promise<void> => pages.open(hash);
  const shoot = (name: string): Promise<void> => pages.shoot(name);
  const says = (text: string | RegExp): Promise<void> => pages.says(text);
  const press = (name: string | RegExp): Promise<void> => pages.press(name);
  const card = (): ReturnType<typeof page.locator> => page.locator('#actuator-van-1');
  const newest = (state: string): Promise<void> =>
    card().locator(`.newest [data-command=${state}]`).waitFor();

  beforeAll(async () => {
    if (missing !== '') return;
    pages = await openPlantPages(async ({ server, connect }) => {
      valve = await connect('van-1', 'z1', 'drip-controller');
      const pond = await connect('ao-1', 'p1', 'pond-sensor');
      const fan = await connect('quat-1', 'p1', 'aerator-controller');
      await fan.client.endAsync();
      await server.call('PUT', '/actuators/van-1', {
        ...{ enabled: true, failSafe: 'off', maxSeconds: 1_800 },
        witness: {
          ...{ device: null, metric: 'flow_rate', view: 'value', withinSeconds: 60 },
          ...{ on: { min: 5, max: 30 }, off: { min: null, max: 0.2 } },
        },
      });
      await server.call('PUT', '/actuators/quat-1', { enabled: true, failSafe: 'on' });
      await server.call('PUT', '/aeration/p1', {
        ...{ mode: 'propose', sensor: 'ao-1', aerators: ['quat-1'], startBelow: 4, stopAbove: 5 },
        ...{ powerKw: 3, baseline: { from: '00:00', to: '00:01' } },
      });
      await pond.report({ dissolved_oxygen: 2.1 });
      await valve.report({ flow_rate: 0, valve_open: 0, soil_moisture: 30 });
    });
    ({ server, page } = pages);
  });

  afterAll(async () => pages?.close());

  beforeEach((test) => test.skip(missing !== '', missing));

  it('comes from the site’s card, and calls a closed valve closed by its own word only', async () => {
    await page.getByRole('link', { name: 'Van và máy của Khu 1' }).click();
    await card()
      .getByText(/báo là đang đóng, chưa được chứng minh/i)
      .waitFor();
    expect(await page.locator('article.actuator').count()).toBe(1);
    const lengths = await card().locator('option').allTextContents();
    expect(lengths.at(-1)).toBe('30 phút');
  });

  it('opens a valve and follows it to the proof, by the words of the device and its meter', async () => {
    await card().getByRole('combobox').selectOption({ label: '15 phút' });
    await card().getByRole('button', { name: 'Mở' }).click();
    await newest('sent');
    await until(() => valve.orders.length === 1);
    expect(valve.orders[0]).toMatchObject({ action: 'open', maxSeconds: 900 });
    await valve.ack('accepted', { grantedSeconds: 750 });
    await newest('acknowledged');
    await valve.ack('running', { grantedSeconds: 750 });
    await newest('running');
    await card()
      .getByText(/báo là đang mở, đang chờ bằng chứng/i)
      .waitFor();
    await card()
      .getByText(/tự đóng sau 12:\d\d/)
      .waitFor();
    expect(
      await card()
        .getByText(/có .* chứng minh/)
        .count(),
    ).toBe(0);
    await valve.report({ flow_rate: 18.4, valve_open: 1 });
    await newest('effective');
    await card()
      .getByText(/đang mở, có lưu lượng 18,4\sL\/min chứng minh/i)
      .waitFor();
    await shoot('control-open');
  });

  it('closes it again, proven by the meter at rest', async () => {
    await card().getByRole('button', { name: 'Đóng' }).click();
    await until(() => valve.orders.length === 2);
    await valve.ack('done');
    await card().locator('.newest [data-command=running]', { hasText: 'Đóng van' }).waitFor();
    await valve.report({ flow_rate: 0, valve_open: 0 });
    await newest('effective');
    await card()
      .getByText(/đang đóng, có lưu lượng 0,0\sL\/min chứng minh/i)
      .waitFor();
    expect(
      await card()
        .getByText(/tự đóng sau/)
        .count(),
    ).toBe(0);
  });

  it('stops a site with two taps, says so on every page, and starts nothing meanwhile', async () => {
    await card().getByRole('button', { name: 'Mở' }).click();
    await until(() => valve.orders.length === 3);
    await valve.ack('running', { grantedSeconds: 900 });
    await newest('running');
    await valve.report({ flow_rate: 18.2, valve_open: 1 });
    await newest('effective');
    await press('Dừng khẩn cấp · Khu 1');
    const { items } = await server.call<{ items: unknown[] }>('GET', '/emergency-stops');
    expect(items).toEqual([]);
    await press('Bấm lần nữa: dừng hết ở Khu 1');
    await page.locator('.stands').getByText('Dừng khẩn cấp: Khu 1').waitFor();
    await until(() => valve.orders.length === 4);
    expect(valve.orders[3]).toMatchObject({ action: 'close' });
    await valve.ack('done');
    await card().locator('.newest [data-command=running]', { hasText: 'Đóng van' }).waitFor();
    await valve.report({ flow_rate: 0, valve_open: 0 });
    await newest('effective');
    await card().getByText('Nơi này đang dừng khẩn cấp.').first().waitFor();
    expect(await card().getByRole('button', { name: 'Mở' }).isDisabled()).toBe(true);
    expect(await card().getByRole('button', { name: 'Đóng' }).isDisabled()).toBe(false);
    await shoot('control-stopped');
    await open('');
    await says('Đang dừng khẩn cấp: Khu 1');
    await shoot('home-stopped');
    await open('audit');
    await says('Đang dừng khẩn cấp: Khu 1');
  });

  it('releases it only once that is confirmed', async () => {
    await open('control?site=z1');
    await press('Gỡ lệnh dừng');
    const dialog = page.getByRole('alertdialog');
    await dialog.getByText('Gỡ lệnh dừng khẩn cấp của Khu 1?').waitFor();
    await shoot('control-release');
    await dialog.getByRole('button', { name: 'Không, quay lại' }).click();
    const stands = await server.call<{ items: unknown[] }>('GET', '/emergency-stops');
    expect(stands.items).toHaveLength(1);
    await press('Gỡ lệnh dừng');
    await dialog.getByRole('button', { name: 'Đúng, gỡ lệnh dừng' }).click();
    await page.locator('.stands').waitFor({ state: 'detached' });
    const released = await server.call<{ items: unknown[] }>('GET', '/emergency-stops');
    expect(released.items).toEqual([]);
  });

  it('saves a programme, off at first, and tells of each of 14 days what it will do', async () => {
    await open('programmes');
    await press('Thêm chương trình');
    await page.getByLabel('Tên').fill('Tưới sáng');
    await page.getByLabel('van-1 · Khu 1').check();
    await page.getByLabel('Cách bắt đầu').selectOption({ label: 'Tự chạy' });
    await page.getByLabel('Giờ bắt đầu').fill('5:00, 17.30');
    await page.getByLabel('Chủ nhật').uncheck();
    await page.getByLabel('Số phút', { exact: true }).fill('12,5');
    await page.getByLabel('Bỏ lượt sau khi mưa (mm trong 24 giờ)').fill('6');
    await shoot('programme-form');
    await press('Lưu');
    await says('Đang tắt: không tự tưới');
    const saved = await server.call<Record<string, unknown>>('GET', '/programmes/tuoi-sang');
    expect(saved).toMatchObject({
      ...{ enabled: false, mode: 'auto', dose: { type: 'minutes', minutes: 12.5 } },
      start: { type: 'times', at: ['05:00', '17:30'], days: [1, 2, 3, 4, 5, 6] },
      ...{ zones: [{ device: 'van-1' }], conditions: { skipAfterRain: 6 } },
    });
    await page.getByRole('link', { name: 'Tưới sáng' }).click();
    await press('Bật');
    await says('Đang bật');
    await page.locator('.day').nth(13).waitFor();
    expect(await page.locator('.day').count()).toBe(14);
    const quiet = page.locator('.day', { hasText: 'Ngày này không có lượt' });
    expect(await quiet.count()).toBeGreaterThanOrEqual(2);
    const runs = page.locator('.day [data-decision=run]');
    expect(await runs.count()).toBeGreaterThanOrEqual(20);
    // Nobody measures rain here: that is said, and keeps no water back.
    await runs.first().getByText('van-1: Không rõ đã mưa bao nhiêu.').waitFor();
    await shoot('programme-detail');
    await open('programmes');
    await says(/^Lượt tới: /);
    await shoot('programmes');
  });

  it('runs it when told, and stops the run', async () => {
    await open('programmes?id=tuoi-sang');
    await press('Chạy ngay');
    await press('Đúng, tưới ngay');
    await says(/chờ phần tiếp theo|đang tưới/);
    await press('Dừng lượt này');
    await says('Ghi chú: đã dừng bởi administrator');
    await shoot('programme-stopped');
  });

  it('says why a pond should be aerated, and takes a yes', async () => {
    await open('aeration');
    await says('Cần chạy sục khí');
    await says('Oxy dưới 4,0 mg/L.');
    await shoot('aeration');
    await press('Đồng ý: bật sục khí');
    await says('Đã nhận. Xem máy sục khí để biết kết quả.');
    const { items } = await server.call<{ items: Array<{ source: object }> }>(
      'GET',
      '/commands?device=quat-1',
    );
    expect(items[0]).toMatchObject({ action: 'start', source: { type: 'aeration', id: 'p1' } });
  });

  it('tells what each zone lacks, and draws it', async () => {
    await server.call('PUT', '/plots/z1', {
      ...{ crop: 'tomato', plantedOn: '2026-01-01', rootDepth: 0.5, areaM2: 800 },
      stageDays: { initial: 30, development: 40, middle: 300, late: 30 },
      soil: { fieldCapacity: 0.3, wiltingPoint: 0.14 },
      drip: {
        ...{ plantSpacing: 0.5, rowSpacing: 1.2, emittersPerPlant: 1, emitterFlow: 2 },
        efficiency: 0.9,
      },
      place: { latitude: 10, longitude: 106, altitude: 2 },
    });
    const rows = Array.from({ length: 20 }, (_, index) => ({
      ...{ day: new Date(Date.UTC(2026, 10, 10 + index)).toISOString().slice(0, 10) },
      ...{ et0: 4, method: 'penman-monteith', kc: 1, etc: 4, rain: index === 4 ? 9 : 0 },
      ...{ irrigation: 0, depletion: Math.abs(10 - index) * 1.6, deviation: 1, taw: 40 },
      ...{ raw: 14, ks: 1, corrected: null, isForecast: index > 13 },
    }));
    const advice = {
      ...{ site: 'z1', at: new Date().toISOString(), decision: 'irrigate', netMm: 3.8 },
      ...{ grossMm: 4.2, seconds: 7_500, litres: 3_360, rows },
      reasons: [
        { code: 'depletion', values: { mm: 14.2, deviation: 1.1, total: 40 } },
        { code: 'due', values: { net: 3.8 } },
        { code: 'run-time', values: { seconds: 7_500, litres: 3_360, rate: 2 } },
      ],
    };
    await open('programmes?tab=water');
    await says(/Không rõ|Chưa nói được/);
    await page.route('**/irrigation-advice', (route) => route.fulfill({ json: advice }));
    await page.reload();
    await says('Tối nay tưới 4,2\u00a0mm, 2 giờ 5 phút');
    await says('Dây nhỏ giọt cần 2 giờ 5 phút (2,0 mm mỗi giờ, 3.360 L).');
    await page.getByRole('img', { name: /ngưỡng 14,0/ }).waitFor();
    await shoot('water');
    await page.unroute('**/irrigation-advice');
  });

  it('lists what was done, by device and by person', async () => {
    await open('audit');
    await says('Gỡ dừng khẩn cấp');
    await page.getByLabel('Thiết bị, chương trình hoặc nơi').fill('tuoi-sang');
    await press('Xem');
    await page.getByText('Gỡ dừng khẩn cấp').waitFor({ state: 'detached' });
    await page.locator('li', { hasText: 'Lưu chương trình' }).first().waitFor();
    await shoot('audit');
    await page.getByLabel('Người').fill('nobody');
    await press('Xem');
    await says('Không có dòng nào.');
  });

  it('fits a narrow phone on every page', async () => {
    const hashes = ['control', 'programmes', 'programmes?id=tuoi-sang', 'programmes?tab=water'];
    for (const hash of [...hashes, 'aeration', 'audit', 'more', '']) {
      await open(hash);
      await page.waitForTimeout(200);
      const misfits = await pages.misfits();
      expect({ hash, misfits }).toEqual({ hash, misfits: [] });
    }
  });

  it('gives a viewer no button that moves anything, and a farmer those that stop', async () => {
    const [viewing, viewer] = await pages.signIn(await pages.tokenOf('viewer'));
    for (const hash of ['control', 'programmes', 'programmes?id=tuoi-sang', 'aeration']) {
      await viewer.goto(`${server.http}#/${hash}`);
      await viewer.locator('main .panel').first().waitFor();
      await viewer.locator('.loading').waitFor({ state: 'detached' });
      expect({ hash, buttons: await viewer.locator('main button').count() }).toEqual({
        hash,
        buttons: 0,
      });
    }
    await viewing.close();
    const [farming, farmer] = await pages.signIn(await pages.tokenOf('farmer'));
    await farmer.goto(`${server.http}#/control`);
    const own = farmer.locator('#actuator-van-1');
    await own.getByRole('button', { name: 'Đóng' }).waitFor();
    expect(await own.getByRole('button', { name: 'Mở' }).count()).toBe(0);
    await farmer.getByRole('button', { name: 'Dừng khẩn cấp · Khu 1' }).waitFor();
    await farming.close();
  });

  it('left the browser nothing to complain about', () => {
    expect(pages.complaints).toEqual([]);
  });
});
