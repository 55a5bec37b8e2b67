import { describe } from 'vitest';
import { influxdMissing } from '../support/influxd.ts';
import { makeOnInfluxd } from './influxdb-store.ts';
import { seriesSuite } from './suite.ts';

const title = influxdMissing === null ? 'on influxd' : `on influxd: skipped, ${influxdMissing}`;

describe.skipIf(influxdMissing !== null)(title, () => {
  seriesSuite('influxdb', makeOnInfluxd);
});
