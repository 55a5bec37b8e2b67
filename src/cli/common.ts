import type { Command } from 'commander';
import { type Config, loadConfig } from '../config.ts';
import { type Client, connect } from './client.ts';
import type { Surroundings } from './program.ts';

export interface ConfigOptions {
  config?: string;
  data?: string;
}

/** The options every command that reads the configuration has. */
export function withConfig(command: Command): Command {
  return command
    .option('--config <file>', 'YAML file with settings')
    .option('--data <folder>', 'data folder (SLUICE_DATA_DIR)');
}

export function configOf(options: ConfigOptions, { environment }: Surroundings): Config {
  return loadConfig({
    environment,
    file: options.config,
    overrides: { dataDir: options.data },
  });
}

export interface ClientOptions extends ConfigOptions {
  url?: string;
  json?: boolean;
}

/** The options of commands that speak to a running server. */
export function withClient(command: Command): Command {
  return withConfig(command)
    .option('--url <url>', 'server to speak to, with SLUICE_TOKEN; else the one on this machine')
    .option('--json', 'print JSON');
}

export function clientOf(options: ClientOptions, surroundings: Surroundings): Client {
  return connect({
    config: configOf(options, surroundings),
    url: options.url ?? surroundings.environment['SLUICE_URL'],
    token: surroundings.environment['SLUICE_TOKEN'],
  });
}

/** A query of what was given: lists are repeated, what was not said is left out. */
export function queryOf(
  options: Readonly<Record<string, string | readonly string[] | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options)) {
    for (const one of [value ?? []].flat()) query.append(name, one);
  }
  return query.size === 0 ? '' : `?${query}`;
}

/** Aborts at Ctrl-C, at SIGTERM, or after so many seconds; `release` forgets all three. */
export function abortOnSignals(seconds?: number): { signal: AbortSignal; release: () => void } {
  const stopper = new AbortController();
  const stop = (): void => stopper.abort();
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  const timer = seconds === undefined ? undefined : setTimeout(stop, seconds * 1000);
  return {
    signal: stopper.signal,
    release() {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
      clearTimeout(timer);
    },
  };
}
