import { z } from 'zod';
import type { Answer, Bench } from './api.ts';

/** One operation of our own OpenAPI document. */
export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  parameters: Array<{ name: string; in: 'query' | 'path' | 'header'; schema: JsonSchema }>;
  body: JsonSchema | undefined;
  /** Schema of a JSON answer by status. */
  answers: Map<number, JsonSchema>;
}

export type JsonSchema = { [key: string]: unknown };

interface Document {
  paths: Record<string, Record<string, RawOperation>>;
  components: { schemas: Record<string, JsonSchema> };
}

interface RawOperation {
  parameters?: Operation['parameters'];
  requestBody?: { content: Record<string, { schema: JsonSchema }> };
  responses: Record<string, { content?: Record<string, { schema: JsonSchema }> }>;
}

/** Every operation under `/api/v1`, with its schemas whole. */
export async function readOperations(bench: Bench): Promise<Operation[]> {
  const document = (await bench.call({ url: '/openapi.json' })).body as unknown as Document;
  const whole = (schema: JsonSchema): JsonSchema => ({
    ...(JSON.parse(
      JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/'),
    ) as JsonSchema),
    $defs: JSON.parse(
      JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/'),
    ),
  });
  const operations: Operation[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    if (!path.startsWith('/api/v1')) continue;
    for (const [method, raw] of Object.entries(methods)) {
      if (method === 'head') continue;
      const answers = new Map<number, JsonSchema>();
      for (const [status, { content }] of Object.entries(raw.responses)) {
        const schema =
          content?.['application/json']?.schema ?? content?.['application/problem+json']?.schema;
        if (schema !== undefined) answers.set(Number(status), whole(schema));
      }
      operations.push({
        method: method.toUpperCase() as Operation['method'],
        path,
        parameters: raw.parameters ?? [],
        body: raw.requestBody?.content['application/json']?.schema,
        answers,
      });
    }
  }
  return operations;
}

const compiled = new WeakMap<JsonSchema, z.ZodType>();

/** Why a JSON answer does not match what the document promises, or null. */
export function mismatch(operation: Operation, answer: Answer): string | null {
  if (answer.body === undefined) return null;
  const schema = operation.answers.get(answer.status);
  if (schema === undefined) return `status ${answer.status} is not documented`;
  let type = compiled.get(schema);
  if (type === undefined) {
    type = z.fromJSONSchema(schema as never);
    compiled.set(schema, type);
  }
  const result = type.safeParse(answer.body);
  return result.success ? null : z.prettifyError(result.error);
}
