import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aerationPlanOf, plotOf, programmeOf } from '../state/examples-water.ts';
import { type Bench, startBench } from './support/api.ts';
import { mismatch, type Operation, readOperations } from './support/operations.ts';
import { COMMAND_IDS, seedPlant } from './support/plant.ts';

let bench: Bench;
let operations: Operation[];

beforeAll(async () => {
  bench = await startBench();
  await seedPlant(bench);
  operations = await readOperations(bench);
});
afterAll(() => bench.close());

type Caller = keyof Bench['tokens'];

/** The lowest role that may do it; what is not named here is for every viewer. */
const LOWEST: Readonly<Record<string, Caller>> = {
  'POST /api/v1/coops': 'administrator',
  'PATCH /api/v1/coops/{id}': 'administrator',
  'DELETE /api/v1/coops/{id}': 'administrator',
  'POST /api/v1/sites': 'operator',
  'PATCH /api/v1/sites/{id}': 'operator',
  'DELETE /api/v1/sites/{id}': 'operator',
  'POST /api/v1/devices': 'operator',
  'PATCH /api/v1/devices/{id}': 'operator',
  'DELETE /api/v1/devices/{id}': 'operator',
  'POST /api/v1/devices/{id}/secret': 'operator',
  'POST /api/v1/devices/bulk': 'operator',
  'POST /api/v1/imports': 'operator',
  'POST /api/v1/alerts/{id}/acknowledge': 'farmer',
  'POST /api/v1/alerts/{id}/comment': 'farmer',
  'POST /api/v1/alerts/{id}/shelve': 'farmer',
  'POST /api/v1/alerts/{id}/unshelve': 'farmer',
  'POST /api/v1/alerts/{id}/assign': 'farmer',
  'POST /api/v1/maintenance': 'operator',
  'DELETE /api/v1/maintenance/{id}': 'operator',
  'PUT /api/v1/coops/{id}/advice/{rule}': 'agronomist',
  'DELETE /api/v1/coops/{id}/advice/{rule}': 'agronomist',
  'POST /api/v1/alerts/{id}/resolve': 'agronomist',
  'POST /api/v1/devices/{id}/observations': 'farmer',
  'POST /api/v1/field-counts': 'farmer',
  'POST /api/v1/sprays': 'farmer',
  'DELETE /api/v1/sprays/{id}': 'farmer',
  'POST /api/v1/sprays/baselines': 'farmer',
  'POST /api/v1/corrections': 'agronomist',
  'PUT /api/v1/corrections/{id}': 'agronomist',
  'DELETE /api/v1/corrections/{id}': 'agronomist',
  'GET /api/v1/people': 'operator',
  'POST /api/v1/people': 'operator',
  'GET /api/v1/people/{id}': 'operator',
  'PUT /api/v1/people/{id}': 'operator',
  'DELETE /api/v1/people/{id}': 'operator',
  'POST /api/v1/people/{id}/test': 'operator',
  'GET /api/v1/coops/{id}/duty': 'operator',
  'PUT /api/v1/coops/{id}/duty': 'operator',
  'GET /api/v1/notifications': 'operator',
  'POST /api/v1/notifications/{id}/retry': 'operator',
  'GET /api/v1/channels': 'operator',
  'POST /api/v1/channels/{name}/test': 'operator',
  'POST /api/v1/rules': 'agronomist',
  'PUT /api/v1/rules/{id}': 'agronomist',
  'DELETE /api/v1/rules/{id}': 'agronomist',
  'POST /api/v1/devices/{id}/commands': 'farmer',
  'POST /api/v1/commands/bulk': 'farmer',
  'PUT /api/v1/actuators/{id}': 'operator',
  'DELETE /api/v1/actuators/{id}': 'operator',
  'POST /api/v1/actuators/{id}/clear-fault': 'operator',
  'POST /api/v1/emergency-stops': 'farmer',
  'DELETE /api/v1/emergency-stops/{id}': 'agronomist',
  'POST /api/v1/programmes': 'agronomist',
  'PUT /api/v1/programmes/{id}': 'agronomist',
  'DELETE /api/v1/programmes/{id}': 'agronomist',
  'POST /api/v1/programmes/{id}/accept': 'agronomist',
  'POST /api/v1/programmes/{id}/run': 'agronomist',
  'POST /api/v1/programmes/{id}/stop': 'farmer',
  'PUT /api/v1/plots/{id}': 'agronomist',
  'DELETE /api/v1/plots/{id}': 'agronomist',
  'PUT /api/v1/aeration/{id}': 'agronomist',
  'DELETE /api/v1/aeration/{id}': 'agronomist',
  'POST /api/v1/aeration/{id}/accept': 'agronomist',
  'GET /api/v1/tokens': 'administrator',
  'POST /api/v1/tokens': 'administrator',
  'DELETE /api/v1/tokens/{id}': 'administrator',
  'GET /api/v1/backups': 'administrator',
  'GET /api/v1/backups/{id}': 'administrator',
  'POST /api/v1/backups': 'administrator',
};
/** What belongs to the whole instance: administrators of some cooperatives are refused too. */
const OF_ALL_COOPS = /^POST \/api\/v1\/coops$|\/backups/;
const LADDER: readonly Caller[] = ['viewer', 'farmer', 'agronomist', 'operator', 'administrator'];

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;
const fill = (path: string, id: string): string => path.replace('{id}', id);
/** What reads for ever, or is open by design, is tested elsewhere. */
const isOrdinary = (operation: Operation): boolean =>
  !['GET /api/v1/stream', 'POST /api/v1/session'].includes(nameOf(operation));

function request(operation: Operation, id = 'nowhere') {
  const { method, path } = operation;
  const bulk = path.endsWith('/bulk');
  return {
    method,
    url: fill(path, id),
    ...(operation.body === undefined && !bulk ? {} : { payload: bulk ? '{}' : {} }),
    ...(bulk ? { headers: { 'content-type': 'application/x-ndjson' } } : {}),
  };
}

test('the document lists every family of routes', () => {
  const names = operations.map(nameOf);
  for (const name of Object.keys(LOWEST)) expect(names).toContain(name);
  for (const path of [
    'kinds',
    'latest',
    'series',
    'series/stats',
    'corrections',
    'sprays',
    'sprays/baselines',
    'sprays/ledger',
    'rules',
    'rejections',
    'accounting',
    'stream',
    'commands',
    'actuators',
    'emergency-stops',
    'programmes',
    'programmes.ics',
    'plots',
    'aeration',
    'audit',
  ]) {
    expect(names).toContain(`GET /api/v1/${path}`);
  }
});

describe('without a name', () => {
  test('no route answers without a token, and each says how to send one', async () => {
    for (const operation of operations.filter((each) => nameOf(each) !== 'POST /api/v1/session')) {
      const answer = await bench.call(request(operation));
      expect([nameOf(operation), answer.status, answer.body.code]).toEqual([
        nameOf(operation),
        401,
        'TOKEN_REQUIRED',
      ]);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
    }
  });

  test('an unknown token is refused everywhere', async () => {
    for (const operation of operations.filter(isOrdinary).slice(0, 5)) {
      const answer = await bench.call({ ...request(operation), token: 'sluice_unknown' });
      expect([answer.status, answer.body.code]).toEqual([401, 'TOKEN_INVALID']);
    }
  });
});

describe('by role', () => {
  test('each role below the one needed gets 403, the one needed gets further', async () => {
    for (const operation of operations.filter(isOrdinary)) {
      const name = nameOf(operation);
      const lowest = LOWEST[name] ?? 'viewer';
      for (const caller of LADDER) {
        const answer = await bench.call({ ...request(operation), token: bench.tokens[caller] });
        const allowed = LADDER.indexOf(caller) >= LADDER.indexOf(lowest);
        const refused = answer.status === 403 && answer.body.code === 'ROLE_INSUFFICIENT';
        expect([name, caller, allowed ? answer.status >= 500 : refused]).toEqual([
          name,
          caller,
          !allowed,
        ]);
        if (allowed && !OF_ALL_COOPS.test(name)) expect([name, refused]).toEqual([name, false]);
        expect([name, mismatch(operation, answer)]).toEqual([name, null]);
      }
    }
  });

  test('an administrator of some cooperatives makes no new one', async () => {
    const payload = { id: 'new-coop', name: 'New' };
    const { administrator, root } = bench.tokens;
    const url = '/api/v1/coops';
    const refused = await bench.call({ method: 'POST', url, payload, token: administrator });
    expect([refused.status, refused.body.code]).toEqual([403, 'ROLE_INSUFFICIENT']);
    const made = await bench.call({ method: 'POST', url, payload, token: root });
    expect([made.status, made.headers['location']]).toEqual([201, '/api/v1/coops/new-coop']);
  });
});

describe("others' things", () => {
  const CORRECTION = {
    device: 'dev-1',
    metric: 'dissolved_oxygen',
    from: '2026-11-01T00:00:00Z',
    calibration: { gain: 1, offset: 0.2 },
  };
  const ADVICE = { vi: ['a'], en: ['a'], fr: ['a'] };
  const PERSON = { name: 'Mine now', coops: ['binh-minh'], contacts: [] };
  const DUTY = { steps: [{ people: ['person-dev-1'], waitSeconds: 600 }] };
  const {
    id: _id,
    version: _version,
    ...PROGRAMME
  } = programmeOf({
    coop: 'binh-minh',
    zones: [{ device: 'van-1' }],
  });
  const { site: _site, coop: _coop, ...PLOT } = plotOf();
  const {
    site: _pond,
    coop: _of,
    ...AERATION
  } = aerationPlanOf({ sensor: 'dev-1', aerators: ['bom-1'] });
  const OTHERS: ReadonlyArray<[path: string, id: string, body?: object]> = [
    ['GET /api/v1/coops/{id}', 'phu-my'],
    ['PATCH /api/v1/coops/{id}', 'phu-my', { name: 'Mine now' }],
    ['DELETE /api/v1/coops/{id}', 'phu-my'],
    ['GET /api/v1/sites/{id}', 'ao-9'],
    ['PATCH /api/v1/sites/{id}', 'ao-9', { name: 'Mine now' }],
    ['DELETE /api/v1/sites/{id}', 'ao-9'],
    ['GET /api/v1/devices/{id}', 'dev-9'],
    ['GET /api/v1/devices/{id}/health', 'dev-9'],
    ['PATCH /api/v1/devices/{id}', 'dev-9', { name: 'Mine now' }],
    ['DELETE /api/v1/devices/{id}', 'dev-9'],
    ['POST /api/v1/devices/{id}/secret', 'dev-9'],
    ['POST /api/v1/devices/{id}/observations', 'dev-9', { values: { dissolved_oxygen: 5 } }],
    ['DELETE /api/v1/sprays/{id}', 'spray-dev-9'],
    ['GET /api/v1/people/{id}', 'person-dev-9'],
    ['PUT /api/v1/people/{id}', 'person-dev-9', PERSON],
    ['DELETE /api/v1/people/{id}', 'person-dev-9'],
    ['POST /api/v1/people/{id}/test', 'person-dev-9'],
    ['GET /api/v1/coops/{id}/duty', 'phu-my'],
    ['PUT /api/v1/coops/{id}/duty', 'phu-my', DUTY],
    ['POST /api/v1/notifications/{id}/retry', 'told.dev-9'],
    ['GET /api/v1/sites/{id}/series', 'ao-9'],
    ['GET /api/v1/corrections/{id}', 'fix.dev-9'],
    ['PUT /api/v1/corrections/{id}', 'fix.dev-9', CORRECTION],
    ['DELETE /api/v1/corrections/{id}', 'fix.dev-9'],
    ['GET /api/v1/alerts/{id}', 'oxygen.dev-9'],
    ['POST /api/v1/alerts/{id}/acknowledge', 'oxygen.dev-9'],
    ['POST /api/v1/alerts/{id}/comment', 'oxygen.dev-9', { note: 'hello' }],
    ['POST /api/v1/alerts/{id}/resolve', 'oxygen.dev-9'],
    ['POST /api/v1/alerts/{id}/shelve', 'oxygen.dev-9', { minutes: 15 }],
    ['POST /api/v1/alerts/{id}/unshelve', 'oxygen.dev-9'],
    ['POST /api/v1/alerts/{id}/assign', 'oxygen.dev-9'],
    ['POST /api/v1/alerts/{id}/see', 'oxygen.dev-9'],
    ['DELETE /api/v1/maintenance/{id}', 'work.phu-my'],
    ['POST /api/v1/devices/{id}/commands', 'van-9', { action: 'close' }],
    ['GET /api/v1/commands/{id}', COMMAND_IDS.theirs],
    ['GET /api/v1/actuators/{id}', 'van-9'],
    ['PUT /api/v1/actuators/{id}', 'van-9', { enabled: false }],
    ['DELETE /api/v1/actuators/{id}', 'van-9'],
    ['POST /api/v1/actuators/{id}/clear-fault', 'van-9', { why: 'seen' }],
    ['DELETE /api/v1/emergency-stops/{id}', 'device:bom-9'],
    ['GET /api/v1/programmes/{id}', 'tuoi-9'],
    ['PUT /api/v1/programmes/{id}', 'tuoi-9', PROGRAMME],
    ['DELETE /api/v1/programmes/{id}', 'tuoi-9'],
    ['GET /api/v1/programmes/{id}/runs', 'tuoi-9'],
    ['GET /api/v1/programmes/{id}/preview', 'tuoi-9'],
    ['POST /api/v1/programmes/{id}/accept', 'tuoi-9', { at: '2026-11-22T05:00:00Z' }],
    ['POST /api/v1/programmes/{id}/run', 'tuoi-9'],
    ['POST /api/v1/programmes/{id}/stop', 'tuoi-9'],
    ['GET /api/v1/plots/{id}', 'ao-9'],
    ['PUT /api/v1/plots/{id}', 'ao-9', PLOT],
    ['DELETE /api/v1/plots/{id}', 'ao-9'],
    ['GET /api/v1/sites/{id}/water-balance', 'ao-9'],
    ['GET /api/v1/sites/{id}/irrigation-advice', 'ao-9'],
    ['GET /api/v1/sites/{id}/forecast', 'ao-9'],
    ['GET /api/v1/aeration/{id}', 'ao-9'],
    ['PUT /api/v1/aeration/{id}', 'ao-9', AERATION],
    ['DELETE /api/v1/aeration/{id}', 'ao-9'],
    ['GET /api/v1/aeration/{id}/decision', 'ao-9'],
    ['POST /api/v1/aeration/{id}/accept', 'ao-9'],
    ['GET /api/v1/coops/{id}/advice/{rule}', 'phu-my'],
    ['PUT /api/v1/coops/{id}/advice/{rule}', 'phu-my', ADVICE],
    ['DELETE /api/v1/coops/{id}/advice/{rule}', 'phu-my'],
  ];

  test('answer 404, exactly as if they were not there, and stay as they are', async () => {
    const token = bench.tokens.administrator;
    for (const [operation, id, payload] of OTHERS) {
      const [method, path = ''] = operation.split(' ');
      const ask = (which: string) =>
        bench.call({
          method: method as Operation['method'],
          url: fill(path, which),
          token,
          ...(payload === undefined ? {} : { payload }),
        });
      const theirs = await ask(id);
      const nobodys = await ask('not-there');
      expect([operation, theirs.status, theirs.body.code]).toEqual([
        operation,
        404,
        nobodys.body.code,
      ]);
      expect(theirs.text.replaceAll(id, 'X')).toBe(nobodys.text.replaceAll('not-there', 'X'));
    }
    const site = await bench.call({ url: '/api/v1/sites/ao-9', token: bench.tokens.root });
    expect(site.body.name).toBe('ao-9');
  });

  test('the table above covers every route with an id', () => {
    const covered = new Set(OTHERS.map(([operation]) => operation));
    const withId = operations
      .filter(({ path }) => path.includes('{id}') && !/tokens|rules|backups/.test(path))
      .map(nameOf);
    expect(withId.filter((name) => !covered.has(name))).toEqual([]);
  });

  test('are in no list', async () => {
    const token = bench.tokens.administrator;
    for (const list of [
      'coops',
      'sites',
      'devices',
      'alerts',
      'rejections',
      'tokens',
      'latest',
      'corrections',
      'sprays',
      'sprays/baselines',
      'sprays/ledger',
      'people',
      'notifications',
      'commands',
      'actuators',
      'emergency-stops',
      'programmes',
      'plots',
      'aeration',
      'audit',
      'audit?format=csv',
      'programmes.ics',
    ]) {
      const answer = await bench.call({ url: `/api/v1/${list}`, token });
      expect([list, answer.status]).toEqual([list, 200]);
      expect(answer.text).not.toMatch(/phu-my|ao-9|dev-9|van-9|bom-9|tuoi-9/);
    }
  });

  test('asked for by name in a query, they are not there', async () => {
    const token = bench.tokens.viewer;
    for (const [query, code] of [
      ['alerts?coop=phu-my', 'COOP_NOT_FOUND'],
      ['sites?coop=binh-minh,phu-my', 'COOP_NOT_FOUND'],
      ['devices?coop=phu-my', 'COOP_NOT_FOUND'],
      ['rejections?coop=phu-my', 'COOP_NOT_FOUND'],
      ['accounting?coop=phu-my', 'COOP_NOT_FOUND'],

      ['latest?device=dev-9', 'DEVICE_NOT_FOUND'],
      ['latest?site=ao-9', 'SITE_NOT_FOUND'],
      ['series?device=dev-9', 'DEVICE_NOT_FOUND'],
      ['series?device=dev-1,dev-9', 'DEVICE_NOT_FOUND'],
      ['series?site=ao-9', 'SITE_NOT_FOUND'],
      ['series?coop=phu-my', 'COOP_NOT_FOUND'],
      ['series/stats?device=dev-9', 'DEVICE_NOT_FOUND'],
      ['series/stats?site=ao-9', 'SITE_NOT_FOUND'],
      ['series/stats?coop=phu-my', 'COOP_NOT_FOUND'],
      ['sites/ao-9/series', 'SITE_NOT_FOUND'],
      ['sprays?site=ao-9', 'SITE_NOT_FOUND'],
      ['sprays?coop=phu-my', 'COOP_NOT_FOUND'],
      ['sprays/baselines?coop=phu-my', 'COOP_NOT_FOUND'],
      ['sprays/ledger?site=ao-9', 'SITE_NOT_FOUND'],
      ['sprays/ledger?coop=phu-my', 'COOP_NOT_FOUND'],
      ['commands?coop=phu-my', 'COOP_NOT_FOUND'],
      ['actuators?coop=phu-my', 'COOP_NOT_FOUND'],
      ['emergency-stops?coop=phu-my', 'COOP_NOT_FOUND'],
      ['programmes?coop=phu-my', 'COOP_NOT_FOUND'],
      ['programmes.ics?coop=phu-my', 'COOP_NOT_FOUND'],
      ['plots?coop=phu-my', 'COOP_NOT_FOUND'],
      ['aeration?coop=phu-my', 'COOP_NOT_FOUND'],
      ['audit?coop=phu-my', 'COOP_NOT_FOUND'],
      ['corrections?device=dev-9', 'DEVICE_NOT_FOUND'],
      ['corrections?site=ao-9', 'SITE_NOT_FOUND'],
      ['stream?coop=phu-my', 'COOP_NOT_FOUND'],
      ['stream?device=dev-9', 'DEVICE_NOT_FOUND'],
    ]) {
      const answer = await bench.call({ url: `/api/v1/${query}`, token });
      expect([query, answer.status, answer.body.code]).toEqual([query, 404, code]);
    }
  });

  test('cannot be referred to in a body', async () => {
    const token = bench.tokens.operator;
    const post = (url: string, payload: object) =>
      bench.call({ method: 'POST', url: `/api/v1/${url}`, payload, token });
    const site = await post('sites', { id: 's', coop: 'phu-my', kind: 'pond', name: 'S' });
    expect([site.status, site.body.code, site.body.field]).toEqual([422, 'COOP_UNKNOWN', 'coop']);
    const device = await post('devices', { id: 'd', coop: 'phu-my', kind: 'pond-sensor' });
    expect([device.status, device.body.code]).toEqual([422, 'COOP_UNKNOWN']);
    const standing = { id: 'd', coop: 'binh-minh', site: 'ao-9', kind: 'pond-sensor' };
    const onTheirs = await post('devices', standing);
    expect([onTheirs.status, onTheirs.body.code]).toEqual([422, 'SITE_UNKNOWN']);
    const spray = { site: 'ao-9', at: '2026-11-20T00:00:00Z', product: 'Chess 50WG' };
    const theirSpray = await post('sprays', spray);
    expect([theirSpray.status, theirSpray.body.code]).toEqual([422, 'SITE_UNKNOWN']);
    const mine = await post('sprays', { ...spray, site: 'ao-1', alert: 'oxygen.dev-9' });
    expect([mine.status, mine.body.code, mine.body.field]).toEqual([422, 'ALERT_UNKNOWN', 'alert']);
    const agronomist = await bench.call({
      method: 'POST',
      url: '/api/v1/corrections',
      payload: { ...CORRECTION, device: 'dev-9' },
      token: bench.tokens.agronomist,
    });
    expect([agronomist.status, agronomist.body.code]).toEqual([404, 'DEVICE_NOT_FOUND']);
  });
});
