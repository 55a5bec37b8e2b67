import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { handReportInputSchema, handReportSchema } from '../../../schemas/field-count.ts';
import { principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import type { DeviceAdmin } from '../device-admin.ts';
import { observedAt, requireValues } from '../hand-values.ts';
import { ApiError } from '../problems.ts';
import { changeProblems } from './answers.ts';

/** What people measure by hand: test kits, a Secchi disc, a reading taken off a dial. */
export function observationRoutes(scope: ApiScope, options: ApiOptions, admin: DeviceAdmin): void {
  scope.route({
    method: 'POST',
    url: '/devices/:id/observations',
    config: { action: 'record-field-work' },
    schema: {
      tags: ['field work'],
      summary: 'Record what was measured by hand in place of a device',
      description: 'Answered once it is on disk. The same values of the same instant count once.',
      params: z.object({ id: idSchema }),
      body: handReportInputSchema,
      response: { 201: handReportSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { body } = request;
      const device = await admin.visible(principal, request.params.id);
      const kind = options.kinds.get(device.kind);
      if (kind === undefined) throw kindGone(device.kind);
      requireValues(kind, body.values, (metric) => `values.${metric}`);
      const report = {
        device: device.id,
        observedAt: observedAt(options, body.observedAt),
        values: body.values,
        who: principal.name,
        note: body.note ?? null,
      };
      await options.handReports.record(report);
      return reply.code(201).send(report);
    },
  });
}

function kindGone(kind: string): ApiError {
  return new ApiError('KIND_UNKNOWN', {
    vi: `Loại “${kind}” của thiết bị này không còn được cài trên máy chủ.`,
    en: `The kind "${kind}" of this device is not installed any more.`,
    fr: `Le type « ${kind} » de cet appareil n’est plus installé.`,
  });
}
