// Writes the panels of the Grafana dashboard from the kinds of devices: one for each metric.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup.mjs';

const file = path.join(root, 'docs/grafana/sluice-influxdb.json');
const { loadKinds } = await import(pathToFileURL(path.join(root, 'dist/src/ingest/kinds.js')).href);

const DATASOURCE = { type: 'influxdb', uid: '${' + 'datasource}' };
const ACROSS = 3;
const WIDTH = 24 / ACROSS;
const HEIGHT = 7;
/** Names Grafana has for units; others stand behind the number as they are. */
const UNITS = {
  Cel: 'celsius',
  '%': 'percent',
  V: 'volt',
  A: 'amp',
  mV: 'mvolt',
  L: 'litre',
  h: 'h',
  mm: 'lengthmm',
  kPa: 'pressurekpa',
  '[pH]': 'pH',
  '{count}': 'short',
  1: 'short',
};
const BARS = { drawStyle: 'bars', fillOpacity: 60 };
/** By shape of a metric: what a bucket of it comes to, and how that is drawn. */
const SHAPES = {
  gauge: {
    select: (field) => `mean(${field})`,
    custom: { drawStyle: 'line', lineWidth: 1, spanNulls: 1_800_000 },
  },
  count: { select: (field) => `sum(${field})`, custom: BARS },
  total: { select: (field) => `non_negative_difference(last(${field}))`, custom: BARS },
  state: {
    select: (field) => `last(${field})`,
    custom: { drawStyle: 'line', lineInterpolation: 'stepAfter', fillOpacity: 20 },
  },
};

function unitLabel(unit) {
  return unit === '{count}' || unit === '1' ? '' : ` (${unit === '[pH]' ? 'pH' : unit})`;
}

function panelOf(kind, metric) {
  const { select, custom } = SHAPES[metric.shape];
  const narrowed = ['coop', 'site', 'device'].map((tag) => `"${tag}" =~ /^$${tag}$/`).join(' AND ');
  const query = `SELECT ${select(`"${metric.name}"`)} FROM "${kind.name}" WHERE $timeFilter AND ${narrowed} GROUP BY time($__interval), "site", "device" fill(none)`;
  return {
    type: 'timeseries',
    title: metric.label.en + unitLabel(metric.unit),
    datasource: DATASOURCE,
    fieldConfig: {
      defaults: {
        unit: UNITS[metric.unit] ?? `suffix: ${metric.unit}`,
        decimals: metric.decimals,
        custom,
        thresholds: { mode: 'absolute', steps: [{ color: 'green', value: null }] },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: [
      {
        refId: 'A',
        datasource: DATASOURCE,
        rawQuery: true,
        resultFormat: 'time_series',
        alias: '$tag_site $tag_device',
        query,
      },
    ],
  };
}

function panelsOf(kinds) {
  const panels = [];
  let y = 0;
  const add = (panel, gridPos) => panels.push({ id: panels.length + 1, ...panel, gridPos });
  for (const kind of kinds) {
    const row = { type: 'row', title: kind.title.en, collapsed: false, panels: [] };
    add(row, { h: 1, w: 24, x: 0, y: y++ });
    for (const [place, metric] of kind.metrics.entries()) {
      const x = (place % ACROSS) * WIDTH;
      add(panelOf(kind, metric), { h: HEIGHT, w: WIDTH, x, y });
      if (x + WIDTH === 24 || place === kind.metrics.length - 1) y += HEIGHT;
    }
  }
  return panels;
}

const dashboard = JSON.parse(readFileSync(file, 'utf8'));
const panels = panelsOf((await loadKinds()).values());
writeFileSync(file, `${JSON.stringify({ ...dashboard, panels }, null, 2)}\n`);
