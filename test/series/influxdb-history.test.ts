import { describe } from 'vitest';
import { influxdMissing } from '../support/influxd.ts';
import { historySuite } from './history-suite.ts';
import { makeOnInfluxd } from './influxdb-store.ts';

const title = influxdMissing === null ? 'on influxd' : `on influxd: skipped, ${influxdMissing}`;

describe.skipIf(influxdMissing !== null)(title, () => {
  historySuite('influxdb', makeOnInfluxd);
});
