import { randomBytes } from 'node:crypto';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import type { SeriesServerOptions } from '#src/contracts/series';
import { containers, type InfluxdbImage, LABEL } from './support.ts';

const BUCKET = 'sluice';
const START_DEADLINE_MS = 60_000;

export interface RunningInfluxdb {
  server: SeriesServerOptions;
  container: StartedTestContainer;
  stop(): Promise<void>;
}

/** How each major version is started, as its makers say. */
const RECIPES: Record<string, (container: GenericContainer, token: string) => GenericContainer> = {
  1: (container) => container,
  2: (container, token) =>
    container.withEnvironment({
      DOCKER_INFLUXDB_INIT_MODE: 'setup',
      DOCKER_INFLUXDB_INIT_USERNAME: 'sluice',
      DOCKER_INFLUXDB_INIT_PASSWORD: randomBytes(24).toString('hex'),
      DOCKER_INFLUXDB_INIT_ADMIN_TOKEN: token,
      DOCKER_INFLUXDB_INIT_ORG: 'sluice',
      DOCKER_INFLUXDB_INIT_BUCKET: BUCKET,
    }),
  // Its first token is made by a request; a server that lives for one suite goes without.
  3: (container) =>
    container.withCommand([
      ...['influxdb3', 'serve', '--node-id', 'test', '--object-store', 'memory'],
      ...['--http-bind', '0.0.0.0:8086', '--without-auth'],
    ]),
};

/** A real InfluxDB in a container of its own, on a free port of this machine. */
export async function startInfluxdb({ image, major }: InfluxdbImage): Promise<RunningInfluxdb> {
  const recipe = RECIPES[major];
  if (recipe === undefined) throw new Error(`${image}: no way to start version ${major} is known`);
  const token = randomBytes(32).toString('base64url');
  // Version 3 answers a ping without a version header, and with 200.
  const answers = Wait.forHttp('/ping', 8086).forStatusCodeMatching((status) => status < 300);
  const container = await recipe(new GenericContainer(image), token)
    .withExposedPorts(8086)
    .withLabels({ [LABEL]: containers().run })
    .withWaitStrategy(answers)
    .withStartupTimeout(START_DEADLINE_MS)
    .start();
  const url = `http://${container.getHost()}:${container.getMappedPort(8086)}`;
  const access = major === '2' ? { token, org: 'sluice' } : {};
  return {
    server: { url, bucket: BUCKET, version: major, ...access },
    container,
    stop: async () => void (await container.stop({ remove: true, removeVolumes: true })),
  };
}
