import { z } from 'zod';
import { roleSchema } from '../../../schemas/actuator.ts';
import { localizedSchema } from '../../../schemas/common.ts';
import { pageOf } from '../../../schemas/page.ts';
import type { DeviceKind } from '../../contracts/device-kind.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import { problems } from './answers.ts';

const metricSchema = z.object({
  name: z.string(),
  label: localizedSchema,
  unit: z.string().describe('UCUM code.'),
  min: z.number(),
  max: z.number(),
  decimals: z.number(),
  shape: z.enum(['gauge', 'count', 'total', 'state']),
  safe: z
    .object({ min: z.number().exactOptional(), max: z.number().exactOptional() })
    .exactOptional(),
});

const derivedSchema = z.object({
  name: z.string(),
  label: localizedSchema,
  unit: z.string().describe('UCUM code.'),
  min: z.number(),
  max: z.number(),
  decimals: z.number(),
  inputs: z
    .array(z.object({ metric: z.string(), maxAgeSeconds: z.number() }))
    .describe('It has a value where the first of them was observed.'),
  source: z.string().describe('Equation and where it comes from.'),
});

const kindSchema = z
  .object({
    name: z.string(),
    title: localizedSchema,
    siteKind: z.enum(['pond', 'field', 'zone']),
    intervalSeconds: z.number(),
    metrics: z.array(metricSchema).describe('In the order people want to see them.'),
    derived: z.array(derivedSchema).describe('Computed from the metrics, for rules and people.'),
    commands: z.array(
      z.object({
        action: z.string(),
        label: localizedSchema,
        maxSeconds: z.number().exactOptional(),
      }),
    ),
    actuator: z
      .object({ role: roleSchema, on: z.string(), off: z.string() })
      .nullable()
      .describe('What a device of the kind moves, by which of its commands.'),
  })
  .meta({ id: 'Kind' });

type KindJson = z.output<typeof kindSchema>;

function present(kind: DeviceKind): KindJson {
  return {
    name: kind.name,
    title: kind.title,
    siteKind: kind.siteKind,
    intervalSeconds: kind.intervalSeconds,
    metrics: [...kind.metrics],
    derived: (kind.derived ?? []).map((metric) => ({
      name: metric.name,
      label: metric.label,
      unit: metric.unit,
      min: metric.min,
      max: metric.max,
      decimals: metric.decimals,
      inputs: [...metric.inputs],
      source: metric.source,
    })),
    commands: [...(kind.commands ?? [])],
    actuator: kind.actuator ?? null,
  };
}

/** What the dashboard draws from: kinds, their metrics, units, ranges and commands. */
export function kindRoutes(scope: ApiScope, { kinds }: ApiOptions): void {
  scope.route({
    method: 'GET',
    url: '/kinds',
    config: { action: 'read' },
    schema: {
      tags: ['kinds'],
      summary: 'Kinds of devices with their metrics and commands',
      querystring: z.strictObject({}),
      response: { 200: pageOf(kindSchema), ...problems },
    },
    handler: async () => ({ items: [...kinds.values()].map(present), next: null }),
  });
}
