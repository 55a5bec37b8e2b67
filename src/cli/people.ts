import type { Command } from 'commander';
import type { z } from 'zod';
import type { personSchema } from '../../schemas/people.ts';
import { AppError } from '../base/errors.ts';
import { type ClientOptions, clientOf, withClient } from './common.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';

type Person = z.input<typeof personSchema>;

interface AddOptions extends ClientOptions {
  name: string;
  coop: string[];
  contact?: string[];
  language?: string;
}

/** `sluice people add | list`. */
export function addPeople(program: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  const people = program
    .command('people')
    .description('add and list people who are told of alerts');

  withClient(people.command('add <id>').description('add a person'))
    .requiredOption('--name <name>', 'name for people')
    .requiredOption('--coop <id...>', 'cooperatives they belong to')
    .option('--contact <contact...>', 'channel:address, in the order they are tried')
    .option('--language <language>', 'vi, en or fr')
    .action(async (id: string, options: AddOptions) => {
      const { name, coop, contact = [], language } = options;
      const person = await clientOf(options, surroundings).call<Person>('POST', '/people', {
        id,
        name,
        coops: coop,
        contacts: contact.map(contactOf),
        ...(language === undefined ? {} : { language }),
      });
      terminal.result(options.json ? JSON.stringify(person) : `${person.name} was added`);
    });

  withClient(people.command('list').description('list the people')).action(
    async (options: ClientOptions) => {
      const client = clientOf(options, surroundings);
      const { items } = await client.call<{ items: Person[] }>('GET', '/people?limit=1000');
      if (options.json) return terminal.result(JSON.stringify(items));
      const rows = items.map(({ id, name, coops, contacts, active }) => [
        id,
        name,
        coops.join(','),
        contacts.map(({ channel }) => channel).join(','),
        active ? '' : 'not called',
      ]);
      terminal.result(table(['person', 'name', 'coops', 'contacts', ''], rows));
    },
  );
}

function contactOf(text: string): { channel: string; address: string } {
  const at = text.indexOf(':');
  if (at > 0) return { channel: text.slice(0, at), address: text.slice(at + 1) };
  throw new AppError('USAGE', `${text} is no contact`, {
    field: '--contact',
    hint: 'Write channel:address, such as email:ba@example.org.',
  });
}
