import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  CONTROLLER_FAULTS,
  type ControllerFaultType,
} from '../../simulators/controllers/controller-faults.ts';
import {
  type FleetFaults,
  type FleetOptions,
  type FleetProgress,
  runFleet,
} from '../../simulators/fleet.ts';
import { fleetPlan } from '../../simulators/plan.ts';
import { deviceSecret, provision } from '../../simulators/provision.ts';
import { createWorld } from '../../simulators/worlds/world.ts';
import { AppError } from '../base/errors.ts';
import { readServerFile } from '../base/server-file.ts';
import { loadKinds } from '../ingest/kinds.ts';
import { abortOnSignals, type ClientOptions, clientOf, configOf, withClient } from './common.ts';
import { startProgress } from './output.ts';
import type { Surroundings } from './program.ts';

const DAY_MS = 86_400_000;

interface SimulateOptions extends ClientOptions {
  devices: number;
  rate?: number;
  days: number;
  seconds?: number;
  speed: number;
  broker?: string;
  provision: boolean;
  secretSeed: string;
  seed: number;
  loss?: number;
  duplicates?: number;
  late?: number;
  lateSeconds: number;
  clockError?: number;
  clockShare: number;
  sensorFaults?: number;
  cuts?: number;
  controllerFaults?: number;
  controllerFault?: ControllerFaultType[];
}

function number(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('It is not a number ≥ 0.');
  return value;
}

function wholeNumber(text: string): number {
  const value = number(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError('It is not a whole number.');
  return value;
}

function share(text: string): number {
  const value = number(text);
  if (value > 1) throw new InvalidArgumentError('It is not a share between 0 and 1.');
  return value;
}

/** `sluice simulate`: make-believe devices as real MQTT clients, against any broker. */
export function addSimulate(program: Command, surroundings: Surroundings): void {
  const command = program
    .command('simulate')
    .description('run simulated devices as real MQTT clients')
    .option('--devices <count>', 'how many, of all kinds in turn', wholeNumber, 17)
    .option(
      '--rate <per second>',
      'reports a second of all together; else their own intervals',
      number,
    )
    .option('--days <days>', 'days of history to send first', number, 0)
    .option('--seconds <seconds>', 'stop after so many seconds; else at Ctrl-C', number)
    .option('--speed <factor>', 'play the days of history at so many times the speed', number, 1)
    .option('--broker <url>', 'mqtt://host:port; else the server on this machine')
    .option('--no-provision', 'do not create the devices by the API first')
    .option('--secret-seed <text>', 'the devices derive their secrets from it', 'sluice-simulation')
    .option('--seed <number>', 'seed of the make-believe world', wholeNumber, 1)
    .option('--loss <share>', 'reports that are never sent', share)
    .option('--duplicates <share>', 'messages that are sent twice', share)
    .option('--late <share>', 'share of the time in which reports wait and come as a batch', share)
    .option('--late-seconds <seconds>', 'how long they wait', number, 600)
    .option('--clock-error <seconds>', 'devices whose clock is off by so much', Number)
    .option('--clock-share <share>', 'share of devices with that error', share, 0.1)
    .option('--sensor-faults <share>', 'reports with a stuck, wild or unreadable value', share)
    .option('--cuts <share>', 'messages after which the link breaks', share)
    .option('--controller-faults <share>', 'controllers with a fault of part, pipe or link', share)
    .addOption(
      new Option('--controller-fault <types...>', 'which of them; else any').choices([
        ...CONTROLLER_FAULTS,
      ]),
    );
  withClient(command).action((options: SimulateOptions) => simulate(options, surroundings));
}

async function simulate(options: SimulateOptions, surroundings: Surroundings): Promise<void> {
  const { terminal } = surroundings;
  const kinds = await loadKinds();
  const plan = fleetPlan(kinds, options.devices);
  const { signal, release } = abortOnSignals(options.seconds);
  let devices = plan.devices.map((device) => ({
    ...device,
    secret: deviceSecret(options.secretSeed, device.id),
  }));
  if (options.provision) {
    const { url, token } = clientOf(options, surroundings);
    const { secretSeed } = options;
    const summary = await provision({ apiUrl: url, token, plan, secretSeed, signal });
    devices = summary.devices as typeof devices;
    terminal.note(`${summary.created} created, ${summary.existing} were there`);
  }
  const brokerUrl = options.broker ?? localBroker(options, surroundings);
  const progress = startProgress('reports', terminal, () => performance.now());
  const count = await runFleet(
    {
      brokerUrl,
      devices,
      kinds,
      world: createWorld(options.seed),
      ...spanOf(options, Date.now()),
      ...(options.rate === undefined ? {} : { ratePerSecond: options.rate }),
      speed: options.speed,
      faults: faultsOf(options),
      onProgress: (one) => progress.update(one.acknowledged, one.total, detailOf(one)),
    },
    signal,
  );
  release();
  progress.end(`${count.acknowledged} of ${count.sent} reports acknowledged`);
  if (options.json) terminal.result(JSON.stringify(count));
}

function detailOf({ connected, problem, acknowledged, rejected }: FleetProgress): string {
  const refused = rejected > 0 ? `, ${rejected} rejected` : '';
  const trouble = problem === null ? '' : ` (${problem})`;
  return `${connected} connected, ${acknowledged} acknowledged${refused}${trouble}`;
}

type Span = Pick<FleetOptions, 'startAt' | 'from' | 'until'>;

/**
 * History is sent at once, then time runs on. At a higher speed the history itself is played, up to
 * now: observed time must not run ahead of the server's clock.
 */
function spanOf({ days, speed }: SimulateOptions, now: number): Span {
  const begin = now - days * DAY_MS;
  if (speed === 1) return days === 0 ? { startAt: now } : { startAt: now, from: begin };
  if (days > 0) return { startAt: begin, until: now };
  throw new AppError('USAGE', '--speed needs --days', {
    hint: 'Say how much history to play, such as --days 7 --speed 600.',
  });
}

function localBroker(options: SimulateOptions, surroundings: Surroundings): string {
  if (options.url !== undefined) {
    throw new AppError('USAGE', '--url needs --broker', {
      hint: 'Name the MQTT address too, such as --broker mqtt://192.0.2.1:1883.',
    });
  }
  return readServerFile(configOf(options, surroundings).dataDir).mqttUrl;
}

function faultsOf(options: SimulateOptions): FleetFaults {
  const { loss, duplicates, late, clockError, sensorFaults, cuts } = options;
  const { controllerFaults, controllerFault } = options;
  return {
    ...(loss === undefined ? {} : { loss }),
    ...(duplicates === undefined ? {} : { duplicate: duplicates }),
    ...(late === undefined ? {} : { late: { share: late, delaySeconds: options.lateSeconds } }),
    ...(clockError === undefined
      ? {}
      : { clock: { share: options.clockShare, offsetMs: clockError * 1000 } }),
    ...(sensorFaults === undefined ? {} : { sensor: { share: sensorFaults } }),
    ...(cuts === undefined ? {} : { cut: cuts }),
    // A named fault without a share is meant for all.
    ...((controllerFaults ?? controllerFault) !== undefined && {
      controller: {
        share: controllerFaults ?? 1,
        ...(controllerFault !== undefined && { types: controllerFault }),
      },
    }),
  };
}
