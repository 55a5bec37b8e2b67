import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '#src/base/errors';
import { createDecoder } from '#src/ingest/decode';
import { loadKinds } from '#src/ingest/kinds';
import { type Bench, NOW, startBench } from './support/api.ts';
import { mismatch, type Operation, readOperations } from './support/operations.ts';

const kinds = await loadKinds();
const surveys = [...kinds.values()].filter(({ fieldCounts }) => fieldCounts === true);
const decode = createDecoder({ kinds, clockWindow: { pastMs: 0, futureMs: 300_000 } });
let bench: Bench;
let operations: Operation[];

beforeAll(async () => {
  bench = await startBench({ kinds });
  operations = await readOperations(bench);
  const facts = { location: null, areaHa: 1, crop: 'Lúa', species: null };
  const field = { kind: 'field', name: 'Ruộng', startedOn: '2026-10-05', ...facts } as const;
  for (const [id, coop] of [
    ['ruong-1', 'binh-minh'],
    ['ruong-2', 'binh-minh'],
    ['r'.repeat(63), 'binh-minh'],
    ['ruong-9', 'phu-my'],
  ] as const) {
    await bench.state.sites.create({ ...field, id, coop });
  }
});
afterAll(() => bench.close());

const observedAt = '2026-11-22T02:30:00.000Z';
const hoppers = {
  site: 'ruong-1',
  observedAt,
  pest: 'NILALU',
  measure: 'insects-per-m2',
  ...{ count: 120, hills: 10, hillsPerM2: 36 },
};

async function post(payload: object, url = 'field-counts', token = bench.tokens.farmer) {
  const answer = await bench.call({ method: 'POST', url: `/api/v1/${url}`, payload, token });
  const path = `/api/v1/${url.replace(/dev-\d/, '{id}')}`;
  const operation = operations.find((one) => one.method === 'POST' && one.path === path);
  expect(operation && mismatch(operation, answer)).toBeNull();
  return { ...answer, json: answer.body as unknown as Record<string, unknown> };
}

/** What the frames since a place say, as every consumer is told. */
function observed(since: number) {
  const frames = bench.frames.slice(since).map((frame, offset) => ({ ...frame, offset }));
  const batch = decode({ from: 0, next: frames.length, frames });
  expect(batch.rejections).toEqual([]);
  return batch.observations;
}

describe('a field count', () => {
  test('becomes a density with its sample, journaled under the survey of the site', async () => {
    const place = bench.frames.length;
    const made = await post({ ...hoppers, note: 'ruộng trũng' });
    expect(made.status, made.text).toBe(201);
    expect(made.json).toEqual({
      ...{ site: 'ruong-1', device: 'survey-ruong-1', observedAt },
      ...{ pest: 'NILALU', measure: 'insects-per-m2', metric: 'density_NILALU' },
      ...{ value: 432, unit: '1/m2', samples: 10, cropDay: 48 },
      ...{ who: 'Anh Ba', note: 'ruộng trũng' },
    });
    const [observation, ...more] = observed(place);
    expect(more).toEqual([]);
    expect(observation).toMatchObject({
      source: { coop: 'binh-minh', site: 'ruong-1', device: 'survey-ruong-1' },
      observedAt: Date.parse(observedAt),
      quality: 'good',
      imported: true,
      values: { density_NILALU: 432, samples_density_NILALU: 10, hills_per_m2: 36 },
    });
    expect(surveys.map(({ name }) => name)).toEqual([observation?.source.kind]);
    const frame = JSON.parse(Buffer.from(bench.frames[place]?.payload ?? []).toString());
    expect(frame).toMatchObject({ who: 'Anh Ba', note: 'ruộng trũng' });
  });

  test.each([
    [{ count: 120, hills: 10, hillsPerM2: 36 }, 432],
    [{ count: 30, hills: 10, hillsPerM2: 25 }, 75],
    [{ count: 0, hills: 10, hillsPerM2: 36 }, 0],
    [{ count: 75, hills: 20, hillsPerM2: 33 }, 123.75],
    [{ count: 400, hills: 50, hillsPerM2: 30 }, 240],
    [{ count: 30, area: 0.25, samples: 5 }, 120],
  ])('%j is %d a square metre', async (sample, density) => {
    const { count: _c, hills: _h, hillsPerM2: _m, ...rest } = hoppers;
    const made = await post({ ...rest, ...sample });
    expect(made.json['value']).toBeCloseTo(density, 2);
  });

  test.each([
    [{ pest: 'NILALU', measure: 'insects-per-tiller', count: 60, tillers: 30 }, 2, 30],
    [{ pest: 'SOGAFU', measure: 'insects-per-hill', count: 60, hills: 20 }, 3, 20],
    [{ pest: 'CNAPME', measure: 'damaged-leaves-percent', percent: 14.9, samples: 250 }, 14.9, 250],
    [{ pest: 'CNAPME', measure: 'damaged-leaves-percent', count: 30, samples: 200 }, 15, 200],
    [{ pest: 'PLUTMA', measure: 'larvae-per-plant', count: 12, plants: 40 }, 0.3, 40],
    [{ pest: 'LAPHFR', measure: 'infested-plants-percent', count: 20, plants: 100 }, 20, 100],
    [{ pest: 'DACUDO', measure: 'flies-per-trap-day', count: 3, traps: 5, days: 7 }, 0.0857, 5],
  ])('%j', async (body, value, samples) => {
    const made = await post({ site: 'ruong-1', observedAt, ...body });
    expect(made.status, made.text).toBe(201);
    expect(made.json['value']).toBeCloseTo(value, 4);
    expect(made.json['samples']).toBe(samples);
  });

  test('the same count twice is the same report; the survey is made once', async () => {
    const place = bench.frames.length;
    const both = await Promise.all([1, 2, 3].map(() => post({ ...hoppers, site: 'ruong-2' })));
    expect(both.map(({ status }) => status)).toEqual([201, 201, 201]);
    const [first, ...others] = observed(place).map(({ values, observedAt: at, source }) => ({
      ...{ values, at, source },
    }));
    expect(others).toEqual([first, first]);
    const made = [...bench.state.registry.all()].filter(({ site }) => site === 'ruong-2');
    expect(made.map(({ id }) => id)).toEqual(['survey-ruong-2']);
    const nobody = new TextEncoder().encode('survey-ruong-2'.padEnd(40, 'x'));
    expect(bench.state.registry.authenticate('survey-ruong-2', nobody)).toBeUndefined();
  });

  test('a site of the longest name has a survey too; without a date it is now', async () => {
    const { observedAt: _, ...undated } = hoppers;
    const made = await post({ ...undated, site: 'r'.repeat(63) });
    expect(made.json['observedAt']).toBe(new Date(NOW).toISOString());
    expect(String(made.json['device'])).toMatch(/^survey-r{47}-[0-9a-f]{8}$/);
  });

  test('is answered only once it is kept', async () => {
    const failing = await startBench({
      kinds,
      handReports: {
        latestTime: () => NOW,
        record: () => Promise.reject(new AppError('JOURNAL_FULL', 'the journal is full')),
      },
    });
    const answer = await failing.call({
      ...{ method: 'POST', url: '/api/v1/devices/dev-1/observations' },
      ...{ payload: { values: { dissolved_oxygen: 5 } }, token: failing.tokens.farmer },
    });
    await failing.close();
    expect([answer.status, answer.body.code]).toEqual([503, 'JOURNAL_FULL']);
    expect(answer.headers['retry-after']).toBeDefined();
  });
});

describe('refused with the field and what to do', () => {
  test.each([
    [{ count: -1 }, 'count', /write 0 when none was found/],
    [{ hills: 0 }, 'hills', /nothing was looked at/],
    [{ count: '3' }, 'count', /number/],
    [{ hills: undefined }, 'hills', /count \+ hills \+ hillsPerM2, or count \+ area \+ samples/],
    [{ plants: 10 }, 'plants', /no other/],
    [{ observedAt: new Date(NOW + 301_000).toISOString() }, 'observedAt', /future/],
    [{ observedAt: '1969-12-31T00:00:00Z' }, 'observedAt', /1970/],
    [{ count: 1e6, hills: 1 }, 'count', /outside what can be \(0 … 100000 1\/m2\)/],
    [{ count: 1, hills: 0.5 }, 'samples', /outside what can be/],
    [{ site: 'ao-1' }, 'site', /is a pond/],
    [{ hils: 3 }, 'hils', /did you mean "hills"/],
  ])('%j at %s', async (change, field, message) => {
    const place = bench.frames.length;
    const answer = await post({ ...hoppers, ...change });
    expect([answer.status, answer.body.code]).toEqual([400, 'REQUEST_INVALID']);
    expect(answer.body.field).toBe(field);
    expect(answer.body.detail).toMatch(message);
    expect(bench.frames).toHaveLength(place);
  });

  test('a pest or a measure there is not, with those there are', async () => {
    const pest = await post({ ...hoppers, pest: 'NILALA' });
    expect([pest.status, pest.body.code, pest.body.field]).toEqual([400, 'PEST_UNKNOWN', 'pest']);
    expect(pest.body.detail).toMatch(/did you mean "NILALU"\?.*LAPHFR/);
    const measure = await post({ ...hoppers, measure: 'deadhearts-percent' });
    expect([measure.status, measure.body.code]).toEqual([400, 'MEASURE_UNKNOWN']);
    expect(measure.body.field).toBe('measure');
    expect(measure.body.detail).toMatch(/insects-per-m2, insects-per-tiller, insects-per-hill/);
  });

  test('a site that is not there, or another cooperative’s', async () => {
    for (const site of ['nowhere', 'ruong-9']) {
      const answer = await post({ ...hoppers, site });
      expect([answer.status, answer.body.code]).toEqual([422, 'SITE_UNKNOWN']);
      expect(answer.body.field).toBe('site');
    }
  });

  test('no kind that takes counts', async () => {
    const bare = await startBench();
    const answer = await bare.call({
      ...{ method: 'POST', url: '/api/v1/field-counts', payload: { ...hoppers, site: 'ao-1' } },
      token: bare.tokens.farmer,
    });
    await bare.close();
    expect([answer.status, answer.body.code]).toEqual([422, 'KIND_UNKNOWN']);
  });
});

describe('a measurement by hand', () => {
  test('is kept under the device, which itself was not heard', async () => {
    const place = bench.frames.length;
    const values = { total_ammonia_nitrogen: 0.4, alkalinity: 96 };
    const made = await post({ observedAt, values, note: 'test kit' }, 'devices/dev-1/observations');
    expect(made.status, made.text).toBe(201);
    const said = { who: 'Anh Ba', note: 'test kit' };
    expect(made.json).toEqual({ device: 'dev-1', observedAt, values, ...said });
    expect(observed(place)).toMatchObject([
      { source: { device: 'dev-1' }, observedAt: Date.parse(observedAt), imported: true, values },
    ]);
  });

  test.each([
    [{ values: { alkalinity: -1 } }, 'REQUEST_INVALID', 'values.alkalinity', /outside what can be/],
    [{ values: { alkalinty: 90 } }, 'METRIC_UNKNOWN', 'values.alkalinty', /mean "alkalinity"/],
    [{ values: {} }, 'REQUEST_INVALID', 'values', /at least one value/],
    [{ values: { ph: 'x' } }, 'REQUEST_INVALID', 'values.ph', /number/],
  ])('%j is refused', async (body, code, field, message) => {
    const place = bench.frames.length;
    const answer = await post(body, 'devices/dev-1/observations');
    expect([answer.status, answer.body.code, answer.body.field]).toEqual([400, code, field]);
    expect(answer.body.detail).toMatch(message);
    expect(bench.frames).toHaveLength(place);
  });
});
