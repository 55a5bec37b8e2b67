import { z } from 'zod';
import { instantSchema } from '../../../schemas/common.ts';
import { pageOf } from '../../../schemas/page.ts';
import type { Principal } from '../../contracts/access.ts';
import { BACKUP_STATES, BACKUP_STEPS, type Backup } from '../../contracts/backup.ts';
import { forbidden, principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { notFound } from '../problems.ts';
import { changeProblems, problems } from './answers.ts';

const tags = ['backups'];
const config = { action: 'manage-backups' } as const;

const backupSchema = z
  .object({
    id: z.string(),
    state: z.enum(BACKUP_STATES),
    step: z.enum(BACKUP_STEPS).nullable().describe('What is being done; null when it is over.'),
    createdAt: instantSchema,
    bytes: z.number().describe('Written so far or, in the last step, read back.'),
    bytesExpected: z.number().describe('What it will be at the end of the step, about.'),
    version: z.string().describe('The program that made it.'),
    path: z.string().describe("Its folder on the server's machine."),
    error: z.string().nullable().describe('Why it failed.'),
  })
  .meta({ id: 'Backup' }) satisfies z.ZodType<Backup>;

/** Backups of the whole instance, for administrators of all cooperatives. */
export function backupRoutes(scope: ApiScope, { backups }: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/backups',
    config,
    schema: {
      tags,
      summary: 'Backups on the server, newest first',
      querystring: z.strictObject({}),
      response: { 200: pageOf(backupSchema), ...problems },
    },
    handler: async (request) => {
      requireAll(principalOf(request));
      return { items: backups.list(), next: null };
    },
  });

  scope.route({
    method: 'GET',
    url: '/backups/:id',
    config,
    schema: {
      tags,
      summary: 'One backup: how far it is, or what it holds',
      params: z.object({ id: z.string().min(1).max(100) }),
      querystring: z.strictObject({}),
      response: { 200: backupSchema, ...problems },
    },
    handler: async (request) => {
      requireAll(principalOf(request));
      const { id } = request.params;
      const backup = backups.get(id);
      if (backup === undefined) throw notFound('BACKUP', id);
      return backup;
    },
  });

  scope.route({
    method: 'POST',
    url: '/backups',
    config,
    schema: {
      tags,
      summary: 'Begin a backup; it goes on after the answer',
      response: { 202: backupSchema, ...changeProblems },
    },
    handler: async (request, reply) => {
      requireAll(principalOf(request));
      const backup = backups.begin();
      return reply.code(202).header('location', `/api/v1/backups/${backup.id}`).send(backup);
    },
  });
}

/** A backup holds every cooperative's data. */
function requireAll(principal: Principal): void {
  if (principal.coops !== null) throw forbidden(principal);
}
