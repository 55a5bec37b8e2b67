import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { siteForecastSchema } from '../../../schemas/forecast.ts';
import { pageOf } from '../../../schemas/page.ts';
import { balanceRowSchema, irrigationAdviceSchema } from '../../../schemas/plot.ts';
import { DAY_MS } from '../../base/local-clock.ts';
import { localDayOf } from '../../base/local-day.ts';
import { principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { dayQuery } from '../instants.ts';
import { visibleSite } from '../plant-sight.ts';
import { ApiError, notFound } from '../problems.ts';
import { problems } from './answers.ts';
import { visiblePlot } from './plots.ts';

/** Past days of a balance that are shown unless asked otherwise. */
const DAYS_DEFAULT = 30;

const params = z.object({ id: idSchema });
const tags = ['irrigation'];

/** What a site's soil holds, what to do tonight, and the weather to come. */
export function siteWaterRoutes(scope: ApiScope, options: ApiOptions): void {
  const { balance, forecasts, clock, timeZone } = options;
  const localDay = localDayOf(timeZone);
  scope.route({
    method: 'GET',
    url: '/sites/:id/water-balance',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Water balance of a zone by day (FAO-56), as measured and for the days to come',
      params,
      querystring: z.strictObject({
        from: dayQuery.optional().describe('First local day; 30 days ago without it.'),
      }),
      response: { 200: pageOf(balanceRowSchema), ...problems },
    },
    handler: async (request) => {
      const { site } = await visiblePlot(options, principalOf(request), request.params.id);
      const { from = localDay(clock.now() - DAYS_DEFAULT * DAY_MS) } = request.query;
      return { items: await balance.rows(site, from), next: null };
    },
  });

  scope.route({
    method: 'GET',
    url: '/sites/:id/irrigation-advice',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Whether to irrigate tonight, how much, how long, and why',
      params,
      querystring: z.strictObject({}),
      response: { 200: irrigationAdviceSchema, ...problems },
    },
    handler: async (request) => {
      const { site } = await visiblePlot(options, principalOf(request), request.params.id);
      const advice = await balance.advice(site);
      if (advice === undefined) throw notFound('PLOT', site);
      return advice;
    },
  });

  scope.route({
    method: 'GET',
    url: '/sites/:id/forecast',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'The newest forecast of a site, where it comes from, and how good such ones were',
      params,
      querystring: z.strictObject({}),
      response: { 200: siteForecastSchema, ...problems },
    },
    handler: async (request) => {
      const { id } = await visibleSite(options, principalOf(request), request.params.id);
      const forecast = await forecasts.of(id);
      if (forecast === undefined) throw noPlace(id);
      return { ...forecast, skill: await forecasts.skill(id) };
    },
  });
}

function noPlace(site: string): ApiError {
  return new ApiError('FORECAST_NOT_FOUND', {
    vi: `Không có dự báo cho “${site}”: hãy cho biết vị trí (location) của địa điểm.`,
    en: `There is no forecast for "${site}": give the site a location.`,
    fr: `Pas de prévision pour « ${site} » : donnez un emplacement (location) au site.`,
  });
}
