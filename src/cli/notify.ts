import type { Command } from 'commander';
import type { z } from 'zod';
import type { deliverySchema, outcomeSchema } from '../../schemas/notification.ts';
import { type ClientOptions, clientOf, withClient } from './common.ts';
import { EXIT } from './exit-codes.ts';
import { table } from './output.ts';
import type { Surroundings } from './program.ts';

type Outcome = z.output<typeof outcomeSchema>;
type Delivery = z.input<typeof deliverySchema>;

interface TestOptions extends ClientOptions {
  language?: string;
}

interface ListOptions extends ClientOptions {
  state?: string;
  person?: string;
  alert?: string;
  limit: string;
}

/** `sluice notify test | list | retry`. */
export function addNotify(program: Command, surroundings: Surroundings): void {
  const { terminal } = surroundings;
  const notify = program.command('notify').description('try channels, and see what was sent');

  withClient(
    notify
      .command('test <channel> [address]')
      .description("send a test message and print the provider's own answer"),
  )
    .option('--language <language>', 'vi, en or fr')
    .action(async (channel: string, address: string | undefined, options: TestOptions) => {
      const { language } = options;
      const outcome = await clientOf(options, surroundings).call<Outcome>(
        'POST',
        `/channels/${encodeURIComponent(channel)}/test`,
        { address: address ?? '', ...(language === undefined ? {} : { language }) },
      );
      const failed = outcome.reason !== null;
      if (failed) process.exitCode = EXIT.failure;
      if (options.json) return terminal.result(JSON.stringify(outcome));
      terminal.result(`${outcome.state}: ${outcome.answer}`);
      if (failed) terminal.note(`sluice: ${outcome.reason}`);
    });

  withClient(
    notify.command('list').description('the newest messages; --state dead are those given up'),
  )
    .option('--state <states>', 'waiting, sent, delivered, dead, cancelled; commas between')
    .option('--person <id>', 'to one person')
    .option('--alert <id>', 'about one alert')
    .option('--limit <count>', 'at most so many', '50')
    .action(async (options: ListOptions) => {
      const { state, person, alert, limit } = options;
      const asked = Object.entries({ state, person, alert, limit }).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const { items } = await clientOf(options, surroundings).call<{ items: Delivery[] }>(
        'GET',
        `/notifications?${new URLSearchParams(asked)}`,
      );
      if (options.json) return terminal.result(JSON.stringify(items));
      terminal.result(
        table(['time', 'person', 'channel', 'what', 'state', 'answer', 'id'], rows(items)),
      );
    });

  withClient(
    notify.command('retry <id>').description('try a message that was given up again'),
  ).action(async (id: string, options: ClientOptions) => {
    const delivery = await clientOf(options, surroundings).call<Delivery>(
      'POST',
      `/notifications/${encodeURIComponent(id)}/retry`,
    );
    terminal.result(options.json ? JSON.stringify(delivery) : `${id} is tried again`);
  });
}

function rows(deliveries: readonly Delivery[]): string[][] {
  return deliveries.map((one) => [
    one.finishedAt ?? one.createdAt,
    one.person,
    one.channel,
    one.event,
    one.attempts > 1 ? `${one.state} (${one.attempts})` : one.state,
    one.reason ?? one.answer ?? waitOf(one),
    one.id,
  ]);
}

/** Why nothing was tried yet, such as the quiet hours of the person. */
function waitOf({ state, held, digest, dueAt }: Delivery): string {
  if (state !== 'waiting') return '';
  if (digest !== null) return 'comes with others';
  return held ? `not before ${dueAt}` : '';
}
