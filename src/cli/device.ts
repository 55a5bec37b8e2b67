import type { Command } from 'commander';
import type { Device } from '../contracts/state.ts';
import { type ClientOptions, clientOf, withClient } from './common.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';

interface Created {
  device: Device;
  credentials: { clientId: string; username: string; password: string };
}

interface AddOptions extends ClientOptions {
  coop: string;
  kind: string;
  site?: string;
  name?: string;
  secret?: string;
}

/** `sluice device add | list | secret | remove`. */
export function addDevice(program: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  const device = program.command('device').description('add, list and remove devices');

  withClient(device.command('add <id>').description('register a device and print its secret once'))
    .requiredOption('--coop <id>', 'cooperative it belongs to')
    .requiredOption('--kind <kind>', 'kind of device, such as pond-sensor')
    .option('--site <id>', 'site it stands on')
    .option('--name <name>', 'name for people')
    .option('--secret <secret>', 'bring its own secret, 32 characters or more')
    .action(async (id: string, options: AddOptions) => {
      const { coop, kind, site, name, secret } = options;
      const client = clientOf(options, surroundings);
      const created = await client.call<Created>('POST', '/devices', {
        id,
        coop,
        kind,
        ...(site === undefined ? {} : { site }),
        ...(name === undefined ? {} : { name }),
        ...(secret === undefined ? {} : { secret }),
      });
      terminal.result(options.json ? JSON.stringify(created) : credentialsText(created));
    });

  withClient(device.command('list').description('list the devices')).action(
    async (options: ClientOptions) => {
      const client = clientOf(options, surroundings);
      const devices: Device[] = [];
      let next: string | null = '';
      while (next !== null) {
        const after: string = next === '' ? '' : `&cursor=${encodeURIComponent(next)}`;
        const page: { items: Device[]; next: string | null } = await client.call(
          'GET',
          `/devices?limit=500${after}`,
        );
        devices.push(...page.items);
        next = page.next;
      }
      if (options.json) return terminal.result(JSON.stringify(devices));
      const rows = devices.map((one) => [
        one.id,
        one.kind,
        one.coop,
        one.site ?? '',
        one.name ?? '',
      ]);
      terminal.result(table(['device', 'kind', 'coop', 'site', 'name'], rows));
    },
  );

  withClient(device.command('secret <id>').description('give a device a new secret')).action(
    async (id: string, options: ClientOptions) => {
      const client = clientOf(options, surroundings);
      const created = await client.call<Created>(
        'POST',
        `/devices/${encodeURIComponent(id)}/secret`,
      );
      terminal.result(options.json ? JSON.stringify(created) : credentialsText(created));
    },
  );

  withClient(
    device.command('remove <id>').description('remove a device; its history stays'),
  ).action(async (id: string, options: ClientOptions) => {
    await clientOf(options, surroundings).call('DELETE', `/devices/${encodeURIComponent(id)}`);
    terminal.result(options.json ? JSON.stringify({ removed: id }) : `${id} was removed`);
  });
}

function credentialsText({ credentials }: Created): string {
  return [
    `client id  ${credentials.clientId}`,
    `username   ${credentials.username}`,
    `password   ${credentials.password}`,
    'Write the password down now: it is shown once.',
  ].join('\n');
}
