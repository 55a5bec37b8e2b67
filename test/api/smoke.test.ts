import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bench, startBench } from './support/api.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

test('smoke', async () => {
  const { tokens } = bench;
  for (const url of ['/', '/docs', '/docs/start.js', '/health/live', '/health/ready', '/metrics', '/api/v1/kinds','/api/v1/coops','/api/v1/sites','/api/v1/devices','/api/v1/latest','/api/v1/series?device=dev-1','/api/v1/alerts','/api/v1/rules','/api/v1/rejections','/api/v1/accounting','/api/v1/tokens','/api/v1/session', '/api/v1/nope', '/api/v1/series?device=dev-1&evry=5m', '/api/v1/sites?limit=0', '/assets/x.js']) {
    const answer = await bench.call({ url, token: tokens.root });
    console.log(url, answer.status, answer.headers['content-type'], answer.text.slice(0, 600));
  }
  const doc = await bench.call({ url: '/openapi.json' });
  console.log(doc.status, doc.text.length, Object.keys(doc.body.components.schemas), doc.text.slice(0, 3000));
  for (const r of [
   { method: 'POST', url: '/api/v1/coops', payload: { id: 'c3', name: 'C3' } },
   { method: 'POST', url: '/api/v1/coops', payload: '{', headers: {'content-type':'application/json'} },
   { method: 'PUT', url: '/api/v1/coops' },
   { method: 'POST', url: '/api/v1/devices', payload: { id: 'd4', coop:'c3', kind: 'pond-sensr' } },
   { method: 'POST', url: '/api/v1/devices', payload: { id: 'd4', coop:'c3', kind: 'pond-sensor' } },
   { method: 'POST', url: '/api/v1/devices/d4/secret' },
   { method: 'DELETE', url: '/api/v1/devices/d4' },
   { method: 'DELETE', url: '/api/v1/coops/c3' },
   { method: 'POST', url: '/api/v1/alerts/oxygen.dev-1/acknowledge' },
   { method: 'POST', url: '/api/v1/devices/bulk', payload: '{"id":"b1","coop":"binh-minh","kind":"pond-sensor"}\n{bad\n\n{"id":"b2","coop":"x","kind":"pond-sensor"}', headers: {'content-type':'application/x-ndjson'} },
  ] as const) {
    const answer = await bench.call({ ...r, token: tokens.root } as never);
    console.log(r.method, r.url, answer.status, answer.headers['content-type'], answer.text.slice(0, 900));
  }
  expect(1).toBe(1);
});
