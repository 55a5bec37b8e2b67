import { Command, CommanderError } from 'commander';
import { addActuators } from './actuators.ts';
import { addAeration } from './aeration.ts';
import { addAudit } from './audit.ts';
import { addBackup } from './backup.ts';
import { addCommand } from './command.ts';
import { addDemo } from './demo.ts';
import { addDevice } from './device.ts';
import { addDoctor } from './doctor.ts';
import { EXIT } from './exit-codes.ts';
import { addExport } from './export.ts';
import { addImport } from './import.ts';
import { addNotify } from './notify.ts';
import { processTerminal, reportFailure, type Terminal } from './output.ts';
import { addPeople } from './people.ts';
import { addPlots } from './plots.ts';
import { addProgrammes } from './programmes.ts';
import { addRestore } from './restore.ts';
import { addRules } from './rules.ts';
import { addSimulate } from './simulate.ts';
import { addStart } from './start.ts';
import { addStops } from './stops.ts';
import { addToken } from './token.ts';

/** What commands get from the process: nothing else reaches for it. */
export interface Surroundings {
  environment: Readonly<Record<string, string | undefined>>;
  terminal: Terminal;
  version: string;
}

const COMMANDS = [
  addStart,
  addDemo,
  addSimulate,
  addDevice,
  addToken,
  addPeople,
  addNotify,
  addRules,
  addCommand,
  addStops,
  addActuators,
  addProgrammes,
  addPlots,
  addAeration,
  addAudit,
  addExport,
  addImport,
  addBackup,
  addRestore,
  addDoctor,
];

/** Runs one command line to its end and answers the exit code. */
export async function runCommand(
  argv: readonly string[],
  surroundings: Omit<Surroundings, 'terminal'>,
): Promise<number> {
  const terminal = processTerminal;
  const program = new Command('sluice')
    .description('Telemetry for shrimp ponds, insect traps and drip irrigation')
    .version(surroundings.version)
    .showSuggestionAfterError()
    .showHelpAfterError('(--help tells more)')
    .exitOverride();
  const given: Surroundings = { ...surroundings, terminal };
  for (const add of COMMANDS) add(program, given);
  const json = argv.includes('--json');
  try {
    await program.parseAsync(argv, { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return reportFailure(error, terminal, json);
  }
}
