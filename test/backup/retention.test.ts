import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AppError } from '#src/base/errors';
import { createMetrics } from '#src/base/metrics';
import type { Expired, RetentionTier } from '#src/contracts/series';
import { createRetention, type Retention, type RetentionOptions } from '#src/series/retention';
import { parseRetention } from '#src/series/retention-rules';
import { createState, type StateService } from '#src/state/state';
import { alertOf, rejectionOf } from '../state/examples.ts';
import { temporaryFolder } from '../support/folder.ts';
import { testKinds } from '../support/kinds.ts';
import { quietLogger } from '../support/quiet.ts';

const NOW = Date.parse('2026-11-22T12:30:00+07:00');
const DAY_MS = 86_400_000;
const clock = { now: () => NOW, monotonic: () => performance.now() };

/** Answers each step as told, and notes what it was asked. */
class Recorder {
  readonly name = 'recorder';
  readonly asked: Array<[RetentionTier, string, number]> = [];
  answers: Array<number | Error> = [];

  async expire(tier: RetentionTier, kind: string, before: number): Promise<Expired> {
    this.asked.push([tier, kind, before]);
    const answer = this.answers.shift() ?? 0;
    if (typeof answer !== 'number') throw answer;
    return { values: answer, files: [] };
  }
}

async function openState(): Promise<StateService> {
  const file = path.join(temporaryFolder(), 'state.db');
  const state = createState({ file, clock, logger: quietLogger });
  onTestFinished(() => state.stop());
  await state.start(new AbortController().signal);
  return state;
}

async function retentionOf(
  entries: string[],
  change: Partial<RetentionOptions> = {},
): Promise<{ retention: Retention; series: Recorder; state: StateService }> {
  const series = new Recorder();
  const state = await openState();
  const retention = createRetention({
    rules: parseRetention(entries, { keepsArchive: true }),
    series,
    state,
    kinds: testKinds,
    timeZone: 'Asia/Ho_Chi_Minh',
    busy: () => false,
    clock,
    logger: quietLogger,
    metrics: createMetrics(),
    ...change,
  });
  onTestFinished(() => retention.stop());
  return { retention, series, state };
}

describe('retention', () => {
  test('asks each tier and kind with an end, from the finest on, until nothing leaves', async () => {
    const { retention, series } = await retentionOf(['test-kind.hour=1d', 'archive=2d']);
    series.answers = [7, 3, 0, 5];
    const report = await retention.run();
    const raw = ['raw', 'test-kind', Date.parse('2025-10-18T00:00:00+07:00')];
    const archive = ['archive', 'test-kind', Date.parse('2026-11-20T00:00:00+07:00')];
    const hour = ['hour', 'test-kind', Date.parse('2026-11-21T00:00:00+07:00')];
    expect(series.asked).toEqual([raw, raw, raw, archive, archive, hour]);
    expect(report).toMatchObject({ removed: { raw: 10, archive: 5 }, failures: [] });
    expect(retention.readiness().detail).toMatch(/10 left raw, 5 left archive/);
  });

  test('a refusal costs its own tier only, is told once, and is tried again', async () => {
    const warnings: unknown[] = [];
    const logger = Object.assign(Object.create(quietLogger), {
      warn: (fields: unknown) => warnings.push(fields),
    });
    const { retention, series } = await retentionOf(['archive=2d'], { logger });
    const refusal = new AppError('SERIES_FAILED', 'this server cannot remove anything');
    for (let day = 0; day < 3; day++) {
      series.answers = [refusal, 4];
      const report = await retention.run();
      expect(report.failures).toEqual([expect.stringMatching(/^test-kind\.raw: SERIES_FAILED/)]);
      expect(report.removed).toEqual({ archive: 4 });
    }
    expect(warnings).toHaveLength(1);
    expect(retention.readiness()).toMatchObject({ ok: true, detail: /cannot remove/ as never });
    series.answers = [];
    expect((await retention.run()).failures).toEqual([]);
  });

  test('waits while the stores are needed, and stops at once', async () => {
    const { retention, series } = await retentionOf([], { busy: () => true });
    const running = retention.run();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(series.asked).toEqual([]);
    await retention.stop();
    await running;
    expect(series.asked).toEqual([]);
  });

  test('two runs at once are one', async () => {
    const { retention, series } = await retentionOf([]);
    const [left, right] = await Promise.all([retention.run(), retention.run()]);
    expect(left).toBe(right);
    expect(series.asked).toHaveLength(1);
  });

  test('old rejections and alerts that are over leave the state; nothing else does', async () => {
    const { retention, state } = await retentionOf(['alerts=10d']);
    const old = NOW - 401 * DAY_MS;
    const many = Array.from({ length: 1_203 }, (_, offset) =>
      rejectionOf({ offset, receivedAt: offset < 1_201 ? old : NOW }),
    );
    await state.ledger.saveRejections(many);
    const ended = NOW - 11 * DAY_MS;
    await state.alerts.save([
      alertOf({ id: 'over', state: 'resolved', onset: old, end: ended }),
      alertOf({ id: 'open', state: 'open', onset: old, end: null }),
      alertOf({ id: 'seen', state: 'acknowledged', onset: old, end: null }),
      alertOf({ id: 'fresh', state: 'resolved', onset: old, end: NOW - 9 * DAY_MS }),
    ]);
    const report = await retention.run();
    expect(report.removed).toEqual({ rejections: 1_201, alerts: 1 });
    const left = await state.ledger.rejections({}, { limit: 10 });
    expect(left.items.map(({ offset }) => offset)).toEqual([1_202, 1_201]);
    const alerts = await state.alerts.list({}, { limit: 10 });
    expect(alerts.items.map(({ id }) => id).sort()).toEqual(['fresh', 'open', 'seen']);
  });
});
