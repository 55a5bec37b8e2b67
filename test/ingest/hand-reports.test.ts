import { describe, expect, test } from 'vitest';
import { AppError } from '#src/base/errors';
import type { RawMessage } from '#src/contracts/frame';
import type { AppendDone } from '#src/contracts/journal';
import { createHandReports } from '#src/ingest/hand-reports';

const source = { coop: 'c', site: 's', device: 'd', kind: 'k' };
const report = { device: 'd', observedAt: 5, values: { ph: 8.1 }, who: 'Anh Ba', note: null };

function stand() {
  const appended: Array<{ message: RawMessage; done: AppendDone }> = [];
  const reports = createHandReports({
    journal: { append: (message, done) => void appended.push({ message, done }) },
    registry: { source: (device) => (device === 'd' ? source : undefined) },
    clock: { now: () => 1_000, monotonic: () => 0 },
    clockFutureMs: 300,
  });
  return { appended, reports };
}

describe('a report by hand', () => {
  test('is done when the journal has it on disk, and not before', async () => {
    const { appended, reports } = stand();
    let isDone = false;
    const recording = reports.record(report).then(() => {
      isDone = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect([appended.length, isDone]).toEqual([1, false]);
    appended[0]?.done(null);
    await recording;
    const { message } = appended[0] ?? {};
    expect(message).toMatchObject({ source, topic: 'import', receivedAt: 1_000 });
    const { device: _, ...said } = report;
    expect(JSON.parse(Buffer.from(message?.payload ?? []).toString())).toEqual(said);
  });

  test('fails as the journal does, and for a device there is not', async () => {
    const { appended, reports } = stand();
    const failing = reports.record(report);
    appended[0]?.done(new AppError('JOURNAL_FULL', 'the journal is full'));
    await expect(failing).rejects.toMatchObject({ code: 'JOURNAL_FULL' });
    await expect(reports.record({ ...report, device: 'e' })).rejects.toMatchObject({
      code: 'DEVICE_NOT_FOUND',
    });
    expect(reports.latestTime()).toBe(1_300);
  });
});
