import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readYaml, writeYaml } from '#src/base/yaml';
import type { Rule } from '#src/contracts/rule';
import { type Bench, kinds, NOW, startBench } from '../api/support/api.ts';
import { sluice } from '../support/command.ts';

let bench: Bench;
let url: string;
let file: string;

const RULE = {
  id: 'oxygen-mine',
  enabled: true,
  kind: [...kinds.keys()][0] ?? '',
  title: { vi: 'Ôxy thấp', en: 'Low oxygen', fr: 'Oxygène bas' },
  severity: 'critical',
  scope: { coop: 'binh-minh' },
  condition: {
    ...{ type: 'threshold', metric: 'dissolved_oxygen', beyond: 'below', limit: 4, clear: 4.3 },
    ...{ forSeconds: 0, clearSeconds: 300, gapSeconds: 1800 },
  },
  source: { text: 'a test', evidence: 'D' },
  advice: { vi: ['Bật quạt'], en: ['Start the aerators'], fr: ['Démarrez les aérateurs'] },
} satisfies Omit<Rule, 'version'>;

beforeAll(async () => {
  bench = await startBench();
  await bench.api.start(new AbortController().signal);
  url = bench.api.address()?.url ?? '';
  file = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-')), 'rule.yaml');
});
afterAll(async () => {
  rmSync(path.dirname(file), { recursive: true, force: true });
  await bench.close();
});

async function rules(...args: string[]) {
  const environment = { SLUICE_URL: url, SLUICE_TOKEN: bench.tokens.agronomist };
  return sluice(['rules', ...args], environment);
}

/** Two rules of the command line run one after the other on the same server. */
describe('sluice rules', () => {
  test('saves, shows, lists and takes back a rule', async () => {
    writeFileSync(file, writeYaml(RULE));
    expect(await rules('save', file, '--dry-run')).toMatchObject({
      ...{ code: 0, stdout: 'oxygen-mine can be saved; it would be new\n' },
    });
    const saved = await rules('save', file);
    expect(saved.stdout).toBe('oxygen-mine is saved as version 1, judged for 1 devices now\n');
    const shown = await rules('show', 'oxygen-mine');
    expect(readYaml(shown.stdout)).toEqual({ ...RULE, version: 1 });
    expect(shown.stderr).toContain('saved here; judged for 1 devices now');
    expect((await rules('list')).stdout).toMatch(/^oxygen-mine +1 +on +critical .* saved +1 +Low/m);
    // What was shown can be edited and saved again, once.
    writeFileSync(file, shown.stdout.replace('limit: 4', 'limit: 3.9'));
    expect((await rules('save', file)).stdout).toContain('version 2');
    const late = await rules('save', file);
    expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('[RULE_CONFLICT]')]);
    const versions = JSON.parse((await rules('versions', 'oxygen-mine', '--json')).stdout);
    expect(versions).toMatchObject([{ savedBy: 'Chị Tư' }, { rule: { version: 1 } }]);
    const first = await rules('versions', 'oxygen-mine', '--yaml', '1');
    expect(readYaml(first.stdout)).toEqual({ ...RULE, version: 1 });
    expect((await rules('remove', 'oxygen-mine')).stdout).toBe('oxygen-mine was removed\n');
  }, 30_000);

  test('says what is wrong, what was meant, and ends with the code for it', async () => {
    const wrong = { ...RULE, condition: { ...RULE.condition, metric: 'disolved_oxygen' } };
    writeFileSync(file, writeYaml(wrong));
    const refused = await rules('save', file);
    expect([refused.code, refused.stderr]).toEqual([65, expect.stringMatching(/did you mean/i)]);
    writeFileSync(file, 'id: [');
    const torn = await rules('test', file, '--json');
    expect([torn.code, JSON.parse(torn.stdout).error.code]).toEqual([65, 'YAML_INVALID']);
    expect((await rules('save', `${file}.not`)).stderr).toContain('[RULE_FILE_INVALID]');
    writeFileSync(file, writeYaml({ ...RULE, id: 'oxygen-other' }));
    await rules('save', file);
    const lost = await rules('show', 'oxigen-other');
    expect([lost.code, lost.stderr]).toEqual([
      ...[1, expect.stringContaining('Did you mean oxygen-other?')],
    ]);
  }, 30_000);

  test('tries a rule on history and counts the noise', async () => {
    const place = { device: 'dev-1', site: 'ao-1', coop: 'binh-minh', kind: RULE.kind };
    // From 23:00 local time on the evening before, for an hour.
    const from = NOW - 13 * 3_600_000;
    for (let minute = 0; minute < 120; minute++) {
      const point = { metric: 'dissolved_oxygen', time: from + minute * 60_000 };
      bench.series.points.push({ ...place, ...point, value: minute < 60 ? 3.1 : 6 });
    }
    writeFileSync(file, writeYaml({ ...RULE, condition: { ...RULE.condition, limit: 3 } }));
    await rules('save', file);
    writeFileSync(file, writeYaml(RULE));
    const span = ['--from', new Date(from - 60_000).toISOString()];
    const run = await rules('test', file, ...span, '--device', 'dev-1');
    expect(run.stdout).toMatch(/^It would have woken you once from .*; the current rule 0 times\./);
    expect(run.stdout).toMatch(/dev-1 +2026-11-21T16:00:00.000Z +2026-11-21T17:05:00.000Z/);
    const json = JSON.parse((await rules('test', file, ...span, '--json')).stdout);
    expect(json).toMatchObject({ figures: { wakings: 1 }, current: { wakings: 0 } });
    const noise = await rules('noise', '--to', new Date(NOW + 60_000).toISOString());
    expect(noise.stdout).toMatch(/^pond-oxygen-low +1 +0 +1 /m);
  }, 30_000);
});
