import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createDecoder } from '#src/ingest/decode';
import { loadKinds } from '#src/ingest/kinds';

const devices = fileURLToPath(new URL('../../devices', import.meta.url));
const kinds = await loadKinds();
const decode = createDecoder({
  kinds,
  clockWindow: { pastMs: 90 * 86_400_000, futureMs: 300_000 },
});

interface Report {
  receivedAt: string;
  /** The JSON a device sends, or a text for what is not JSON. */
  payload: unknown;
}

interface Expected {
  observations: Array<{ observedAt: string; quality: string; values: Record<string, number> }>;
  rejections: Array<{ metric: string | null; code: string; part: number }>;
}

function readCase<T>(kind: string, name: string, file: string): T {
  return JSON.parse(readFileSync(path.join(devices, kind, 'cases', name, file), 'utf8')) as T;
}

describe.each([...kinds.keys()])('the golden cases of %s', (kind) => {
  const names = readdirSync(path.join(devices, kind, 'cases'));

  test('there are some', () => expect(names.length).toBeGreaterThan(1));

  test.each(names)('%s', (name) => {
    const report = readCase<Report>(kind, name, 'report.json');
    const { payload } = report;
    const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
    const source = { coop: 'c', site: null, device: 'd', kind };
    const receivedAt = Date.parse(report.receivedAt);
    const frame = { offset: 0, source, topic: 'report', payload: Buffer.from(text), receivedAt };
    const batch = decode({ from: 0, next: 1, frames: [{ ...frame, topic: 'report' }] });
    const decoded: Expected = {
      observations: batch.observations.map(({ observedAt, quality, values }) => ({
        observedAt: new Date(observedAt).toISOString(),
        quality,
        values: { ...values },
      })),
      rejections: batch.rejections.map(({ metric, code, part }) => ({ metric, code, part })),
    };
    const expected = readCase<Expected>(kind, name, 'expected.json');
    const observations = expected.observations.map((one) => ({
      ...one,
      observedAt: new Date(one.observedAt).toISOString(),
    }));
    expect(decoded).toEqual({ ...expected, observations });
  });
});
