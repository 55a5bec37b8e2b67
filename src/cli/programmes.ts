import { existsSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { programmeRunSchema } from '../../schemas/programme.ts';
import { AppError } from '../base/errors.ts';
import { writeYaml } from '../base/yaml.ts';
import type { Programme } from '../contracts/irrigation.ts';
import type { Client } from './client.ts';
import { type ClientOptions, clientOf, queryOf, withClient } from './common.ts';
import { durationText } from './durations.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';
import { reasonText } from './reason-words.ts';
import { textOf, transfer } from './transfer.ts';
import { readYamlFile } from './yaml-file.ts';

type Run = z.input<typeof programmeRunSchema>;

interface ListOptions extends ClientOptions {
  coop?: string[];
}

interface PreviewOptions extends ClientOptions {
  days?: string;
  from?: string;
}

/** `sluice programmes list | show | save | remove | preview | runs | accept | run | stop | ics`. */
export function addProgrammes(program: Command, surroundings: Surroundings): void {
  const programmes = program
    .command('programmes')
    .description('irrigation programmes: what is watered when, and why not');
  addList(programmes, surroundings);
  addShow(programmes, surroundings);
  addSave(programmes, surroundings);
  addPreview(programmes, surroundings);
  addDeeds(programmes, surroundings);
  addCalendar(programmes, surroundings);
}

function routeOf(id: string): string {
  return `/programmes/${encodeURIComponent(id)}`;
}

function addList(programmes: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(programmes.command('list').description('list the programmes'))
    .option('--coop <id...>', 'of these cooperatives')
    .action(async (options: ListOptions) => {
      const { items } = await clientOf(options, surroundings).call<{ items: Programme[] }>(
        'GET',
        `/programmes${queryOf({ coop: options.coop, limit: '1000' })}`,
      );
      if (options.json) return terminal.result(JSON.stringify(items));
      const rows = items.map(({ id, version, enabled, mode, zones, start, name }) => [
        ...[id, String(version), enabled ? 'on' : 'off', mode, String(zones.length)],
        start.type === 'times' ? start.at.join(' ') : startText(start),
        name,
      ]);
      terminal.result(table(['programme', 'version', '', 'mode', 'zones', 'start', 'name'], rows));
    });
}

function startText(start: Exclude<Programme['start'], { type: 'times' }>): string {
  return start.type === 'cron' ? start.expression : `${start.from} to ${start.to}`;
}

function addShow(programmes: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    programmes.command('show <id>').description('print one as YAML, to be edited and saved'),
  )
    .option('-o, --output <file>', 'file to write it into')
    .action(async (id: string, options: ClientOptions & { output?: string }) => {
      const programme = await clientOf(options, surroundings).call<Programme>('GET', routeOf(id));
      const text = options.json ? JSON.stringify(programme) : writeYaml(programme).trimEnd();
      if (options.output === undefined) terminal.result(text);
      else writeFileSync(options.output, `${text}\n`);
    });
}

function readProgramme(file: string): Programme {
  return readYamlFile<Programme>(file, {
    code: 'PROGRAMME_FILE_INVALID',
    what: 'a programme',
    key: 'id',
    hint: '"sluice programmes show <id>" prints one to begin with.',
  });
}

/** Whether the server has it; one of another cooperative it has not. */
async function isKnown(client: Client, id: string): Promise<boolean> {
  try {
    await client.call('GET', routeOf(id));
    return true;
  } catch (error) {
    if (error instanceof AppError && error.code === 'PROGRAMME_NOT_FOUND') return false;
    throw error;
  }
}

function addSave(programmes: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    programmes.command('save <file>').description('save a programme from YAML or JSON'),
  ).action(async (file: string, options: ClientOptions) => {
    const programme = readProgramme(file);
    const client = clientOf(options, surroundings);
    const [method, route]: readonly [string, string] = (await isKnown(client, programme.id))
      ? ['PUT', routeOf(programme.id)]
      : ['POST', '/programmes'];
    const saved = await client.call<Programme>(method, route, programme);
    if (options.json) return terminal.result(JSON.stringify(saved));
    terminal.result(`${saved.id} is saved as version ${saved.version}`);
    terminal.note(`"sluice programmes preview ${saved.id}" shows what it will do`);
  });

  withClient(programmes.command('remove <id>').description('remove a programme')).action(
    async (id: string, options: ClientOptions) => {
      await clientOf(options, surroundings).call('DELETE', routeOf(id));
      terminal.result(options.json ? JSON.stringify({ removed: id }) : `${id} was removed`);
    },
  );
}

function addPreview(programmes: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    programmes
      .command('preview <programme>')
      .description('what a programme, or one in a file, will do in the next days, and why'),
  )
    .option('--days <count>', 'how many, 14 at most')
    .option('--from <time>', 'from then on; now without it')
    .action(async (which: string, options: PreviewOptions) => {
      const client = clientOf(options, surroundings);
      const query = queryOf({ days: options.days, from: options.from });
      const isFile = which === '-' || existsSync(which);
      const { items } = isFile
        ? await client.call<{ items: Run[] }>(
            ...(['POST', `/programmes/preview${query}`, readProgramme(which)] as const),
          )
        : await client.call<{ items: Run[] }>('GET', `${routeOf(which)}/preview${query}`);
      terminal.result(options.json ? JSON.stringify(items) : runsTable(items));
    });

  withClient(programmes.command('runs <id>').description('what it did, newest first'))
    .option('--limit <count>', 'at most so many', '50')
    .action(async (id: string, options: ClientOptions & { limit: string }) => {
      const { items } = await clientOf(options, surroundings).call<{ items: Run[] }>(
        'GET',
        `${routeOf(id)}/runs${queryOf({ limit: options.limit })}`,
      );
      terminal.result(options.json ? JSON.stringify(items) : runsTable(items));
    });
}

function runsTable(runs: readonly Run[]): string {
  const rows = runs.map(({ at, decision, state, pieces, reasons, note }) => [
    at,
    decision,
    state,
    durationText(pieces.reduce((sum, { seconds }) => sum + seconds, 0)),
    [...new Set(pieces.map(({ device }) => device))].join(' '),
    [...reasons.map(reasonText), ...(note === null ? [] : [note])].join('; '),
  ]);
  return table(['start', 'decision', 'state', 'time', 'valves', 'why'], rows);
}

function addDeeds(programmes: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  const tell = (run: Run, json: boolean | undefined): void =>
    terminal.result(json ? JSON.stringify(run) : runsTable([run]));

  withClient(
    programmes.command('accept <id> <start>').description('order a run that it has proposed'),
  ).action(async (id: string, at: string, options: ClientOptions) => {
    const client = clientOf(options, surroundings);
    tell(await client.call<Run>('POST', `${routeOf(id)}/accept`, { at }), options.json);
  });

  withClient(
    programmes.command('run <id>').description('run it now, whatever its times; interlocks hold'),
  ).action(async (id: string, options: ClientOptions) => {
    const client = clientOf(options, surroundings);
    tell(await client.call<Run>('POST', `${routeOf(id)}/run`), options.json);
  });

  withClient(
    programmes
      .command('stop <id>')
      .description('end its run: what runs stops, what waits is dropped'),
  ).action(async (id: string, options: ClientOptions) => {
    await clientOf(options, surroundings).call('POST', `${routeOf(id)}/stop`);
    terminal.result(
      options.json ? JSON.stringify({ stopped: id }) : `the run of ${id} was stopped`,
    );
  });
}

function addCalendar(programmes: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    programmes.command('ics').description('the runs of the next 14 days as a calendar file'),
  )
    .option('--coop <id...>', 'of these cooperatives')
    .option('--language <code>', 'of its words: vi, en or fr', 'vi')
    .option('-o, --output <file>', 'file to write it into')
    .action(async (options: ListOptions & { language: string; output?: string }) => {
      const { coop, language } = options;
      const route = `/programmes.ics${queryOf({ coop, language })}`;
      const client = clientOf(options, surroundings);
      const text = await textOf(await transfer(client, { method: 'GET', route }));
      if (options.output === undefined) terminal.result(text.trimEnd());
      else writeFileSync(options.output, text);
    });
}
