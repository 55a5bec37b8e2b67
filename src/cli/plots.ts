import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { irrigationAdviceSchema } from '../../schemas/plot.ts';
import { writeYaml } from '../base/yaml.ts';
import type { Plot } from '../contracts/irrigation.ts';
import { type ClientOptions, clientOf, queryOf, withClient } from './common.ts';
import { durationText } from './durations.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';
import { reasonText } from './reason-words.ts';
import { readYamlFile } from './yaml-file.ts';

type Advice = z.input<typeof irrigationAdviceSchema>;

interface ListOptions extends ClientOptions {
  coop?: string[];
}

/** `sluice plots list | show | save | remove | advice`. */
export function addPlots(program: Command, surroundings: Surroundings): void {
  const plots = program
    .command('plots')
    .description('crop, soil and drip lines of the zones: what their water balance is made of');
  addList(plots, surroundings);
  addShow(plots, surroundings);
  addSave(plots, surroundings);
  addAdvice(plots, surroundings);
}

function routeOf(site: string): string {
  return `/plots/${encodeURIComponent(site)}`;
}

function addList(plots: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(plots.command('list').description('list the zones of which it is known'))
    .option('--coop <id...>', 'of these cooperatives')
    .action(async (options: ListOptions) => {
      const { items } = await clientOf(options, surroundings).call<{ items: Plot[] }>(
        'GET',
        `/plots${queryOf({ coop: options.coop, limit: '1000' })}`,
      );
      if (options.json) return terminal.result(JSON.stringify(items));
      terminal.result(
        table(['zone', 'crop', 'planted', 'days', 'm2', 'sensors'], items.map(rowOf)),
      );
    });
}

function rowOf({ site, crop, plantedOn, stageDays, areaM2, sensors }: Plot): string[] {
  const days = Object.values(stageDays).reduce((sum, stage) => sum + stage, 0);
  const devices = new Set(Object.values(sensors).filter((device) => device !== null));
  return [site, crop, plantedOn, String(days), String(areaM2), [...devices].join(' ')];
}

function addShow(plots: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(plots.command('show <zone>').description('print one as YAML, to be edited and saved'))
    .option('-o, --output <file>', 'file to write it into')
    .action(async (site: string, options: ClientOptions & { output?: string }) => {
      const plot = await clientOf(options, surroundings).call<Plot>('GET', routeOf(site));
      const { coop: _coop, ...said } = plot;
      const text = options.json ? JSON.stringify(plot) : writeYaml(said).trimEnd();
      if (options.output === undefined) terminal.result(text);
      else writeFileSync(options.output, `${text}\n`);
    });
}

function addSave(plots: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    plots.command('save <file>').description('declare a zone from YAML or JSON; - reads stdin'),
  ).action(async (file: string, options: ClientOptions) => {
    // The zone says whose it is.
    const { coop: _coop, ...body } = readYamlFile<Plot>(file, {
      code: 'PLOT_FILE_INVALID',
      what: 'a plot',
      key: 'site',
      hint: '"sluice plots show <zone>" prints one to begin with; docs/irrigation.md tells the fields.',
    });
    const route = routeOf(String(body.site));
    const saved = await clientOf(options, surroundings).call<Plot>('PUT', route, body);
    if (options.json) return terminal.result(JSON.stringify(saved));
    terminal.result(`${saved.site} is saved: ${saved.crop}, planted on ${saved.plantedOn}`);
    terminal.note(`"sluice plots advice ${saved.site}" tells what it needs tonight`);
  });

  withClient(
    plots.command('remove <zone>').description('forget what was declared of a zone'),
  ).action(async (site: string, options: ClientOptions) => {
    await clientOf(options, surroundings).call('DELETE', routeOf(site));
    terminal.result(options.json ? JSON.stringify({ removed: site }) : `${site} was removed`);
  });
}

function addAdvice(plots: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    plots.command('advice <zone>').description('whether to water tonight, how long, and why'),
  ).action(async (site: string, options: ClientOptions) => {
    const route = `/sites/${encodeURIComponent(site)}/irrigation-advice`;
    const advice = await clientOf(options, surroundings).call<Advice>('GET', route);
    if (options.json) return terminal.result(JSON.stringify(advice));
    terminal.result([headline(advice), ...advice.reasons.map(reasonText)].join('\n'));
  });
}

function headline({ site, decision, grossMm, seconds, litres }: Advice): string {
  if (decision !== 'irrigate') return `${site}: ${decision}`;
  // A lease is told to the second; of a night's water the minute is enough.
  const time = durationText(Math.round(seconds / 60) * 60);
  return `${site}: irrigate ${grossMm.toFixed(1)} mm, ${time}, ${Math.round(litres)} L`;
}
