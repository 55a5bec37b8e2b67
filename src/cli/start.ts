import type { Command } from 'commander';
import { box } from './banner.ts';
import { type ConfigOptions, configOf, withConfig } from './common.ts';
import type { Surroundings } from './program.ts';
import { runServer } from './run-server.ts';

/** `sluice start`: the server, until it is told to stop. */
export function addStart(program: Command, surroundings: Surroundings): void {
  withConfig(program.command('start').description('run the server')).action(
    async (options: ConfigOptions) => {
      const config = configOf(options, surroundings);
      const { app, finished } = await runServer(config, surroundings.version);
      const lines = app.addresses().map(({ label, url }) => ({ label, value: url }));
      if (!app.someoneCanSignIn()) {
        lines.push({ label: 'sign in once', value: await app.createSignInLink() });
      }
      lines.push({ label: 'data', value: config.dataDir });
      surroundings.terminal.result(
        box(`Sluice ${surroundings.version} is ready`, lines, 'Ctrl-C to stop'),
      );
      await finished;
    },
  );
}
