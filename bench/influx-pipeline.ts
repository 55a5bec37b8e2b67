import { startInfluxd } from './influxd.ts';
import { wait } from './mqtt-load.ts';
import { load, startSluice } from './server.ts';
import { median } from './statistics.ts';
import type { Figure, Provision } from './suites.ts';

const ROUNDS = 3;
const CONNECTIONS = 100;
const IN_FLIGHT = 20;
const SECONDS = 8;
const VALUES_PER_REPORT = 5;
const BARE_LINES = 500_000;
const LINES_PER_BODY = 5_000;
/** What the load's devices say. */
const FIELDS =
  'dissolved_oxygen=5.12,water_temperature=29.31,ph=7.91,salinity=14.25,battery_voltage=3.71';

/**
 * Writing into InfluxDB through the whole pipeline, from the journal on, beside a writer that does
 * nothing but send lines made before: one request in flight, as we do it.
 */
export async function measurePipeline(provision: Provision): Promise<Figure[]> {
  const bare: number[] = [];
  const own: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const alone = await bareWriter();
    if (alone === undefined) return [];
    bare.push(alone);
    own.push(await pipeline(provision));
  }
  const perSecond = (rate: number): string => `${Math.round(rate / 1000)} k values/s`;
  return [
    { what: 'Bare writer of line protocol into InfluxDB 1.6', value: perSecond(median(bare)) },
    { what: 'From our journal into InfluxDB 1.6', value: perSecond(median(own)) },
    {
      what: 'Ratio to the bare writer',
      value: (median(own) / median(bare)).toFixed(2),
      goal: '≥ 0.8',
    },
  ];
}

async function bareWriter(): Promise<number | undefined> {
  const influx = await startInfluxd();
  if (influx === undefined) return undefined;
  try {
    const bodies = bareBodies();
    const startedAt = performance.now();
    for (const body of bodies) await influx.write(body);
    return (BARE_LINES * VALUES_PER_REPORT * 1000) / (performance.now() - startedAt);
  } finally {
    await influx.stop();
  }
}

/** The lines our writer would send, in the order the load's devices report. */
function bareBodies(): string[] {
  const startedAt = Date.now() - 80 * 86_400_000;
  const bodies: string[] = [];
  for (let line = 0; line < BARE_LINES; line += LINES_PER_BODY) {
    const lines = Array.from({ length: LINES_PER_BODY }, (_, place) => {
      const number = line + place;
      const time = startedAt + Math.floor(number / CONNECTIONS) * 10;
      const tags = `coop=bench,device=bench-${number % CONNECTIONS},site=pond`;
      return `pond-sensor,${tags} ${FIELDS} ${time}`;
    });
    bodies.push(lines.join('\n'));
  }
  return bodies;
}

/** InfluxDB is held still while the journal fills; then only the way from there to it counts. */
async function pipeline(provision: Provision): Promise<number> {
  const influx = await startInfluxd();
  if (influx === undefined) return Number.NaN;
  const server = await startSluice({
    SLUICE_SERIES: 'influxdb',
    SLUICE_INFLUX_URL: influx.url,
    SLUICE_INFLUX_BUCKET: 'bench',
  });
  try {
    const devices = await provision(server, CONNECTIONS);
    process.kill(influx.pid, 'SIGSTOP');
    const shape = { inFlight: IN_FLIGHT, seconds: SECONDS, warmUpSeconds: 0 };
    await load({ port: server.port, devices, ...shape });
    process.kill(influx.pid, 'SIGCONT');
    const backlog = (): Promise<number> => server.metric('sluice_series_backlog_frames');
    const full = await backlog();
    let began = full;
    // The writer comes back from its waiting first.
    while (began === full) {
      await wait(20);
      began = await backlog();
    }
    const startedAt = performance.now();
    while ((await backlog()) > 0) await wait(20);
    return (began * VALUES_PER_REPORT * 1000) / (performance.now() - startedAt);
  } finally {
    process.kill(influx.pid, 'SIGCONT');
    await server.stop();
    await influx.stop();
  }
}
