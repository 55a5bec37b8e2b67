import type { FastifyDynamicSwaggerOptions, SwaggerTransformObject } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import { z } from 'zod';

type JsonObject = Record<string, unknown>;

/**
 * The OpenAPI document, made from the zod schemas that check the requests. What goes out is
 * written in the schemas' encoded form, so both directions are described by the input side.
 */
export function createOpenApi(version: string): FastifyDynamicSwaggerOptions {
  const components: JsonObject = {};
  const transformObject: SwaggerTransformObject = (document) => {
    if (!('openapiObject' in document)) return {};
    const { openapiObject } = document;
    return {
      ...openapiObject,
      components: { ...openapiObject.components, schemas: components as never },
    };
  };
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          session: { type: 'apiKey', in: 'cookie', name: 'sluice_session' },
        },
      },
    },
    transform: ({ schema, url }) => ({
      schema: describeSchema(schema, url, components),
      url,
    }),
    transformObject,
  };
}

const DESCRIPTION = `Telemetry of shrimp ponds, insect traps and drip irrigation.

Send \`Authorization: Bearer <token>\`. A list answers \`{"items": […], "next": cursor | null}\`; ask
again with \`cursor=<next>\` for what follows. Errors are \`application/problem+json\` (RFC 9457) with a stable
\`code\`, in the language of \`Accept-Language\` (vi, en, fr). Times are ISO 8601 in UTC.`;

function describeSchema(
  schema: FastifySchema | undefined,
  url: string,
  components: JsonObject,
): FastifySchema {
  if (schema === undefined || schema.hide === true) return { hide: true };
  const toJson = (value: unknown): unknown =>
    value instanceof z.ZodType ? jsonSchema(value, components) : value;
  const { response, ...rest } = schema;
  const described: JsonObject = {};
  for (const [part, value] of Object.entries(rest)) described[part] = toJson(value);
  if (response !== undefined) described['response'] = describeResponses(response, toJson);
  if (url.startsWith('/api/')) described['security'] = [{ token: [] }, { session: [] }];
  return described as FastifySchema;
}

function describeResponses(response: unknown, toJson: (value: unknown) => unknown): JsonObject {
  const described: JsonObject = {};
  for (const [status, value] of Object.entries(response as JsonObject)) {
    if (value instanceof z.ZodType || !isContent(value)) {
      described[status] = toJson(value);
      continue;
    }
    const content = Object.entries(value.content).map(([type, { schema }]) => [
      type,
      { schema: toJson(schema) },
    ]);
    described[status] = { ...value, content: Object.fromEntries(content) };
  }
  return described;
}

function isContent(value: unknown): value is { content: Record<string, { schema: unknown }> } {
  return typeof value === 'object' && value !== null && 'content' in value;
}

/** The schema in JSON Schema; named parts move to the document's components. */
function jsonSchema(schema: z.ZodType, components: JsonObject): unknown {
  const text = JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
  const { $schema, $defs, ...own } = JSON.parse(
    text.replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as JsonObject;
  for (const [name, part] of Object.entries(($defs ?? {}) as JsonObject)) {
    components[name] = withoutId(part as JsonObject);
  }
  const name = own['id'];
  if (typeof name !== 'string') return own;
  components[name] = withoutId(own);
  return { $ref: `#/components/schemas/${name}` };
}

/** The name zod was given is the component's key; inside it would not be JSON Schema. */
function withoutId({ id, ...rest }: JsonObject): JsonObject {
  return typeof id === 'string' ? rest : { id, ...rest };
}
