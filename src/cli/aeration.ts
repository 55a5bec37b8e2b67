import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { aerationDecisionSchema } from '../../schemas/aeration.ts';
import { writeYaml } from '../base/yaml.ts';
import type { AerationPlan } from '../contracts/aeration.ts';
import { type ClientOptions, clientOf, queryOf, withClient } from './common.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';
import { reasonText } from './reason-words.ts';
import { readYamlFile } from './yaml-file.ts';

type Decision = z.input<typeof aerationDecisionSchema>;

interface ListOptions extends ClientOptions {
  coop?: string[];
}

/** `sluice aeration list | show | save | remove | decision | accept`. */
export function addAeration(program: Command, surroundings: Surroundings): void {
  const aeration = program
    .command('aeration')
    .description('aeration plans: how the aerators of ponds are run by their oxygen');
  addList(aeration, surroundings);
  addShow(aeration, surroundings);
  addSave(aeration, surroundings);
  addDecisions(aeration, surroundings);
}

function routeOf(site: string): string {
  return `/aeration/${encodeURIComponent(site)}`;
}

function addList(aeration: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(aeration.command('list').description('list the plans'))
    .option('--coop <id...>', 'of these cooperatives')
    .action(async (options: ListOptions) => {
      const { items } = await clientOf(options, surroundings).call<{ items: AerationPlan[] }>(
        'GET',
        `/aeration${queryOf({ coop: options.coop, limit: '1000' })}`,
      );
      if (options.json) return terminal.result(JSON.stringify(items));
      const headings = ['pond', 'mode', 'sensor', 'mg/L', 'kW', 'usually', 'aerators'];
      terminal.result(table(headings, items.map(rowOf)));
    });
}

function rowOf(plan: AerationPlan): string[] {
  const { site, mode, sensor, startBelow, stopAbove, powerKw, baseline, aerators } = plan;
  const usually = baseline === null ? '' : `${baseline.from} to ${baseline.to}`;
  const levels = `${startBelow} to ${stopAbove}`;
  return [site, mode, sensor, levels, String(powerKw), usually, aerators.join(' ')];
}

function addShow(aeration: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    aeration.command('show <pond>').description('print one as YAML, to be edited and saved'),
  )
    .option('-o, --output <file>', 'file to write it into')
    .action(async (site: string, options: ClientOptions & { output?: string }) => {
      const plan = await clientOf(options, surroundings).call<AerationPlan>('GET', routeOf(site));
      const { coop: _coop, ...said } = plan;
      const text = options.json ? JSON.stringify(plan) : writeYaml(said).trimEnd();
      if (options.output === undefined) terminal.result(text);
      else writeFileSync(options.output, `${text}\n`);
    });
}

function addSave(aeration: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    aeration.command('save <file>').description('save a plan from YAML or JSON; - reads stdin'),
  ).action(async (file: string, options: ClientOptions) => {
    // The pond says whose it is.
    const { coop: _coop, ...body } = readYamlFile<AerationPlan>(file, {
      code: 'AERATION_FILE_INVALID',
      what: 'an aeration plan',
      key: 'site',
      hint: '"sluice aeration show <pond>" prints one to begin with.',
    });
    const route = routeOf(String(body.site));
    const saved = await clientOf(options, surroundings).call<AerationPlan>('PUT', route, body);
    if (options.json) return terminal.result(JSON.stringify(saved));
    terminal.result(`the plan of ${saved.site} is saved in mode ${saved.mode}`);
    terminal.note(`"sluice aeration decision ${saved.site}" tells what it says now`);
  });

  withClient(
    aeration
      .command('remove <pond>')
      .description('remove a plan; aerators that run go on until their lease ends'),
  ).action(async (site: string, options: ClientOptions) => {
    await clientOf(options, surroundings).call('DELETE', routeOf(site));
    const done = `the plan of ${site} was removed`;
    terminal.result(options.json ? JSON.stringify({ removed: site }) : done);
  });
}

function addDecisions(aeration: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  const tell = (decision: Decision, json: boolean | undefined): void =>
    terminal.result(json ? JSON.stringify(decision) : decisionText(decision));

  withClient(
    aeration.command('decision <pond>').description('what the plan says now, and why'),
  ).action(async (site: string, options: ClientOptions) => {
    const client = clientOf(options, surroundings);
    tell(await client.call<Decision>('GET', `${routeOf(site)}/decision`), options.json);
  });

  withClient(
    aeration.command('accept <pond>').description('start or stop what the plan proposes'),
  ).action(async (site: string, options: ClientOptions) => {
    const client = clientOf(options, surroundings);
    tell(await client.call<Decision>('POST', `${routeOf(site)}/accept`), options.json);
  });
}

function decisionText({ site, decision, oxygen, projected, reasons, energy }: Decision): string {
  const level = (value: number | null): string => (value === null ? 'unknown' : `${value} mg/L`);
  const saved = energy.saved === null ? '' : `, ${energy.saved.toFixed(1)} kWh saved`;
  return [
    `${site}: ${decision}; oxygen ${level(oxygen)}, at dawn ${level(projected)}`,
    ...reasons.map(reasonText),
    `today ${energy.spent.toFixed(1)} kWh spent${saved}`,
  ].join('\n');
}
