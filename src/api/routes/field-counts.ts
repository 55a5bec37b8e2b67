import { fieldCountInputSchema, fieldCountSchema } from '../../../schemas/field-count.ts';
import { dayNumber } from '../../base/local-clock.ts';
import { localDayOf } from '../../base/local-day.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Site } from '../../contracts/state.ts';
import { principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import type { DeviceAdmin } from '../device-admin.ts';
import { foundBy } from '../field-samples.ts';
import { observedAt, requireValues } from '../hand-values.ts';
import { invalid } from '../series-params.ts';
import { surveyKind, surveyOf } from '../survey-device.ts';
import { requireSiteOf } from '../targets.ts';
import { changeProblems } from './answers.ts';

/** What people counted in a field: the only thing that may advise a treatment. */
export function fieldCountRoutes(scope: ApiScope, options: ApiOptions, admin: DeviceAdmin): void {
  const localDay = localDayOf(options.timeZone);
  scope.route({
    method: 'POST',
    url: '/field-counts',
    config: { action: 'record-field-work' },
    schema: {
      tags: ['field work'],
      summary: 'Record a count of one pest in one field',
      description:
        'Answered once it is on disk. A count of the same site, instant, pest and measure takes the place of the one before. Read counts with `GET /series`.',
      body: fieldCountInputSchema,
      response: { 201: fieldCountSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { body } = request;
      const found = foundBy(body);
      const kind = surveyKind(options);
      requireValues(kind, found.values, (metric) =>
        metric === found.metric ? (body.percent === undefined ? 'count' : 'percent') : 'samples',
      );
      const time = observedAt(options, body.observedAt);
      const site = await fieldOf(options, principal, body.site);
      const device = await surveyOf({ options, admin }, principal, { site, kind });
      const said = { who: principal.name, note: body.note ?? null };
      const { values, pest, measure, metric, value, unit, samples } = found;
      await options.handReports.record({
        ...{ device: device.id, observedAt: time, values, ...said },
      });
      return reply.code(201).send({
        ...{ site: site.id, device: device.id, observedAt: time },
        ...{ pest, measure, metric, value, unit, samples },
        cropDay: cropDay(site, localDay(time)),
        ...said,
      });
    },
  });
}

async function fieldOf(options: ApiOptions, principal: Principal, id: string): Promise<Site> {
  const site = await requireSiteOf(options, principal, id);
  if (site.kind !== 'pond') return site;
  throw invalid('site', {
    vi: `“${id}” là ao, không phải ruộng. Số đo ao: POST /devices/:id/observations.`,
    en: `"${id}" is a pond, not a field. For a pond use POST /devices/:id/observations.`,
    fr: `« ${id} » est un bassin, pas un champ. Pour un bassin : POST /devices/:id/observations.`,
  });
}

function cropDay({ startedOn }: Site, day: string): number | null {
  return startedOn === null ? null : dayNumber(day) - dayNumber(startedOn);
}
