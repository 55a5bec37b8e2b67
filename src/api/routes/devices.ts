import { z } from 'zod';
import { idSchema } from '../../../schemas/common.ts';
import {
  createdDeviceSchema,
  deviceChangeSchema,
  deviceInputSchema,
  deviceSchema,
  secretInputSchema,
} from '../../../schemas/device.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { coopFilter, principalOf } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import type { DeviceAdmin } from '../device-admin.ts';
import { notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { withReferences } from '../references.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const params = z.object({ id: idSchema });
const tags = ['devices'];

/** Devices and their credentials. */
export function deviceRoutes(scope: ApiScope, options: ApiOptions, admin: DeviceAdmin): void {
  listRoute(scope, options, admin);
  itemRoutes(scope, options, admin);
  secretRoute(scope, admin);
}

function listRoute(scope: ApiScope, { state }: ApiOptions, admin: DeviceAdmin): void {
  scope.route({
    method: 'GET',
    url: '/devices',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Devices the caller may see',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        site: idSchema.optional(),
        kind: z.string().max(63).optional(),
        ...pageQuery,
      }),
      response: { 200: pageOf(deviceSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, site, kind, limit, cursor } = request.query;
      const filter = {
        ...coopFilter(principalOf(request), coop),
        ...withoutUndefined({ site, kind }),
      };
      const page = await state.devices.list(filter, pageFrom({ limit, cursor }));
      return { items: await admin.present(page.items), next: page.next };
    },
  });

  scope.route({
    method: 'POST',
    url: '/devices',
    config: { action: 'manage-devices' },
    schema: {
      tags,
      summary: 'Create a device; its password is shown this once',
      body: deviceInputSchema,
      response: { 201: createdDeviceSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const created = await admin.create(principalOf(request), request.body);
      return reply
        .code(201)
        .header('location', `/api/v1/devices/${created.device.id}`)
        .header('cache-control', 'no-store')
        .send(created);
    },
  });
}

function itemRoutes(scope: ApiScope, { state }: ApiOptions, admin: DeviceAdmin): void {
  scope.route({
    method: 'GET',
    url: '/devices/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One device',
      params,
      querystring: z.strictObject({}),
      response: { 200: deviceSchema, ...problems },
    },
    handler: async (request) => {
      const { id } = request.params;
      const [shown] = await admin.present([await admin.visible(principalOf(request), id)]);
      if (shown === undefined) throw notFound('DEVICE', id);
      return shown;
    },
  });

  scope.route({
    method: 'PATCH',
    url: '/devices/:id',
    config: { action: 'manage-devices' },
    schema: {
      tags,
      summary: 'Change a device; what is left out stays',
      params,
      body: deviceChangeSchema,
      response: { 200: deviceSchema, ...changeProblems },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { body } = request;
      await admin.visible(principalOf(request), id);
      const device = await withReferences({ site: body.site }, () =>
        state.devices.update(id, withoutUndefined(body)),
      );
      if (device === undefined) throw notFound('DEVICE', id);
      admin.announce(device, 'changed');
      const [shown] = await admin.present([device]);
      if (shown === undefined) throw notFound('DEVICE', id);
      return shown;
    },
  });

  scope.route({
    method: 'DELETE',
    url: '/devices/:id',
    config: { action: 'manage-devices' },
    schema: {
      tags,
      summary: 'Remove a device; its history stays',
      params,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const device = await admin.visible(principalOf(request), id);
      if (!(await state.devices.remove(id))) throw notFound('DEVICE', id);
      admin.announce(device, 'removed');
      return reply.code(204).send(null);
    },
  });
}

function secretRoute(scope: ApiScope, admin: DeviceAdmin): void {
  scope.route({
    method: 'POST',
    url: '/devices/:id/secret',
    config: { action: 'manage-devices' },
    schema: {
      tags,
      summary: 'Give a device a new secret; the one before stays valid until the next',
      params,
      body: secretInputSchema.nullish(),
      response: { 200: createdDeviceSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const device = await admin.visible(principalOf(request), request.params.id);
      const renewed = await admin.renewSecret(device, request.body?.secret);
      return reply.header('cache-control', 'no-store').send(renewed);
    },
  });
}
