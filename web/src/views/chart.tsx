import { useComputed, useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Device, Metric } from '../domain/farm.ts';
import { RANGE_NAMES, type RangeName } from '../domain/range.ts';
import { isReadingStale } from '../domain/site-state.ts';
import { Ago } from '../parts/ago.tsx';
import { Quantity } from '../parts/quantity.tsx';
import { everyQuarter } from '../state/clock.ts';
import { farm, sites } from '../state/farm.ts';
import { local, texts } from '../state/language.ts';
import { replaceQuery, route } from '../state/route.ts';
import { ChartPanel } from './chart-panel.tsx';

function DeviceSelect(props: { device: Device }): JSX.Element {
  return (
    <label class="field">
      <span class="visually-hidden">{texts.value.chart.device}</span>
      <select
        value={props.device.id}
        onChange={(event) => replaceQuery({ device: event.currentTarget.value })}
      >
        {sites.value
          .filter((site) => site.devices.length > 0)
          .flatMap((site) =>
            site.devices.map((device) => (
              <option key={device.id} value={device.id}>
                {site.devices.length === 1 ? site.name : `${site.name} – ${device.name}`}
              </option>
            )),
          )}
      </select>
    </label>
  );
}

function RangeSwitch(props: { range: RangeName }): JSX.Element {
  const words = texts.value.chart;
  return (
    <fieldset class="segments">
      <legend class="visually-hidden">{words.range}</legend>
      {RANGE_NAMES.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={name === props.range}
          onClick={() => replaceQuery({ range: name })}
        >
          {words.ranges[name]}
        </button>
      ))}
    </fieldset>
  );
}

/** All last values of the device; each opens its chart. */
function MetricTiles(props: {
  device: Device;
  metrics: readonly Metric[];
  chosen: Metric;
}): JSX.Element {
  const { device, metrics, chosen } = props;
  const readings = farm.value.readings.get(device.id);
  return (
    <fieldset class="tiles">
      <legend class="visually-hidden">{texts.value.chart.metric}</legend>
      {metrics.map((metric) => {
        const reading = readings?.get(metric.name);
        const stale =
          reading !== undefined &&
          isReadingStale(reading, metric, {
            intervalSeconds: device.intervalSeconds,
            now: everyQuarter.value,
          });
        return (
          <button
            key={metric.name}
            type="button"
            class="tile"
            aria-pressed={metric.name === chosen.name}
            data-stale={stale}
            onClick={() => replaceQuery({ metric: metric.name })}
          >
            <span class="tile-label">{local(metric.label)}</span>
            {reading === undefined ? (
              <span class="tile-value">–</span>
            ) : (
              <span class="tile-value">
                <Quantity value={reading.value} metric={metric} />
              </span>
            )}
            {reading !== undefined && (
              <span class="tile-age">
                <Ago at={reading.observedAt} />
              </span>
            )}
          </button>
        );
      })}
    </fieldset>
  );
}

/** The metrics that the device has ever reported; all of its kind while it has reported none. */
function metricsOf(device: Device): readonly Metric[] {
  const all = farm.value.kinds.get(device.kind)?.metrics ?? [];
  const readings = farm.value.readings.get(device.id);
  return readings === undefined ? all : all.filter((metric) => readings.has(metric.name));
}

export function Chart(): JSX.Element {
  const words = texts.value.chart;
  const query = useComputed(() => route.value.query).value;
  const first = sites.value.find((site) => site.devices.length > 0);
  const device =
    farm.value.devices.get(query['device'] ?? '') ?? first?.focus?.device ?? first?.devices[0];
  const metrics = device === undefined ? [] : metricsOf(device);
  const metric = metrics.find((candidate) => candidate.name === query['metric']) ?? metrics[0];
  const range = RANGE_NAMES.find((name) => name === query['range']) ?? '24h';
  const pinned = useSignal(false);
  const deviceId = device?.id;
  useEffect(() => {
    // The choice made for the reader is written down once, so that new alerts do not change it.
    if (pinned.value || deviceId === undefined) return;
    pinned.value = true;
    replaceQuery({ device: deviceId });
  }, [deviceId, pinned]);
  if (device === undefined || metric === undefined) {
    return (
      <div class="nothing">
        <p class="nothing-title">{words.pickDevice}</p>
        <p>{texts.value.banner.waitingDetail}</p>
      </div>
    );
  }
  return (
    <>
      <h1 class="visually-hidden">{words.title}</h1>
      <div class="chart-controls">
        <DeviceSelect device={device} />
        <RangeSwitch range={range} />
      </div>
      <ChartPanel device={device} metric={metric} range={range} />
      <MetricTiles device={device} metrics={metrics} chosen={metric} />
    </>
  );
}
