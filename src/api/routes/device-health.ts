import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import { healthFindingSchema } from '../../../schemas/device.ts';
import { principalOf } from '../authenticate.ts';
import type { ApiScope } from '../context.ts';
import type { DeviceAdmin } from '../device-admin.ts';
import { problems } from './answers.ts';

/** What is wrong with a device besides what it measures. */
export function deviceHealthRoutes(scope: ApiScope, admin: DeviceAdmin): void {
  scope.route({
    method: 'GET',
    url: '/devices/:id/health',
    config: { action: 'read' },
    schema: {
      tags: ['devices'],
      summary: 'What is wrong with a device, the gravest first: an empty list for a sound one',
      params: z.object({ id: idSchema }),
      querystring: z.strictObject({}),
      response: { 200: z.object({ items: z.array(healthFindingSchema) }), ...problems },
    },
    handler: async (request) => {
      const device = await admin.visible(principalOf(request), request.params.id);
      const findings = await admin.health([device]);
      return { items: findings.get(device.id) ?? [] };
    },
  });
}
