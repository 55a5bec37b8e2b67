import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AppError } from '#src/base/errors';
import { readYaml, writeYaml } from '#src/base/yaml';
import { sendConfirmed } from '#src/cli/confirm';
import { durationText, secondsOf } from '#src/cli/durations';
import type { CommandState } from '#src/contracts/command';
import { type Bench, kinds, NOW, startBench } from '../api/support/api.ts';
import { advance, PlainDesk } from '../api/support/plain-desk.ts';
import { seedPlant } from '../api/support/plant.ts';
import { aerationPlanOf, programmeOf, runOf } from '../state/examples-water.ts';
import { sluice } from '../support/command.ts';

let bench: Bench;
let desk: PlainDesk;
let url: string;
let file: string;

beforeAll(async () => {
  // What becomes of commands is told here, not lived through.
  bench = await startBench(({ state, hub: live, now }) => {
    desk = new PlainDesk({ state, kinds, live, now });
    return { commands: desk };
  });
  await seedPlant(bench);
  await bench.api.start(new AbortController().signal);
  url = bench.api.address()?.url ?? '';
  file = path.join(mkdtempSync(path.join(tmpdir(), 'sluice-')), 'file.yaml');
});
afterAll(async () => {
  rmSync(path.dirname(file), { recursive: true, force: true });
  await bench.close();
});

const as = (caller: keyof Bench['tokens'], ...args: string[]) =>
  sluice(args, { SLUICE_URL: url, SLUICE_TOKEN: bench.tokens[caller] });
const pipe = (input: string, caller: keyof Bench['tokens'], ...args: string[]) =>
  sluice(args, { SLUICE_URL: url, SLUICE_TOKEN: bench.tokens[caller] }, input);

/** Moves a command on, as soon as it is there. */
async function answer(id: string, states: readonly CommandState[]): Promise<void> {
  const isThere = async () => (await bench.state.commands.get(id)) !== undefined;
  await expect.poll(isThere, { timeout: 20_000 }).toBe(true);
  for (const state of states) {
    await advance(bench.state, id, state, { ...(state === 'failed' && { reason: 'motor' }) });
  }
}

describe('sluice command', () => {
  test('follows a command to its verdict, and ends as that says', async () => {
    const cases: ReadonlyArray<readonly [readonly CommandState[], number]> = [
      [['sent', 'running', 'effective'], 0],
      [['running', 'contradicted'], 1],
      [['running', 'unproven'], 2],
      [['failed'], 1],
      [['expired'], 69],
    ];
    const follow = async ([states, code]: (typeof cases)[number], index: number) => {
      const id = `01934f00-0000-7000-8000-00000000010${index}`;
      const order = ['command', 'van-1', 'open', '--for', '30s', '--wait', '--id', id];
      const [ran] = await Promise.all([as('agronomist', ...order), answer(id, states)]);
      const last = states.at(-1);
      expect([last, ran.code]).toEqual([last, code]);
      expect(ran.stdout).toMatch(new RegExp(`^van-1 open for 30s is ${last}`));
      for (const state of states) expect(ran.stderr).toContain(` ${state}`);
    };
    await Promise.all(cases.map(follow));
  }, 60_000);

  test('says what was ordered, with its own id, why and until when', async () => {
    const id = '01934f00-0000-7000-8000-0000000000cc';
    const until = ['--not-after', '2026-11-22T06:00:00+00:00'];
    const rest = ['--for', '1m', '--why', 'đất khô', '--owner', 'ca đêm', '--id', id, ...until];
    const ran = await as('agronomist', 'command', 'van-1', 'open', ...rest, '--json');
    expect(JSON.parse(ran.stdout)).toMatchObject({
      ...{ id, maxSeconds: 60, why: 'đất khô', owner: 'ca đêm', state: 'queued' },
      notAfter: '2026-11-22T06:00:00.000Z',
    });
    const plain = await as('farmer', 'command', 'van-1', 'close');
    expect([plain.code, plain.stdout]).toEqual([
      ...[0, expect.stringMatching(/^van-1 close is queued; its id is [0-9a-f-]{36}\n$/)],
    ]);
  }, 30_000);

  test('says what is wrong, and ends with the code for it', async () => {
    for (const [args, code, text] of [
      [['van-1', 'open'], 64, '[COMMAND_NO_LEASE]'],
      [['van-1', 'open', '--for', '2h'], 64, 'At most 60 s'],
      [['van-1', 'open', '--for', 'soon'], 64, 'Write 90s, 30m'],
      [['van-1', 'close', '--not-after', 'later'], 64, 'is no time'],
      [['van-2', 'close'], 1, '[DEVICE_NOT_FOUND]'],
    ] as const) {
      const ran = await as('agronomist', 'command', ...args);
      expect([args, ran.code, ran.stderr]).toEqual([args, code, expect.stringContaining(text)]);
    }
  }, 30_000);
});

test('sluice stop and release: the second asks, and --yes answers', async () => {
  const stopped = await as('farmer', 'stop', 'site:ao-1', '--why', 'vỡ ống');
  expect([stopped.code, stopped.stdout]).toEqual([
    ...[0, expect.stringMatching(/^site:ao-1 is stopped since .* by Anh Ba\n$/)],
  ]);
  const asked = await as('agronomist', 'release', 'site:ao-1');
  expect([asked.code, asked.stderr]).toEqual([64, expect.stringContaining('Say --yes')]);
  expect((await desk.stops({})).map(({ scope }) => scope)).toContain('site:ao-1');
  const released = await as('agronomist', 'release', 'site:ao-1', '--yes');
  expect(released.stdout).toBe('site:ao-1 is released\n');
  expect((await desk.stops({})).map(({ scope }) => scope)).not.toContain('site:ao-1');
}, 30_000);

test('sluice actuators: what is shown can be edited and set, once', async () => {
  const list = await as('viewer', 'actuators', 'list', '--site', 'ao-1');
  expect(list.stdout).toMatch(/^van-1 +irrigation-valve +offline +unknown/m);
  const shown = await as('viewer', 'actuators', 'show', 'van-1');
  expect(readYaml(shown.stdout)).toMatchObject({ device: 'van-1', version: 1, maxSeconds: 60 });
  writeFileSync(file, shown.stdout.replace('maxSeconds: 60', 'maxSeconds: 45'));
  const saved = await as('operator', 'actuators', 'set', file);
  expect(saved.stdout).toBe('van-1 is saved as version 2 and takes commands\n');
  const late = await as('operator', 'actuators', 'set', file);
  expect([late.code, late.stderr]).toEqual([1, expect.stringContaining('[ACTUATOR_CONFLICT]')]);
  writeFileSync(file, writeYaml({ device: 'van-1', enabled: true, maxSeconds: 60 }));
  const raised = await as('operator', 'actuators', 'set', file);
  expect([raised.code, raised.stderr]).toEqual([64, expect.stringContaining('Say --yes')]);
  expect((await as('operator', 'actuators', 'set', file, '--yes')).code).toBe(0);
  writeFileSync(file, 'enabled: true');
  const nameless = await as('operator', 'actuators', 'set', file);
  expect([nameless.code, nameless.stderr]).toEqual([
    ...[65, expect.stringContaining('[ACTUATOR_FILE_INVALID]')],
  ]);
}, 30_000);

test('sluice programmes: saved, tried, told to run and to stop', async () => {
  const { version: _, ...programme } = programmeOf({
    ...{ id: 'tuoi-dem', coop: 'binh-minh', zones: [{ device: 'van-1' }] },
  });
  writeFileSync(file, writeYaml(programme));
  const tried = await as('viewer', 'programmes', 'preview', file, '--days', '2');
  expect(tried.stdout.split('\n')[1]).toMatch(
    /^2026-11-22T05:00:00.000Z +run +planned +20m +van-1 /,
  );
  expect(tried.stdout).toContain('DOSE (minutes 20, moisture unknown)');
  const saved = await as('agronomist', 'programmes', 'save', file);
  expect(saved.stdout).toBe('tuoi-dem is saved as version 1\n');
  const shown = await as('viewer', 'programmes', 'show', 'tuoi-dem');
  writeFileSync(file, shown.stdout.replace('Tưới sáng', 'Tưới đêm'));
  expect((await as('agronomist', 'programmes', 'save', file)).stdout).toContain('version 2');
  expect((await as('viewer', 'programmes', 'list')).stdout).toMatch(
    /^tuoi-dem +2 +on +auto +1 +05:30 +Tưới đêm$/m,
  );
  expect((await as('agronomist', 'programmes', 'run', 'tuoi-dem')).stdout).toMatch(/ running /);
  expect((await as('farmer', 'programmes', 'stop', 'tuoi-dem')).code).toBe(0);
  const at = NOW + 60_000;
  const proposed = { decision: 'propose', state: 'proposed' } as const;
  await bench.state.programmes.saveRun(runOf({ programme: 'tuoi-dem', at, ...proposed }));
  const when = new Date(at).toISOString();
  expect((await as('agronomist', 'programmes', 'accept', 'tuoi-dem', when)).code).toBe(0);
  expect((await as('viewer', 'programmes', 'runs', 'tuoi-dem')).stdout).toMatch(/ stopped /);
  const ics = await as('viewer', 'programmes', 'ics', '-o', file);
  expect([ics.code, readFileSync(file, 'utf8')]).toEqual([0, expect.stringMatching(/^BEGIN:VCAL/)]);
}, 60_000);

test('sluice plots: what is shown can be edited and saved, from a file and from a pipe', async () => {
  expect((await as('viewer', 'plots', 'list')).stdout).toMatch(
    /^ao-1 +maize +2026-11-01 +125 +\d+/m,
  );
  const shown = await as('viewer', 'plots', 'show', 'ao-1');
  expect(readYaml(shown.stdout)).not.toHaveProperty('coop');
  const changed = shown.stdout.replace('crop: maize', 'crop: tomato');
  const saved = await pipe(changed, 'agronomist', 'plots', 'save', '-');
  expect(saved.stdout).toMatch(/^ao-1 is saved: tomato, planted on /);
  // What the API itself prints is taken back too.
  const json = (await as('viewer', 'plots', 'show', 'ao-1', '--json')).stdout;
  expect(JSON.parse(json)).toMatchObject({ coop: 'binh-minh', crop: 'tomato' });
  writeFileSync(file, json);
  expect((await as('agronomist', 'plots', 'save', file)).code).toBe(0);
  writeFileSync(file, writeYaml({ ...JSON.parse(json), rootDepth: -1 }));
  const wrong = await as('agronomist', 'plots', 'save', file);
  expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('rootDepth')]);
  writeFileSync(file, 'crop: tomato');
  const nameless = await as('agronomist', 'plots', 'save', file);
  expect([nameless.code, nameless.stderr]).toEqual([
    ...[65, expect.stringContaining('[PLOT_FILE_INVALID]')],
  ]);
  expect((await as('viewer', 'plots', 'advice', 'ao-1')).stdout).toBe(
    'ao-1: irrigate 4.9 mm, 2h5m, 9800 L\nDEPLETION (depletion 52, raw 51)\n',
  );
  const forbidden = await as('farmer', 'plots', 'remove', 'ao-1');
  expect(forbidden.stderr).toContain('[ROLE_INSUFFICIENT]');
  expect((await as('agronomist', 'plots', 'remove', 'ao-1')).stdout).toBe('ao-1 was removed\n');
  const gone = await as('agronomist', 'plots', 'remove', 'ao-1');
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('[PLOT_NOT_FOUND]')]);
}, 60_000);

test('sluice aeration: a plan is saved, decides, is accepted and removed', async () => {
  const { coop: _, ...plan } = aerationPlanOf({
    ...{ site: 'ao-1', mode: 'propose', sensor: 'dev-1', aerators: ['bom-1'] },
  });
  writeFileSync(file, writeYaml({ ...plan, stopAbove: plan.startBelow }));
  const refused = await as('agronomist', 'aeration', 'save', file);
  expect([refused.code, refused.stderr]).toEqual([
    ...[65, expect.stringContaining('[AERATION_INVALID]')],
  ]);
  writeFileSync(file, writeYaml(plan));
  expect((await as('agronomist', 'aeration', 'save', file)).stdout).toBe(
    'the plan of ao-1 is saved in mode propose\n',
  );
  const shown = await as('viewer', 'aeration', 'show', 'ao-1');
  expect(readYaml(shown.stdout)).toEqual(plan);
  expect((await as('viewer', 'aeration', 'list')).stdout).toMatch(
    /^ao-1 +propose +dev-1 .* bom-1$/m,
  );
  const said =
    'ao-1: start; oxygen 4.4 mg/L, at dawn 2.9 mg/L\nDAWN_LOW (projected 2.9)\n' +
    'today 3.0 kWh spent, 9.0 kWh saved\n';
  expect((await as('viewer', 'aeration', 'decision', 'ao-1')).stdout).toBe(said);
  expect((await as('agronomist', 'aeration', 'accept', 'ao-1')).stdout).toBe(said);
  expect((await as('agronomist', 'aeration', 'remove', 'ao-1')).code).toBe(0);
  const gone = await as('viewer', 'aeration', 'decision', 'ao-1');
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('[AERATION_NOT_FOUND]')]);
}, 60_000);

test('sluice audit: as a table, and as a file', async () => {
  const table = await as('viewer', 'audit', '--who', 'Seed 1');
  expect(table.stdout).toMatch(/Seed 1 +stop.set +device:bom-1 +=vỡ ống/);
  const written = await as('viewer', 'audit', '--who', 'Seed 1', '-o', file);
  expect([written.code, readFileSync(file, 'utf8')]).toEqual([
    ...[0, expect.stringMatching(/^number,at,[^\n]*\r\n1,2026[^\n]*Seed 1,stop.set,[^\n]*\r\n$/)],
  ]);
}, 30_000);

describe('the second word', () => {
  const needed = new AppError('CONFIRMATION_NEEDED', 'open 12 valves', { confirmation: 'abc' });
  const terminalOf = (answer: boolean, asked: string[] = []) => ({
    ...{ result: () => undefined, note: () => undefined, interactive: false },
    agrees: async (question: string) => asked.push(question) > 0 && answer,
  });
  const clientOf = (sent: unknown[]) => ({
    ...{ url: '', token: '', call: async () => undefined as never },
    send: async (request: { headers?: Record<string, string> }) => {
      sent.push(request.headers);
      if (request.headers?.['confirmation'] !== 'abc') throw needed;
      return 'done' as never;
    },
  });
  const request = { method: 'POST', route: '/x' };

  test('is asked for on the terminal, once, and goes back with the same request', async () => {
    const [sent, asked]: [unknown[], string[]] = [[], []];
    const how = { terminal: terminalOf(true, asked), yes: false };
    expect(await sendConfirmed(clientOf(sent) as never, request, how)).toBe('done');
    expect([asked, sent]).toEqual([['open 12 valves'], [undefined, { confirmation: 'abc' }]]);
  });

  test('that is not given leaves everything as it is', async () => {
    const sent: unknown[] = [];
    const how = { terminal: terminalOf(false), yes: false };
    await expect(sendConfirmed(clientOf(sent) as never, request, how)).rejects.toMatchObject({
      code: 'CONFIRMATION_NEEDED',
    });
    expect(sent.length).toBe(1);
  });

  test('is --yes without a question', async () => {
    const asked: string[] = [];
    const how = { terminal: terminalOf(false, asked), yes: true };
    expect(await sendConfirmed(clientOf([]) as never, request, how)).toBe('done');
    expect(asked).toEqual([]);
  });
});

test.each([
  ['90s', 90],
  ['30m', 1_800],
  ['1h30m', 5_400],
  ['2d', 172_800],
])('%s is %d seconds, there and back', (text, seconds) => {
  expect(secondsOf(text, '--for')).toBe(seconds);
  expect(secondsOf(durationText(seconds), '--for')).toBe(seconds);
});

test.each(['', '30', 'm', '1.5h', '-5m', '0s', '30m later'])('%j is no duration', (text) => {
  expect(() => secondsOf(text, '--for')).toThrow(expect.objectContaining({ code: 'USAGE' }));
});
