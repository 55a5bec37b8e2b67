import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from '../support/device.ts';
import { temporaryFolder } from '../support/folder.ts';
import { freePort } from '../support/influxd.ts';
import { composeCommand, containers } from './support.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND_DEADLINE_MS = 120_000;
const HEALTHY_DEADLINE_MS = 90_000;
const POLL_MS = 500;

export interface Stack {
  httpUrl: string;
  mqttPort: number;
  influxUrl: string;
  /** Runs `docker compose <args>` and gives what it printed. */
  compose(...args: string[]): Promise<string>;
  /** Waits until a service's health check passes; gives its container's description. */
  healthy(service: string): Promise<ContainerView>;
  /** Takes everything down with its volumes; gives what is left, which is nothing. */
  remove(): Promise<string[]>;
}

export interface ContainerView {
  State: { Status: string; Health?: { Status: string } };
  Config: { User: string };
  HostConfig: { PortBindings: Record<string, Array<{ HostIp: string }>> };
}

/** The project's Compose file under a name and ports of its own; nothing is started yet. */
export async function composeStack(name: string, variables: Record<string, string>) {
  const [program = '', ...prefix] = composeCommand() ?? [];
  const project = `sluice-test-${containers().run}-${name}`;
  const [http, mqtt, influx] = [await freePort(), await freePort(), await freePort()];
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '',
    ...(process.env['DOCKER_HOST'] ? { DOCKER_HOST: process.env['DOCKER_HOST'] } : {}),
    SLUICE_HTTP_PORT: String(http),
    SLUICE_MQTT_PORT: String(mqtt),
    SLUICE_INFLUX_PORT: String(influx),
    ...variables,
  };
  // Not the `.env` of whoever runs the tests.
  const noVariables = path.join(temporaryFolder(), 'empty.env');
  writeFileSync(noVariables, '');
  const options = { cwd: root, env, timeout: COMMAND_DEADLINE_MS };
  const compose = async (...args: string[]): Promise<string> => {
    const own = ['--project-name', project, '--env-file', noVariables];
    return (await run(program, [...prefix, ...own, ...args], options)).stdout;
  };
  const docker = (...args: string[]): string =>
    execFileSync('docker', args, { env, encoding: 'utf8' });
  const stack: Stack = {
    httpUrl: `http://127.0.0.1:${http}`,
    mqttPort: mqtt,
    influxUrl: `http://127.0.0.1:${influx}`,
    compose,
    async healthy(service) {
      const id = (await compose('ps', '--quiet', service)).trim();
      const look = async (): Promise<ContainerView | false> => {
        await pause(POLL_MS);
        const [view] = JSON.parse(docker('inspect', id)) as [ContainerView];
        return view.State.Health?.Status === 'healthy' && view;
      };
      return eventually(`${service} to be healthy`, look, HEALTHY_DEADLINE_MS);
    },
    async remove() {
      await compose('down', '--volumes', '--remove-orphans', '--timeout', '20');
      const filter = `label=com.docker.compose.project=${project}`;
      return [
        ['ps', '--all'],
        ['volume', 'ls'],
        ['network', 'ls'],
      ].flatMap((list) =>
        docker(...list, '--quiet', '--filter', filter)
          .split('\n')
          .filter((line) => line !== ''),
      );
    },
  };
  return stack;
}
