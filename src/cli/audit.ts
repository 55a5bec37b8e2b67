import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import type { z } from 'zod';
import type { auditEntrySchema } from '../../schemas/audit.ts';
import { AppError } from '../base/errors.ts';
import { type ClientOptions, clientOf, queryOf, withClient } from './common.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';
import { transfer } from './transfer.ts';

type Entry = z.input<typeof auditEntrySchema>;

interface AuditOptions extends ClientOptions {
  coop?: string[];
  subject?: string;
  who?: string;
  from?: string;
  to?: string;
  limit: string;
  csv?: boolean;
  output?: string;
}

/** `sluice audit`: what was done to the plant, by whom and why. */
export function addAudit(program: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    program
      .command('audit')
      .description('what was ordered, refused, changed and stopped, by whom; newest first'),
  )
    .option('--coop <id...>', 'of these cooperatives')
    .option('--subject <id>', 'of one device, programme or place')
    .option('--who <name>', 'by one person or program')
    .option('--from <time>', 'at or after, such as 2026-11-16')
    .option('--to <time>', 'before')
    .option('--limit <count>', 'at most so many', '50')
    .option('--csv', 'all that fits, as CSV')
    .option('-o, --output <file>', 'file to write the CSV into')
    .action(async (options: AuditOptions) => {
      const { coop, subject, who, from, to, limit, csv, output } = options;
      const client = clientOf(options, surroundings);
      const query = { coop, subject, who, from, to };
      if (csv === true || output !== undefined) {
        const route = `/audit${queryOf({ ...query, format: 'csv' })}`;
        const answer = await transfer(client, { method: 'GET', route });
        const written =
          output === undefined
            ? pipeline(answer, process.stdout, { end: false })
            : pipeline(answer, createWriteStream(output));
        return written.catch((cause: unknown) => {
          throw new AppError('EXPORT_INCOMPLETE', 'the audit broke off', { cause });
        });
      }
      const route = `/audit${queryOf({ ...query, limit })}`;
      const { items } = await client.call<{ items: Entry[] }>('GET', route);
      if (options.json) return terminal.result(JSON.stringify(items));
      const rows = items.map((entry) => [
        entry.at,
        entry.who,
        entry.what,
        entry.subject,
        entry.why ?? '',
      ]);
      terminal.result(table(['time', 'who', 'what', 'subject', 'why'], rows));
    });
}
