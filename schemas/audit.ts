import { z } from 'zod';
import type { AuditEntry } from '../src/contracts/command.ts';
import { instantSchema } from './common.ts';

export const auditEntrySchema = z
  .object({
    number: z.number().describe('Grows by 1 with each.'),
    at: instantSchema,
    coop: z.string().nullable(),
    who: z.string().describe('Person, token, rule or programme.'),
    what: z.string().describe('Such as `command.ordered` or `actuator.changed`.'),
    subject: z.string().describe('Device, programme or place.'),
    why: z.string().nullable(),
    before: z.unknown(),
    after: z.unknown(),
  })
  .meta({ id: 'AuditEntry' }) satisfies z.ZodType<AuditEntry>;
