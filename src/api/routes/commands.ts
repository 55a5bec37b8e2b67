import { z } from 'zod';
import {
  bulkCommandsSchema,
  commandInputSchema,
  commandSchema,
  commandSourceTypeSchema,
  commandStateSchema,
} from '../../../schemas/command.ts';
import { idSchema } from '../../../schemas/common.ts';
import { pageOf, pageQuery } from '../../../schemas/page.ts';
import { uuidv7 } from '../../base/uuid.ts';
import type { CommandRequest } from '../../contracts/command.ts';
import { coopFilter, principalOf, sees } from '../authenticate.ts';
import { pageFrom, withoutUndefined } from '../changes.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { confirmationHeaders, handOf } from '../hands.ts';
import { requireOrder, sourceOf } from '../plant-sight.ts';
import { ApiError, notFound } from '../problems.ts';
import { listOf } from '../query.ts';
import { requireDevices } from '../targets.ts';
import { changeProblems, problems } from './answers.ts';

const tags = ['commands'];

const ORDER_DESCRIPTION = `Committed before it answers, and handed to the device as soon as it is
connected, until \`notAfter\`. Follow it with \`GET /commands/{id}\` or as \`command\` events of the
stream: \`effective\` is what a sensor has shown, never what was merely sent. What ends something
takes the right to stop alone.`;

/** Commands to devices, and what became of them. */
export function commandRoutes(scope: ApiScope, options: ApiOptions): void {
  orderRoute(scope, options);
  bulkRoute(scope, options);
  readRoutes(scope, options);
}

function orderRoute(scope: ApiScope, options: ApiOptions): void {
  const { commands, clock } = options;
  scope.route({
    method: 'POST',
    url: '/devices/:id/commands',
    config: { action: 'stop-devices' },
    schema: {
      tags,
      summary: 'Order something; 202 when it is new, 200 when this id was ordered before',
      description: ORDER_DESCRIPTION,
      params: z.object({ id: idSchema }),
      body: commandInputSchema,
      response: { 200: commandSchema, 202: commandSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const { id: device } = request.params;
      const { id = uuidv7(clock.now()), ...order } = request.body;
      for (const found of requireDevices(options, principal, [device])) {
        requireOrder(options, principal, { device: found, action: order.action });
      }
      const before = await commands.get(id);
      const command = await commands.order({ id, device, ...order, source: sourceOf(principal) });
      // The same id is the same command: it may be of another device, and of whom is nobody's business.
      if (command.device !== device) throw taken(id);
      reply.code(before === undefined ? 202 : 200).header('location', `/api/v1/commands/${id}`);
      return command;
    },
  });
}

function bulkRoute(scope: ApiScope, options: ApiOptions): void {
  const { commands, clock } = options;
  scope.route({
    method: 'POST',
    url: '/commands/bulk',
    config: { action: 'stop-devices' },
    schema: {
      tags,
      summary: 'Order several at once: all are taken or none; asks for a confirmation',
      headers: confirmationHeaders,
      body: bulkCommandsSchema,
      response: { 202: pageOf(commandSchema), ...changeProblems },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      const source = sourceOf(principal);
      const requests = request.body.commands.map((order): CommandRequest => {
        const { id = uuidv7(clock.now()) } = order;
        return { ...order, id, source };
      });
      const ids = requests.map(({ device }) => device);
      requireDevices(options, principal, ids).forEach((device, index) => {
        requireOrder(options, principal, { device, action: requests[index]?.action ?? '' });
      });
      await requireOwnIds(options, requests);
      const items = await commands.orderAll(requests, handOf(request));
      return reply.code(202).send({ items, next: null });
    },
  });
}

/** Throws 409 for an id that is of a command to another device. */
async function requireOwnIds(
  { commands }: ApiOptions,
  requests: readonly CommandRequest[],
): Promise<void> {
  const devices = new Map<string, string>();
  for (const { id, device } of requests) {
    const before = devices.get(id) ?? (await commands.get(id))?.device ?? device;
    if (before !== device) throw taken(id);
    devices.set(id, device);
  }
}

function readRoutes(scope: ApiScope, options: ApiOptions): void {
  const { commands } = options;
  scope.route({
    method: 'GET',
    url: '/commands',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'Commands, newest first',
      querystring: z.strictObject({
        coop: listOf(idSchema),
        site: idSchema.optional(),
        device: idSchema.optional(),
        state: listOf(commandStateSchema),
        source: commandSourceTypeSchema.optional(),
        ...pageQuery,
      }),
      response: { 200: pageOf(commandSchema), ...problems },
    },
    handler: async (request) => {
      const { coop, site, device, state, source, limit, cursor } = request.query;
      const filter = {
        ...coopFilter(principalOf(request), coop),
        ...withoutUndefined({ site, device, states: state, source }),
      };
      return commands.list(filter, pageFrom({ limit, cursor }));
    },
  });

  scope.route({
    method: 'GET',
    url: '/commands/:id',
    config: { action: 'read' },
    schema: {
      tags,
      summary: 'One command with its timeline and proof',
      params: z.object({ id: z.string().min(1).max(100) }),
      querystring: z.strictObject({}),
      response: { 200: commandSchema, ...problems },
    },
    handler: async (request) => {
      const { id } = request.params;
      const command = await commands.get(id.toLowerCase());
      if (command === undefined || !sees(principalOf(request), command.coop)) {
        throw notFound('COMMAND', id);
      }
      return command;
    },
  });
}

function taken(id: string): ApiError {
  return new ApiError(
    'COMMAND_EXISTS',
    {
      vi: `Mã “${id}” đã dùng cho lệnh của thiết bị khác. Hãy bỏ trống id để nhận mã mới.`,
      en: `The id "${id}" is of a command to another device. Leave the id out for a new one.`,
      fr: `L’identifiant « ${id} » est celui d’une commande à un autre appareil. Omettez id.`,
    },
    { field: 'id' },
  );
}
