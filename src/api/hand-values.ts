import { valueFault } from '../../schemas/value.ts';
import type { DeviceKind } from '../contracts/device-kind.ts';
import type { ApiOptions } from './context.ts';
import { ApiError } from './problems.ts';
import { invalid } from './series-params.ts';
import { unknownMetric } from './series-plan.ts';

/** Throws for a metric the kind does not have and for a value outside its range. */
export function requireValues(
  kind: DeviceKind,
  values: Readonly<Record<string, number>>,
  fieldOf: (metric: string) => string,
): void {
  const metrics = new Map(kind.metrics.map((metric) => [metric.name, metric]));
  for (const [name, value] of Object.entries(values)) {
    const metric = metrics.get(name);
    const field = fieldOf(name);
    if (metric === undefined) {
      const { code, detail } = unknownMetric(name, new Set(metrics.keys()));
      throw new ApiError(code, detail, { field });
    }
    if (valueFault(metric, value) === undefined) continue;
    const range = `${metric.min} … ${metric.max} ${metric.unit}`;
    throw invalid(field, {
      vi: `${name} = ${value} nằm ngoài khoảng có thể (${range}). Hãy kiểm tra lại số đã ghi.`,
      en: `${name} = ${value} is outside what can be (${range}). Check what was written down.`,
      fr: `${name} = ${value} est hors du possible (${range}). Vérifiez la valeur notée.`,
    });
  }
}

/** When it was observed: as said, or now. Throws for a time that is still to come. */
export function observedAt(
  { clock, handReports }: Pick<ApiOptions, 'clock' | 'handReports'>,
  said: number | undefined,
): number {
  const time = said ?? clock.now();
  if (time >= 0 && time <= handReports.latestTime()) return time;
  throw notYet('observedAt');
}

export function notYet(field: string): ApiError {
  return invalid(field, {
    vi: `${field} ở tương lai hoặc trước năm 1970. Hãy kiểm tra ngày giờ và múi giờ.`,
    en: `${field} is in the future, or before 1970. Check the date, the hour and its zone.`,
    fr: `${field} est dans le futur, ou avant 1970. Vérifiez la date, l’heure et le fuseau.`,
  });
}
