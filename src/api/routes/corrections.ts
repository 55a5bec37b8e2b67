import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import {
  correctionHistorySchema,
  correctionInputSchema,
  correctionSchema,
} from '../../../schemas/correction.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Correction } from '../../contracts/history.ts';
import { principalOf, sees } from '../authenticate.ts';
import { withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import {
  type CorrectionInput,
  correctionOf,
  correctionPage,
  presentCorrection,
} from '../corrections.ts';
import { ApiError, notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { invalid, metricName } from '../series-params.ts';
import { unknownMetric } from '../series-plan.ts';
import { requireDevices, requireSites } from '../targets.ts';
import { changeProblems, noContent, problems } from './answers.ts';

/**
 * Corrections of one device that apply at once: a weekly calibration of ten metrics for two years.
 * Every question to its history looks at all of them.
 */
const CORRECTIONS_PER_DEVICE_MAX = 1_000;
/** Versions of one correction: they are kept for ever and answered whole, in 200 KB. */
const VERSIONS_MAX = 500;

const params = z.object({ id: z.string().min(1).max(200) });
const tags = ['corrections'];

/** What people say of values: calibrations, quality flags and values put right, in versions. */
export function correctionRoutes(scope: ApiScope, options: ApiOptions): void {
  /** The versions of one whose device the caller may see. */
  const visible: FindVersions = async (principal, id) => {
    const versions = await options.corrections.versions(id);
    const newest = versions.at(-1);
    if (newest === undefined || !seesDevice(options, principal, newest.device)) {
      throw notFound('CORRECTION', id);
    }
    return { versions, newest };
  };
  readRoutes(scope, options, visible);
  changeRoutes(scope, options, visible);
}

type FindVersions = (
  principal: Principal,
  id: string,
) => Promise<{ versions: Correction[]; newest: Correction }>;

/** A device that was removed belongs to nobody any more; only who sees everything sees it. */
function seesDevice({ registry }: ApiOptions, principal: Principal, id: string): boolean {
  const device = registry.find(id);
  return device === undefined ? principal.coops === null : sees(principal, device.coop);
}

function readRoutes(scope: ApiScope, options: ApiOptions, visible: FindVersions): void {
  scope.route({
    method: 'GET',
    url: '/corrections',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Corrections that apply, by device, metric and start',
      querystring: z.strictObject({
        device: listOf(idSchema),
        site: listOf(idSchema),
        metric: listOf(metricName),
        ...pageQuery,
      }),
      response: { 200: pageOf(correctionSchema), ...problems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { device, site, metric, limit, cursor } = request.query;
      if (device !== undefined) requireDevices(options, principal, device);
      if (site !== undefined) await requireSites(options, principal, site);
      const all = await options.corrections.list(
        withoutUndefined({ devices: device, metrics: metric }),
      );
      const found = all.filter((one) => {
        const standing = options.registry.find(one.device)?.site ?? '';
        return (
          seesDevice(options, principal, one.device) &&
          (site === undefined || site.includes(standing))
        );
      });
      const page = correctionPage(found, { limit, cursor });
      return { items: page.items.map(presentCorrection), next: page.next };
    },
  });

  scope.route({
    method: 'GET',
    url: '/corrections/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One correction with all its versions, also when it was taken back',
      params,
      querystring: z.strictObject({}),
      response: { 200: correctionHistorySchema, ...problems },
    },
    handler: async (request) => {
      const { versions, newest } = await visible(principalOf(request), request.params.id);
      return { ...presentCorrection(newest), versions: versions.map(presentCorrection) };
    },
  });
}

function changeRoutes(scope: ApiScope, options: ApiOptions, visible: FindVersions): void {
  const { corrections } = options;
  scope.route({
    method: 'POST',
    url: '/corrections',
    config: { action: 'correct-values' },
    schema: {
      tags,
      summary: 'Record a calibration, a quality flag or a value put right; raw values stay',
      body: correctionInputSchema,
      response: { 201: correctionSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { body } = request;
      requireSensor(options, principal, body);
      const { device } = body;
      const present = await corrections.list({ devices: [device] });
      if (present.length >= CORRECTIONS_PER_DEVICE_MAX) throw deviceFull(device);
      const made = await corrections.create(correctionOf(body), principal.name);
      reply.code(201).header('location', `/api/v1/corrections/${encodeURIComponent(made.id)}`);
      return presentCorrection(made);
    },
  });

  scope.route({
    method: 'PUT',
    url: '/corrections/:id',
    config: { action: 'correct-values' },
    schema: {
      tags,
      summary: 'Replace a correction by its next version; the one before is kept',
      params,
      body: correctionInputSchema,
      response: { 200: correctionSchema, ...changeProblems },
    },
    handler: async (request) => {
      const principal = principalOf(request);
      const { id } = request.params;
      const { versions, newest } = await visible(principal, id);
      if (newest.removed) throw notFound('CORRECTION', id);
      const { body } = request;
      if (body.device !== newest.device) throw invalid('device', OTHER_DEVICE);
      requireSensor(options, principal, body);
      if (versions.length >= VERSIONS_MAX) throw versionsFull();
      const made = await corrections.replace(id, correctionOf(body), principal.name);
      if (made === undefined) throw notFound('CORRECTION', id);
      return presentCorrection(made);
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/corrections/:id',
    config: { action: 'correct-values' },
    schema: {
      tags,
      summary: 'Take a correction back; its versions are kept',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { id } = request.params;
      await visible(principal, id);
      if (!(await corrections.remove(id, principal.name))) throw notFound('CORRECTION', id);
      return reply.code(204).send(null);
    },
  });
}

/** Throws for a device the caller may not see, and for a metric its kind does not have. */
function requireSensor(options: ApiOptions, principal: Principal, body: CorrectionInput): void {
  const [device] = requireDevices(options, principal, [body.device]);
  const metrics = options.kinds.get(device?.kind ?? '')?.metrics ?? [];
  const names = new Set(metrics.map(({ name }) => name));
  if (!names.has(body.metric)) throw unknownMetric(body.metric, names);
}

const OTHER_DEVICE = {
  vi: 'Hiệu chỉnh thuộc về một thiết bị. Hãy xóa nó và tạo cái mới cho thiết bị kia.',
  en: 'A correction stays with its device. Remove it and make one for the other device.',
  fr: 'Une correction reste à son appareil. Supprimez-la et créez-en une pour l’autre appareil.',
};

function deviceFull(device: string): ApiError {
  const most = CORRECTIONS_PER_DEVICE_MAX;
  return new ApiError('CORRECTIONS_FULL', {
    vi: `Thiết bị “${device}” đã có ${most} hiệu chỉnh. Hãy xóa hoặc gộp những cái cũ.`,
    en: `The device "${device}" has ${most} corrections already. Remove or join old ones.`,
    fr: `L’appareil « ${device} » a déjà ${most} corrections. Supprimez ou réunissez les anciennes.`,
  });
}

function versionsFull(): ApiError {
  return new ApiError('CORRECTIONS_FULL', {
    vi: `Hiệu chỉnh này đã có ${VERSIONS_MAX} phiên bản. Hãy xóa nó và tạo cái mới.`,
    en: `This correction has ${VERSIONS_MAX} versions already. Remove it and make a new one.`,
    fr: `Cette correction a déjà ${VERSIONS_MAX} versions. Supprimez-la et créez-en une nouvelle.`,
  });
}
