import type { Command } from 'commander';
import type { ApiToken } from '../contracts/state.ts';
import { type ClientOptions, clientOf, withClient } from './common.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';

interface CreateOptions extends ClientOptions {
  role: string;
  coop?: string[];
  days?: string;
}

/** `sluice token create | list | remove`. */
export function addToken(program: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  const token = program.command('token').description('create, list and remove API tokens');

  withClient(token.command('create <name>').description('create a token and print it once'))
    .option('--role <role>', 'viewer, farmer, agronomist, operator or administrator', 'viewer')
    .option('--coop <id...>', 'only these cooperatives')
    .option('--days <days>', 'days until it expires')
    .action(async (name: string, options: CreateOptions) => {
      const { role, coop, days } = options;
      const created = await clientOf(options, surroundings).call<{
        token: ApiToken;
        text: string;
      }>('POST', '/tokens', {
        name,
        role,
        ...(coop === undefined ? {} : { coops: coop }),
        ...(days === undefined ? {} : { expiresInDays: Number(days) }),
      });
      terminal.result(options.json ? JSON.stringify(created) : created.text);
      if (!options.json) terminal.note('Write the token down now: it is shown once.');
    });

  withClient(token.command('list').description('list the tokens')).action(
    async (options: ClientOptions) => {
      const client = clientOf(options, surroundings);
      const { items } = await client.call<{ items: ApiToken[] }>('GET', '/tokens');
      if (options.json) return terminal.result(JSON.stringify(items));
      const rows = items.map((one) => [one.id, one.name, one.role, one.coops?.join(',') ?? 'all']);
      terminal.result(table(['id', 'name', 'role', 'coops'], rows));
    },
  );

  withClient(token.command('remove <id>').description('remove a token at once')).action(
    async (id: string, options: ClientOptions) => {
      await clientOf(options, surroundings).call('DELETE', `/tokens/${encodeURIComponent(id)}`);
      terminal.result(options.json ? JSON.stringify({ removed: id }) : `${id} was removed`);
    },
  );
}
