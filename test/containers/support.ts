import { execFileSync } from 'node:child_process';

/** What `npm test` found or made before the suites; see bin/containers.mjs. */
export interface Containers {
  /** Labels what this run makes: bin/containers.mjs removes what is left of it. */
  run: string;
  influxdb: InfluxdbImage[];
  /** Images that cannot be had here, one line each. */
  skipped: string[];
  server: { image?: string; base?: string; reason?: string; failure?: string };
}

export interface InfluxdbImage {
  image: string;
  /** `1`, `2` or `3`; `unknown` when the image does not tell. */
  major: string;
}

const UNPREPARED = 'started without npm test, which prepares Docker and the images';

export function containers(): Containers {
  const told = process.env['SLUICE_TEST_CONTAINERS'];
  if (told !== undefined) return JSON.parse(told) as Containers;
  return { run: '', influxdb: [], skipped: [UNPREPARED], server: { reason: UNPREPARED } };
}

/** The label of every container the tests start. */
export const LABEL = 'sluice.test';

/** Compose as a plugin of docker or as a program of its own; undefined when there is neither. */
export function composeCommand(): string[] | undefined {
  return [['docker', 'compose'], ['docker-compose']].find((command) => {
    const [program = '', ...args] = command;
    try {
      execFileSync(program, [...args, 'version'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}
