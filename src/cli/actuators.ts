import type { Command } from 'commander';
import type { z } from 'zod';
import type { actuatorInputSchema, actuatorViewSchema } from '../../schemas/actuator.ts';
import { writeYaml } from '../base/yaml.ts';
import type { Localized } from '../contracts/localized.ts';
import { type ClientOptions, clientOf, queryOf, withClient } from './common.ts';
import { sendConfirmed } from './confirm.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';
import { readYamlFile } from './yaml-file.ts';

type View = z.input<typeof actuatorViewSchema>;
type Input = z.input<typeof actuatorInputSchema>;

interface ListOptions extends ClientOptions {
  coop?: string[];
  site?: string;
}

interface SureOptions extends ClientOptions {
  yes?: boolean;
}

/** `sluice actuators list | show | set | remove | clear-fault`. */
export function addActuators(program: Command, surroundings: Surroundings): void {
  const actuators = program
    .command('actuators')
    .description('what devices control, what proves it, and what must hold before it starts');
  addList(actuators, surroundings);
  addShow(actuators, surroundings);
  addSet(actuators, surroundings);
  addEnds(actuators, surroundings);
}

function routeOf(device: string): string {
  return `/actuators/${encodeURIComponent(device)}`;
}

function addList(actuators: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(actuators.command('list').description('list actuators with what is known of them'))
    .option('--coop <id...>', 'of these cooperatives')
    .option('--site <id>', 'of one site')
    .action(async (options: ListOptions) => {
      const { coop, site } = options;
      const { items } = await clientOf(options, surroundings).call<{ items: View[] }>(
        'GET',
        `/actuators${queryOf({ coop, site, limit: '1000' })}`,
      );
      if (options.json) return terminal.result(JSON.stringify(items));
      const headings = ['device', 'role', '', 'position', 'until', 'reliability', 'kept off by'];
      terminal.result(table(headings, items.map(rowOf)));
    });
}

function rowOf({ actuator, state, connected, reliability, blocked }: View): string[] {
  const { device, role, enabled } = actuator;
  return [
    device,
    role,
    enabled ? (connected ? 'online' : 'offline') : 'disabled',
    state.position,
    state.lease?.until ?? '',
    reliability === null ? '' : `${Math.round(reliability * 100)} %`,
    state.fault?.code ?? blocked.map(({ code }) => code).join(', '),
  ];
}

function addShow(actuators: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    actuators.command('show <device>').description('print one as YAML, to be edited and set'),
  ).action(async (device: string, options: ClientOptions) => {
    const view = await clientOf(options, surroundings).call<View>('GET', routeOf(device));
    if (options.json) return terminal.result(JSON.stringify(view));
    const { coop: _coop, site: _site, ...said } = view.actuator;
    terminal.result(writeYaml(said).trimEnd());
    const { position, since, fault } = view.state;
    terminal.note(`${position}${since === null ? '' : ` since ${since}`}`);
    if (fault !== null)
      terminal.note(`fault ${fault.code} since ${fault.at}: ${(fault.text as Localized).en}`);
    for (const { code, text } of view.blocked) terminal.note(`kept off: ${text} [${code}]`);
  });
}

function addSet(actuators: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(actuators.command('set <file>').description('declare one from YAML or JSON'))
    .option('--yes', 'raise caps and switch off interlocks without asking')
    .action(async (file: string, options: SureOptions) => {
      const body = readYamlFile<Input & { device: string }>(file, {
        code: 'ACTUATOR_FILE_INVALID',
        what: 'an actuator',
        key: 'device',
        hint: '"sluice actuators show <device>" prints one to begin with.',
      });
      const saved = await sendConfirmed<View['actuator']>(
        clientOf(options, surroundings),
        { method: 'PUT', route: routeOf(String(body.device)), body },
        { terminal, yes: options.yes === true },
      );
      if (options.json) return terminal.result(JSON.stringify(saved));
      const { device, version, enabled } = saved;
      const now = enabled ? 'takes commands' : 'is not enabled: it can only be stopped';
      terminal.result(`${device} is saved as version ${version} and ${now}`);
    });
}

function addEnds(actuators: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(actuators.command('clear-fault <device>').description('say that it was looked after'))
    .requiredOption('--why <text>', 'what was found and done')
    .option('--yes', 'do it without asking')
    .action(async (device: string, options: SureOptions & { why: string }) => {
      const view = await sendConfirmed<View>(
        clientOf(options, surroundings),
        { method: 'POST', route: `${routeOf(device)}/clear-fault`, body: { why: options.why } },
        { terminal, yes: options.yes === true },
      );
      terminal.result(options.json ? JSON.stringify(view) : `${device} has no fault now`);
    });

  withClient(actuators.command('remove <device>').description('it takes no commands any more'))
    .option('--yes', 'do it without asking')
    .action(async (device: string, options: SureOptions) => {
      await sendConfirmed(
        clientOf(options, surroundings),
        { method: 'DELETE', route: routeOf(device) },
        { terminal, yes: options.yes === true },
      );
      const done = options.json ? JSON.stringify({ removed: device }) : `${device} was removed`;
      terminal.result(done);
    });
}
