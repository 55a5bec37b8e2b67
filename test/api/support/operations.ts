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
  const whole = schemasWhole(document.components.schemas);
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

/** Makes schemas whole by themselves: with the parts they refer to, near and far, and no others. */
function schemasWhole(components: Record<string, JsonSchema>): (schema: JsonSchema) => JsonSchema {
  const local = (schema: JsonSchema): JsonSchema =>
    JSON.parse(JSON.stringify(schema).replaceAll('#/components/schemas/', '#/$defs/'));
  const parts = new Map(Object.entries(components).map(([name, part]) => [name, local(part)]));
  const namedIn = (schema: JsonSchema): string[] =>
    [...JSON.stringify(schema).matchAll(/"#\/\$defs\/([^"]+)"/g)].map(([, name = '']) => name);
  const near = new Map([...parts].map(([name, part]) => [name, namedIn(part)]));
  return (schema) => {
    const own = local(schema);
    const needed = new Set(namedIn(own));
    // A set that grows while it is walked is walked to its end.
    for (const name of needed) for (const further of near.get(name) ?? []) needed.add(further);
    const $defs = Object.fromEntries([...needed].map((name) => [name, parts.get(name)]));
    return { ...own, $defs };
  };
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
