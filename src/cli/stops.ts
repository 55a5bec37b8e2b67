import type { Command } from 'commander';
import { type ClientOptions, clientOf, withClient } from './common.ts';
import { sendConfirmed } from './confirm.ts';
import type { Surroundings } from './program.ts';

interface AnsweredStop {
  scope: string;
  at: string;
  by: string;
  why: string | null;
}

/** `sluice stop <scope>` and `sluice release <scope>`. */
export function addStops(program: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  withClient(
    program
      .command('stop <scope>')
      .description('emergency stop of coop:<id>, site:<id> or device:<id>; it stays stopped'),
  )
    .option('--why <text>', 'for the audit')
    .action(async (scope: string, options: ClientOptions & { why?: string }) => {
      const { why } = options;
      const stop = await clientOf(options, surroundings).call<AnsweredStop>(
        'POST',
        '/emergency-stops',
        { scope, ...(why !== undefined && { why }) },
      );
      if (options.json) return terminal.result(JSON.stringify(stop));
      terminal.result(`${stop.scope} is stopped since ${stop.at} by ${stop.by}`);
      terminal.note(`nothing starts there until "sluice release ${scope}"`);
    });

  withClient(
    program
      .command('release <scope>')
      .description('release an emergency stop; nothing starts by itself'),
  )
    .option('--yes', 'do it without asking')
    .action(async (scope: string, options: ClientOptions & { yes?: boolean }) => {
      const route = `/emergency-stops/${encodeURIComponent(scope)}`;
      await sendConfirmed(
        clientOf(options, surroundings),
        { method: 'DELETE', route },
        { terminal, yes: options.yes === true },
      );
      terminal.result(options.json ? JSON.stringify({ released: scope }) : `${scope} is released`);
    });
}
