import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadKinds } from '#src/ingest/kinds';

interface Dashboard {
  templating: { list: Array<{ name: string; query: string }> };
  panels: Array<{ id: number; title: string; targets?: Array<{ query: string }> }>;
}

const file = new URL('../../docs/grafana/sluice-influxdb.json', import.meta.url);
const dashboard = JSON.parse(readFileSync(file, 'utf8')) as Dashboard;
const queries = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ query }) => query));

describe('the Grafana dashboard', () => {
  test('asks for measurements and fields that are written', async () => {
    const kinds = await loadKinds();
    for (const query of queries) {
      const [, field = '', measurement = ''] =
        /SELECT .*\("(\w+)"\)+ FROM "([^"]+)"/.exec(query) ?? [];
      const metrics = kinds.get(measurement)?.metrics.map(({ name }) => name) ?? [];
      expect(metrics, query).toContain(field);
    }
  });

  test('shows every metric of every kind', async () => {
    for (const kind of (await loadKinds()).values()) {
      for (const { name } of kind.metrics) {
        const shows = (query: string): boolean =>
          query.includes(`("${name}")`) && query.includes(`FROM "${kind.name}"`);
        expect(queries.filter(shows), `${kind.name} ${name}`).toHaveLength(1);
      }
    }
  });

  test('narrows by variables that it has, and numbers its panels once', () => {
    const names = dashboard.templating.list.map(({ name }) => name);
    expect(names).toEqual(['datasource', 'coop', 'site', 'device']);
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(coop|site|device|datasource)\b/g)];
    expect(new Set(used.map(([, name]) => name))).toEqual(new Set(names));
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
