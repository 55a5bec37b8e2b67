import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeYaml } from '#src/base/yaml';
import { defineDeviceKind, type KindRegistry } from '#src/contracts/device-kind';
import type { Rule } from '#src/contracts/rule';
import { alertOf } from './support/alerts.ts';
import { type Bench, NOW, kinds as plainKinds, startBench } from './support/api.ts';

const text = (word: string) => ({ vi: word, en: word, fr: word });

const SHIPPED: Rule = {
  id: 'pond-oxygen-low',
  version: 1,
  enabled: true,
  kind: 'pond-sensor',
  topic: 'oxygen-low',
  title: text('Oxygen is low'),
  severity: 'warning',
  scope: {},
  condition: {
    ...{ type: 'threshold', metric: 'dissolved_oxygen', beyond: 'below', limit: 4, clear: 4.3 },
    ...{ forSeconds: 0, clearSeconds: 300, gapSeconds: 1800 },
  },
  source: { text: 'a test', evidence: 'D' },
  advice: { vi: ['Bật quạt'], en: ['Start the aerators'], fr: ['Démarrez les aérateurs'] },
};

function kinds(): KindRegistry {
  const pond = plainKinds.get('pond-sensor');
  if (pond === undefined) throw new Error('no kind to begin with');
  return new Map([...plainKinds, ['pond-sensor', defineDeviceKind({ ...pond, rules: [SHIPPED] })]]);
}

/** A rule as people send it. */
function ruleOf(change: Partial<Rule> = {}): Omit<Rule, 'version'> {
  const { version: _, ...rule } = SHIPPED;
  return { ...rule, id: 'mine', scope: { coop: 'binh-minh' }, ...change };
}

let bench: Bench;
beforeEach(async () => {
  bench = await startBench({ kinds: kinds() });
});
afterEach(() => bench.close());

type Caller = keyof Bench['tokens'];

async function ask(
  caller: Caller,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  path: string,
  payload?: object | string,
  headers: Record<string, string> = {},
) {
  const answer = await bench.call({
    ...{ method, url: `/api/v1/rules${path}`, token: bench.tokens[caller], headers },
    ...(payload === undefined ? {} : { payload }),
  });
  return { ...answer, body: answer.body as unknown as Record<string, never> & typeof answer.body };
}

describe('rules in force', () => {
  test('are listed with their origin and devices, as far as the caller sees them', async () => {
    const listed = await ask('viewer', 'GET', '');
    expect(listed.body.items).toEqual([{ ...SHIPPED, origin: 'kind', devices: 1, remarks: [] }]);
    expect((await ask('root', 'GET', '')).body.items).toMatchObject([{ devices: 2 }]);
    expect((await ask('root', 'GET', '?coop=phu-my')).body.items).toMatchObject([{ devices: 1 }]);
    for (const query of ['kind=insect-trap', 'topic=other', 'enabled=false']) {
      expect((await ask('viewer', 'GET', `?${query}`)).body.items).toEqual([]);
    }
    expect((await ask('viewer', 'GET', '?coop=phu-my')).body.code).toBe('COOP_NOT_FOUND');
    const one = await ask('viewer', 'GET', '/pond-oxygen-low');
    expect([one.headers['etag'], one.body['version']]).toEqual(['"1"', 1]);
  });

  test('of one cooperative are not there for another', async () => {
    expect((await ask('agronomist', 'POST', '', ruleOf())).status).toBe(201);
    for (const path of ['/mine', '/mine/versions']) {
      expect((await ask('stranger', 'GET', path)).body.code).toBe('RULE_NOT_FOUND');
    }
    expect((await ask('stranger', 'GET', '')).text).not.toContain('mine');
    expect((await ask('stranger', 'PUT', '/mine', ruleOf())).body.code).toBe('RULE_NOT_FOUND');
    expect((await ask('stranger', 'DELETE', '/mine')).body.code).toBe('RULE_NOT_FOUND');
    // Gone again, its history is still nobody else's.
    expect((await ask('agronomist', 'DELETE', '/mine')).status).toBe(204);
    expect((await ask('stranger', 'GET', '/mine/versions')).body.code).toBe('RULE_NOT_FOUND');
    expect((await ask('agronomist', 'GET', '/mine/versions')).body.items).toHaveLength(2);
  });
});

describe('changing rules', () => {
  test('keeps every version with who and when, and the shipped one comes back', async () => {
    const off = ruleOf({ id: SHIPPED.id, scope: {}, enabled: false });
    const saved = await ask('root', 'PUT', '/pond-oxygen-low', off);
    expect(saved.body).toMatchObject({ version: 2, origin: 'saved', devices: 0 });
    expect(saved.body['remarks']).toEqual([expect.stringContaining('No device')]);
    const { items } = (await ask('viewer', 'GET', '/pond-oxygen-low/versions')).body;
    expect(items).toEqual([
      {
        ...{ rule: { ...off, version: 2 }, savedAt: new Date(NOW).toISOString() },
        ...{ savedBy: 'Root', removed: false },
      },
    ]);
    expect((await ask('root', 'DELETE', '/pond-oxygen-low')).status).toBe(204);
    expect((await ask('root', 'GET', '/pond-oxygen-low')).body).toMatchObject({ origin: 'kind' });
    expect((await ask('root', 'DELETE', '/pond-oxygen-low')).body.code).toBe('RULE_OF_KIND');
  });

  test('takes what was answered, by If-Match or the version in the body', async () => {
    await ask('agronomist', 'POST', '', ruleOf());
    const answered = (await ask('agronomist', 'GET', '/mine')).body;
    expect((await ask('agronomist', 'PUT', '/mine', answered)).body['version']).toBe(2);
    const late = await ask('agronomist', 'PUT', '/mine', answered);
    expect([late.status, late.body.code, late.body.field]).toEqual([
      409,
      'RULE_CONFLICT',
      'version',
    ]);
    const rule = ruleOf();
    const stale = await ask('agronomist', 'PUT', '/mine', rule, { 'if-match': '"1"' });
    expect(stale.body.code).toBe('RULE_CONFLICT');
    const fresh = await ask('agronomist', 'PUT', '/mine', rule, { 'if-match': '"2"' });
    expect([fresh.status, fresh.headers['etag']]).toEqual([200, '"3"']);
    const wrong = await ask('agronomist', 'PUT', '/mine', rule, { 'if-match': 'three' });
    expect([wrong.status, wrong.body.field]).toEqual([400, 'if-match']);
  });

  test('of all cooperatives needs who sees them all; a rule of one’s own stands beside', async () => {
    const all = ruleOf({ id: SHIPPED.id, scope: {} });
    for (const scope of [{}, { coop: 'binh-minh' }]) {
      const refused = await ask('administrator', 'PUT', '/pond-oxygen-low', { ...all, scope });
      expect([refused.status, refused.body.code]).toEqual([403, 'RULE_OF_ALL']);
    }
    expect((await ask('administrator', 'POST', '', ruleOf({ scope: {} }))).body.code).toBe(
      'RULE_OF_ALL',
    );
    expect(
      (await ask('agronomist', 'POST', '', ruleOf({ scope: { device: 'dev-1' } }))).status,
    ).toBe(201);
    expect((await ask('viewer', 'GET', '/pond-oxygen-low')).body).toMatchObject({ devices: 0 });
    for (const [scope, code] of [
      [{ coop: 'phu-my' }, 'COOP_NOT_FOUND'],
      [{ device: 'dev-9' }, 'DEVICE_NOT_FOUND'],
      [{ coop: 'binh-minh', site: 'ao-9' }, 'SITE_NOT_FOUND'],
    ] as const) {
      const refused = await ask('agronomist', 'POST', '', ruleOf({ id: 'theirs', scope }));
      expect([refused.status, refused.body.code]).toEqual([404, code]);
    }
    expect((await ask('farmer', 'POST', '', ruleOf({ id: 'f' }))).body.code).toBe(
      'ROLE_INSUFFICIENT',
    );
    expect((await ask('agronomist', 'POST', '', ruleOf())).body.code).toBe('RULE_EXISTS');
  });

  test('takes YAML, and says in which line it is none', async () => {
    const type = { 'content-type': 'application/yaml; charset=utf-8' };
    const made = await ask('agronomist', 'POST', '', writeYaml(ruleOf()), type);
    expect([made.status, made.body['id']]).toEqual([201, 'mine']);
    for (const [body, status, code, detail] of [
      ['id: mine\nkind: [\n', 400, 'BODY_INVALID', /line \d/],
      [`a: &a x\nb: [${'*a, '.repeat(30)}]`, 400, 'BODY_INVALID', /its own parts too often/],
      ['- 1', 400, 'REQUEST_INVALID', /./],
      [`id: ${'x'.repeat(70_000)}`, 413, 'BODY_TOO_LARGE', /./],
    ] as const) {
      const refused = await ask('agronomist', 'POST', '', body, type);
      expect([refused.status, refused.body.code]).toEqual([status, code]);
      expect(refused.body.detail).toMatch(detail);
    }
  });

  test('only checked, changes nothing', async () => {
    expect((await ask('agronomist', 'POST', '?check=true', ruleOf())).status).toBe(204);
    expect((await ask('agronomist', 'GET', '/mine')).status).toBe(404);
    const wrong = await ask(
      'agronomist',
      'POST',
      '?check=true',
      ruleOf({ advice: { vi: [], en: [], fr: [] } }),
    );
    expect([wrong.body.code, wrong.body.field]).toEqual(['RULE_INVALID', 'advice.vi']);
  });
});

describe('a rule that cannot be', () => {
  const condition = SHIPPED.condition;
  const banded = (limit: number, clear: number) => ({
    condition: {
      ...condition,
      bands: [{ severity: 'critical', limit, clear }],
    } as Rule['condition'],
  });
  const WRONG: Array<[what: string, change: object, code: string, field: string, fix: RegExp]> = [
    [
      'unknown metric',
      { condition: { ...condition, metric: 'disolved_oxygen' } },
      ...(['RULE_INVALID', 'condition.metric', /Did you mean dissolved_oxygen/] as const),
    ],
    ['band order', banded(4.5, 4.6), 'RULE_INVALID', 'condition.bands.0.limit', /below 4/],
    ['hysteresis', banded(3, 4.2), 'RULE_INVALID', 'condition.bands.0.clear', /between 3 and 4/],
    ['empty scope', { scope: { coop: 'binh-minh', tag: '' } }, 'REQUEST_INVALID', 'scope.tag', /./],
    ['misspelt field', { sevrity: 'info' }, 'REQUEST_INVALID', 'sevrity', /severity/],
    [
      'user code',
      { condition: { ...condition, script: '1' } },
      'REQUEST_INVALID',
      'condition.script',
      /./,
    ],
  ];
  for (const [what, change, code, field, fix] of WRONG) {
    test(`${what}: the field and the fix`, async () => {
      const refused = await ask('agronomist', 'POST', '', { ...ruleOf(), ...change });
      expect([refused.status, refused.body.code, refused.body.field]).toEqual([400, code, field]);
      expect(refused.body.detail).toMatch(fix);
      expect((await ask('agronomist', 'GET', '/mine')).status).toBe(404);
    });
  }

  test('is refused in the caller’s language; one that matches no device is saved and says so', async () => {
    const wrong = ruleOf({ scope: { coop: 'binh-minh' }, enabled: true });
    const unverified = { ...wrong, source: { text: 'heard', evidence: 'U' as const } };
    const vi = { 'accept-language': 'vi' };
    const refused = await ask('agronomist', 'POST', '', unverified, vi);
    expect([refused.body.field, refused.body.title]).toEqual([
      'enabled',
      'Quy tắc không dùng được',
    ]);
    expect(refused.body.detail).toMatch(/^Hãy sửa trường “enabled”/);
    const nowhere = ruleOf({ scope: { coop: 'binh-minh', tag: 'greenhouse' } });
    const saved = await ask('agronomist', 'POST', '', nowhere, vi);
    expect([saved.status, saved.body['devices']]).toEqual([201, 0]);
    expect(saved.body['remarks']).toEqual([expect.stringContaining('không có thiết bị nào')]);
  });
});

describe('a dry run', () => {
  const day = { from: '2026-11-21T00:00:00Z', to: '2026-11-22T00:00:00Z' };
  beforeEach(() => {
    const place = { site: 'ao-1', coop: 'binh-minh', kind: 'pond-sensor' };
    const start = Date.parse(day.from);
    for (let minute = 0; minute < 24 * 60; minute++) {
      const value = minute % 360 < 20 ? 3.5 : 6;
      const time = start + minute * 60_000;
      const point = { metric: 'dissolved_oxygen', time, value };
      bench.series.points.push({ ...place, device: 'dev-1', ...point });
      bench.series.points.push({ ...place, device: 'dev-9', coop: 'phu-my', ...point });
    }
  });

  test('is for every viewer, on the devices they see, beside the rule in force', async () => {
    const rule = ruleOf({
      ...{ id: SHIPPED.id, scope: {} },
      condition: { ...SHIPPED.condition, forSeconds: 3600 } as Rule['condition'],
    });
    const run = (await ask('viewer', 'POST', '/dry-run', { rule, ...day })).body;
    expect(run).toMatchObject({
      devices: 1,
      figures: { alerts: 0, wakings: 0 },
      // 00:00, 06:00, 12:00, 18:00 in UTC are 07:00, 13:00, 19:00 and 01:00 of the next day.
      current: { alerts: 4, notifications: 4, wakings: 1, worstNight: 1, perNight: 1 },
      samples: 1440,
    });
    const all = (await ask('root', 'POST', '/dry-run', { rule, ...day })).body;
    expect(all).toMatchObject({ devices: 2, current: { alerts: 8 } });
  });

  test('takes YAML, and refuses what is not there or too large', async () => {
    const body = writeYaml({ rule: ruleOf(), ...day });
    const run = await ask('viewer', 'POST', '/dry-run', body, { 'content-type': 'text/yaml' });
    expect(run.body).toMatchObject({ devices: 1, current: null, figures: { alerts: 4 } });
    expect(run.body['intervals']).toMatchObject([
      { device: 'dev-1', onset: '2026-11-21T00:00:00.000Z' },
      {},
      {},
      {},
    ]);
    for (const [change, status, code, field] of [
      [{ devices: ['dev-9'] }, 404, 'DEVICE_NOT_FOUND', undefined],
      [{ rule: ruleOf({ scope: { coop: 'phu-my' } }) }, 404, 'COOP_NOT_FOUND', undefined],
      [{ from: '2024-01-01' }, 400, 'DRY_RUN_TOO_LARGE', 'from'],
      [{ from: 'yesterday' }, 400, 'REQUEST_INVALID', 'from'],
      [{ from: '2026-11-23' }, 400, 'RANGE_EMPTY', 'from'],
      [{ rule: ruleOf({ kind: 'pond' }) }, 400, 'RULE_INVALID', 'rule.kind'],
    ] as const) {
      const refused = await ask('viewer', 'POST', '/dry-run', {
        rule: ruleOf(),
        ...day,
        ...change,
      });
      expect([refused.status, refused.body.code, refused.body.field]).toEqual([
        status,
        code,
        field,
      ]);
    }
  });
});

test('the noise report pages through the alerts the caller may see', async () => {
  for (const [coop, device, count] of [
    ['binh-minh', 'dev-1', 1_200],
    ['phu-my', 'dev-9', 3],
  ] as const) {
    await bench.state.alerts.save(
      Array.from({ length: count }, (_, index) => {
        const onset = NOW - index * 60_000;
        const timeline = [{ at: onset, event: 'raised' as const, who: null, note: null }];
        return alertOf({
          id: `n${device}${index}`,
          coop,
          device,
          onset,
          end: onset + 30_000,
          timeline,
        });
      }),
    );
  }
  const range = `from=${NOW - 1_100 * 60_000}&to=${NOW + 60_000}`;
  const report = await ask('viewer', 'GET', `/noise?${range}`);
  // One each minute, and the one every bench begins with.
  expect(report.body.items).toMatchObject([
    { rule: 'pond-oxygen-low', alerts: 1_102, medianSeconds: 30 },
  ]);
  const theirs = await ask('stranger', 'GET', `/noise?${range}`);
  expect(theirs.body.items).toMatchObject([{ alerts: 4, notifications: 4 }]);
  expect((await ask('viewer', 'GET', '/noise?from=2026-11-22&to=2026-11-22')).body.code).toBe(
    'RANGE_EMPTY',
  );
});
