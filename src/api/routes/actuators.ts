import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import {
  actuatorInputSchema,
  actuatorSchema,
  actuatorViewSchema,
  clearFaultSchema,
} from '../../../schemas/actuator.ts';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Actuator } from '../../contracts/actuator.ts';
import type { ActuatorView } from '../../contracts/command.ts';
import type { KindRegistry } from '../../contracts/device-kind.ts';
import type { Device } from '../../contracts/state.ts';
import { coopFilter, principalOf, sees } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { confirmationHeaders, handOf } from '../hands.ts';
import { requireOwnDevices, requireSame } from '../plant-sight.ts';
import { ApiError, notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { requireDevices } from '../targets.ts';
import { createTurns, requireVersion, versionOf } from '../versions.ts';
import { takeYaml } from '../yaml-bodies.ts';
import { changeProblems, noContent, problems } from './answers.ts';

const params = z.object({ id: idSchema }).describe('The device.');
const tags = ['actuators'];

/** What controllers move, what proves it, and what must hold before they start. */
export function actuatorRoutes(scope: ApiScope, options: ApiOptions): void {
  const visible: FindVisible = async (principal, id) => {
    const view = await options.commands.actuator(id);
    if (view === undefined || !sees(principal, view.actuator.coop)) throw notFound('ACTUATOR', id);
    return view;
  };
  scope.register(async (inner: ApiScope) => {
    takeYaml(inner);
    readRoutes(inner, options, visible);
    saveRoute(inner, options);
    endRoutes(inner, options, visible);
  });
}

type FindVisible = (principal: Principal, id: string) => Promise<ActuatorView>;

function sayVersion(reply: FastifyReply, { version }: Actuator): void {
  reply.header('etag', `"${version}"`);
}

function readRoutes(scope: ApiScope, { commands }: ApiOptions, visible: FindVisible): void {
  scope.route({
    method: 'GET',
    url: '/actuators',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Actuators with their state, reliability and what keeps them from starting',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        site: idSchema.optional(),
        ...pageQuery,
      }),
      response: { 200: pageOf(actuatorViewSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, site, limit, cursor } = request.query;
      const filter = { ...coopFilter(principalOf(request), coop), ...withoutUndefined({ site }) };
      return commands.actuators(filter, pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'GET',
    url: '/actuators/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One actuator, by its device; its version is the ETag',
      params,
      querystring: z.strictObject({}),
      response: { 200: actuatorViewSchema, ...problems },
    },
    handler: async (request, reply) => {
      const view = await visible(principalOf(request), request.params.id);
      sayVersion(reply, view.actuator);
      return view;
    },
  });
}

function saveRoute(scope: ApiScope, options: ApiOptions): void {
  const { commands, kinds } = options;
  const inTurn = createTurns();
  scope.route({
    method: 'PUT',
    url: '/actuators/:id',
    config: { action: 'manage-actuators' },
    schema: {
      tags,
      summary: 'Declare what a device controls; raising a cap or switching off an interlock asks',
      params,
      headers: confirmationHeaders,
      body: actuatorInputSchema,
      response: { 200: actuatorSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const { body } = request;
      requireSame('device', body.device, id);
      const [device] = requireDevices(options, principalOf(request), [id]);
      if (device === undefined) throw notFound('DEVICE', id);
      const actuator = actuatorOf(kinds, device, body);
      requireOwnDevices(options, device.coop, devicesOf(actuator));
      const saved = await inTurn(async () => {
        const before = await commands.actuator(id);
        const asked = versionOf(request) ?? body.version;
        requireVersion('ACTUATOR_CONFLICT', asked, before?.actuator.version);
        return commands.saveActuator(actuator, handOf(request));
      });
      sayVersion(reply, saved);
      return saved;
    },
  });
}

function endRoutes(scope: ApiScope, { commands }: ApiOptions, visible: FindVisible): void {
  scope.route({
    method: 'DELETE',
    url: '/actuators/:id',
    config: { action: 'manage-actuators' },
    schema: {
      tags,
      summary: 'Forget what a device controls: it takes no command any more',
      params,
      headers: confirmationHeaders,
      response: { 204: noContent, ...changeProblems },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await visible(principalOf(request), id);
      if (!(await commands.removeActuator(id, handOf(request)))) throw notFound('ACTUATOR', id);
      return reply.code(204).send(null);
    },
  });

  scope.route({
    method: 'POST',
    url: '/actuators/:id/clear-fault',
    config: { action: 'manage-actuators' },
    schema: {
      tags,
      summary: 'Say that somebody has looked at a fault, and that it may start again',
      params,
      headers: confirmationHeaders,
      body: clearFaultSchema,
      response: { 200: actuatorViewSchema, ...changeProblems },
    },
    handler: async (request) => {
      const { id } = request.params;
      await visible(principalOf(request), id);
      const view = await commands.clearFault(id, request.body.why, handOf(request));
      if (view === undefined) throw notFound('ACTUATOR', id);
      return view;
    },
  });
}

/** What is left out is as the kind of device has it. Throws ACTUATOR_INVALID for one of no kind. */
function actuatorOf(
  kinds: KindRegistry,
  device: Device,
  input: z.output<typeof actuatorInputSchema>,
): Omit<Actuator, 'version'> {
  const kind = kinds.get(device.kind);
  const moved = kind?.actuator;
  const spec = kind?.commands?.find(({ action }) => action === moved?.on);
  if (moved === undefined || spec?.maxSeconds === undefined) throw takesNone(device);
  const { role = moved.role, enabled, failSafe = null, maxSeconds = spec.maxSeconds } = input;
  const { witness = moved.witness, supply = null, nominalFlow = null, interlocks = [] } = input;
  return {
    device: device.id,
    coop: device.coop,
    site: device.site,
    ...{ role, enabled, failSafe, maxSeconds, witness, supply, nominalFlow, interlocks },
  };
}

/** Every device it names, with the field. */
function devicesOf({
  witness,
  supply,
  interlocks,
}: Omit<Actuator, 'version'>): Array<readonly [string, string | null]> {
  return [
    ['witness.device', witness?.device ?? null],
    ['supply', supply],
    ...interlocks.map(
      (interlock, index) =>
        [`interlocks.${index}.device`, 'device' in interlock ? interlock.device : null] as const,
    ),
  ];
}

function takesNone({ id, kind }: Device): ApiError {
  return new ApiError(
    'ACTUATOR_INVALID',
    {
      vi: `Thiết bị “${id}” thuộc loại ${kind}, loại này không nhận lệnh.`,
      en: `The device "${id}" is of the kind ${kind}, which takes no commands.`,
      fr: `L’appareil « ${id} » est du type ${kind}, qui ne reçoit pas de commandes.`,
    },
    { field: 'device' },
  );
}
