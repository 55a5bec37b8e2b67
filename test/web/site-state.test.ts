import { describe, expect, it } from 'vitest';
import { chooseBanner } from '../../web/src/domain/banner.ts';
import { countStates, type SiteSummary, summarizeSites } from '../../web/src/domain/site-state.ts';
import { alert, device, farmOf, iso, latest, MINUTE_MS, NOON } from './support.ts';

const pond = (id: string, name = id) => ({ id, coop: 'c', kind: 'pond', name });
const onPond = { sites: [pond('p1')], devices: [device('d1', { site: 'p1' })] };

function only(parts: Parameters<typeof farmOf>[0]): SiteSummary {
  const [site] = summarizeSites(farmOf({ ...onPond, ...parts }), NOON);
  if (site === undefined) throw new Error('no site');
  return site;
}

const silence = alert('s', {
  severity: 'warning',
  evidence: { ...alert('s').evidence, metric: null, unit: null, worst: null },
});

describe('the state of a site', () => {
  it('is good when a fresh value is inside its range and no alert lasts', () => {
    expect(only({ latest: [latest('d1', 'oxygen', 5)] }).state).toBe('good');
  });

  it('is danger for a critical alert, also after somebody took it', () => {
    const values = [latest('d1', 'oxygen', 2.1)];
    expect(only({ latest: values, alerts: [alert('a')] }).state).toBe('danger');
    const taken = alert('a', { state: 'acknowledged' });
    expect(only({ latest: values, alerts: [taken] }).state).toBe('danger');
    const over = alert('a', { state: 'resolved' });
    expect(only({ latest: [latest('d1', 'oxygen', 5)], alerts: [over] }).state).toBe('good');
  });

  it('is attention for a warning, and for a value out of range in sight before any rule speaks', () => {
    const warning = alert('a', { severity: 'warning' });
    const fresh = [latest('d1', 'oxygen', 5)];
    expect(only({ latest: fresh, alerts: [warning] }).state).toBe('attention');
    expect(only({ latest: [latest('d1', 'oxygen', 3.9)] }).state).toBe('attention');
  });

  it('is never good when the value is old', () => {
    const age = (ms: number) => only({ latest: [latest('d1', 'oxygen', 5, ms)] });
    expect(age(15 * MINUTE_MS).state).toBe('good');
    const old = age(15 * MINUTE_MS + 1);
    expect(old.state).toBe('silent');
    expect(old.focus?.stale).toBe(true);
  });

  it('keeps danger when the sensor falls silent: no data clears nothing', () => {
    const parts = {
      latest: [latest('d1', 'oxygen', 2.1, 3_600_000)],
      alerts: [alert('a'), silence],
    };
    expect(only(parts).state).toBe('danger');
    expect(only(parts).focus?.stale).toBe(true);
  });

  it('is silent for an alert about silence', () => {
    expect(only({ latest: [latest('d1', 'oxygen', 5)], alerts: [silence] }).state).toBe('silent');
  });

  it('uses the interval that the device declares', () => {
    const slow = [device('d1', { site: 'p1', intervalSeconds: 3_600 })];
    const values = [latest('d1', 'oxygen', 5, 2 * 3_600_000)];
    expect(only({ devices: slow, latest: values }).state).toBe('good');
  });

  it('waits for a device that is not due yet, and misses one that never spoke', () => {
    const fresh = [device('d1', { site: 'p1', createdAt: iso(NOON - MINUTE_MS) })];
    expect(only({ devices: fresh }).state).toBe('waiting');
    expect(only({}).state).toBe('silent');
    expect(only({ devices: [] }).state).toBe('empty');
  });

  it('lets a night’s catch stand until the next, while the device speaks', () => {
    const values = [latest('d1', 'caught', 80, 20 * 3_600_000), latest('d1', 'acidity', 8)];
    const site = only({ latest: values });
    expect(site.state).toBe('good');
    const alone = only({ latest: [latest('d1', 'caught', 80, 20 * 3_600_000)] });
    expect(alone.focus?.stale).toBe(false);
    expect(alone.state).toBe('silent');
  });
});

describe('the value in focus', () => {
  it('is what the worst alert is about', () => {
    const values = [latest('d1', 'oxygen', 5), latest('d1', 'acidity', 8.9)];
    const about = alert('a', { evidence: { ...alert('a').evidence, metric: 'acidity' } });
    expect(only({ latest: values, alerts: [about] }).focus?.metric.name).toBe('acidity');
  });

  it('is the headline of the kind otherwise, and skips a headline that is old', () => {
    const values = [latest('d1', 'oxygen', 5), latest('d1', 'acidity', 8)];
    expect(only({ latest: values }).focus?.metric.name).toBe('oxygen');
    const aged = [latest('d1', 'oxygen', 5, 3_600_000), latest('d1', 'acidity', 8)];
    expect(only({ latest: aged }).focus?.metric.name).toBe('acidity');
  });
});

describe('the list of sites', () => {
  const farm = farmOf({
    sites: ['Ao 10', 'Ao 2', 'Ao 1', 'Ao 3'].map((name) => pond(name, name)),
    devices: ['Ao 10', 'Ao 2', 'Ao 1', 'Ao 3'].map((site) => device(`d ${site}`, { site })),
    latest: [
      latest('d Ao 10', 'oxygen', 6),
      latest('d Ao 2', 'oxygen', 6),
      latest('d Ao 1', 'oxygen', 6, 3_600_000),
      latest('d Ao 3', 'oxygen', 2),
    ],
    alerts: [alert('a', { device: 'd Ao 3' })],
  });

  it('is worst first, then by name as people count', () => {
    const sites = summarizeSites(farm, NOON);
    expect(sites.map((site) => site.name)).toEqual(['Ao 3', 'Ao 1', 'Ao 2', 'Ao 10']);
    expect(countStates(sites)).toMatchObject({ danger: 1, silent: 1, good: 2 });
  });

  it('shows a device that stands nowhere as a place of its own', () => {
    const loose = farmOf({ devices: [device('d9', { name: 'Máy 9', site: 'gone' })] });
    expect(summarizeSites(loose, NOON).map((site) => site.name)).toEqual(['Máy 9']);
  });
});

describe('the banner', () => {
  const sitesOf = (parts: Parameters<typeof farmOf>[0]) =>
    summarizeSites(farmOf({ ...onPond, ...parts }), NOON);

  it('names the worst place, its alert, and how many more', () => {
    const sites = sitesOf({
      sites: [pond('p1'), pond('p2')],
      devices: [device('d1', { site: 'p1' }), device('d2', { site: 'p2' })],
      latest: [latest('d1', 'oxygen', 2), latest('d2', 'oxygen', 3.5)],
      alerts: [alert('a')],
    });
    const banner = chooseBanner(sites, true);
    expect(banner).toMatchObject({ tone: 'danger', more: 1 });
    expect(banner.site?.id).toBe('p1');
    expect(banner.alert?.id).toBe('a');
  });

  it('is good only when something good was heard, and never without the server', () => {
    const good = sitesOf({ latest: [latest('d1', 'oxygen', 6)] });
    expect(chooseBanner(good, true).tone).toBe('good');
    expect(chooseBanner(good, false).tone).toBe('offline');
    const waiting = sitesOf({ devices: [device('d1', { site: 'p1', createdAt: iso(NOON) })] });
    expect(chooseBanner(waiting, true).tone).toBe('waiting');
  });
});
