import { Readable } from 'node:stream';
import { z } from 'zod';
import { credentialsSchema, deviceInputSchema, deviceSchema } from '../../../schemas/device.ts';
import { type Problem, problemSchema } from '../../../schemas/problem.ts';
import { AppError } from '../../base/errors.ts';
import type { Principal } from '../../contracts/access.ts';
import type { Language } from '../../contracts/localized.ts';
import { principalOf } from '../authenticate.ts';
import type { ApiOptions, ApiScope } from '../context.ts';
import type { CreatedDevice, DeviceAdmin } from '../device-admin.ts';
import { languageOf } from '../language.ts';
import { readLines } from '../lines.ts';
import { problemOf } from '../problem-reply.ts';
import { ApiError } from '../problems.ts';
import { InputRefused } from '../validation.ts';
import { changeProblems } from './answers.ts';

const NDJSON = 'application/x-ndjson';
/** Devices in one request: a province's whole fleet at 300 bytes a line is 3 MB. */
const LINES_MAX = 10_000;

/** One line of the answer: what became of the line of the same number. */
const resultSchema = z
  .object({
    line: z.int().describe('Counts from 1.'),
    ok: z.boolean(),
    device: deviceSchema.optional(),
    credentials: credentialsSchema.optional().describe('The password is shown this once.'),
    id: z.string().optional().describe('Id of a refused device, where it can be read.'),
    error: problemSchema.optional(),
  })
  .meta({ id: 'BulkResult' });

const TOO_MANY_LINES = {
  vi: `Nhiều nhất ${LINES_MAX} thiết bị một lần. Các dòng sau chưa được đọc.`,
  en: `At most ${LINES_MAX} devices at a time. The lines from here on were not read.`,
  fr: `Au plus ${LINES_MAX} appareils à la fois. La suite n’a pas été lue.`,
};

/** Creates many devices, line by line: a bad line costs only itself. */
export function bulkRoutes(scope: ApiScope, options: ApiOptions, admin: DeviceAdmin): void {
  for (const type of [NDJSON, 'application/ndjson', 'application/jsonl']) {
    scope.addContentTypeParser(type, (_request, payload, done) => done(null, payload));
  }
  scope.route({
    method: 'POST',
    url: '/devices/bulk',
    config: { action: 'manage-devices' },
    schema: {
      tags: ['devices'],
      summary: 'Create many devices: NDJSON in, one result a line out',
      description: 'Each line is a body of `POST /devices`. Lines are committed one by one.',
      consumes: [NDJSON],
      response: {
        200: {
          description: 'One result for each line, in order.',
          content: { [NDJSON]: { schema: resultSchema } },
        },
        ...changeProblems,
      },
    },
    handler: async (request, reply) => {
      const principal = principalOf(request);
      if (!(request.body instanceof Readable)) throw notNdjson();
      const language = languageOf(request.headers['accept-language']);
      const results = createAll({
        lines: readLines(request.body),
        createLine: (line) => createLine(admin, principal, line),
        describe: (error) => describeFailure(options, error, { language, requestId: request.id }),
      });
      reply.header('cache-control', 'no-store').type(`${NDJSON}; charset=utf-8`);
      return reply.send(Readable.from(results, { objectMode: false }));
    },
  });
}

async function* createAll(work: {
  lines: AsyncIterable<string | ApiError>;
  createLine: (line: string) => Promise<CreatedDevice>;
  describe: (error: unknown) => Problem;
}): AsyncGenerator<string> {
  let line = 0;
  for await (const text of work.lines) {
    line++;
    if (typeof text === 'string' && text.trim() === '') continue;
    try {
      if (line > LINES_MAX) throw new ApiError('BODY_TOO_LARGE', TOO_MANY_LINES);
      if (text instanceof ApiError) throw text;
      yield resultText({ line, ok: true, ...(await work.createLine(text)) });
    } catch (error) {
      yield resultText({ line, ok: false, id: idOf(text), error: work.describe(error) });
      if (line > LINES_MAX) return;
    }
  }
}

/** Whether or not the line could be used, its id when it can be read. */
function idOf(text: string | ApiError): string | undefined {
  if (typeof text !== 'string') return undefined;
  const input = parseLine(text);
  const id = typeof input === 'object' && input !== null && 'id' in input ? input.id : undefined;
  return typeof id === 'string' ? id.slice(0, 63) : undefined;
}

function resultText(result: z.output<typeof resultSchema>): string {
  return `${JSON.stringify(z.encode(resultSchema, result))}\n`;
}

async function createLine(
  admin: DeviceAdmin,
  principal: Principal,
  text: string,
): Promise<CreatedDevice> {
  const input = parseLine(text);
  if (input === undefined) throw notJson();
  const parsed = deviceInputSchema.safeParse(input);
  if (!parsed.success) throw new InputRefused(deviceInputSchema, input);
  return admin.create(principal, parsed.data);
}

/** Undefined when it is not JSON; JSON itself has no such value. */
function parseLine(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function describeFailure(
  { logger }: ApiOptions,
  error: unknown,
  how: { language: Language; requestId: string },
): Problem {
  const { problem } = problemOf(error, how.language, how.requestId);
  if (problem.code === 'INTERNAL_ERROR' && !(error instanceof AppError)) {
    logger.error({ error, requestId: how.requestId }, 'bulk line failed unexpectedly');
  }
  return problem;
}

function notJson(): ApiError {
  return new ApiError('BODY_INVALID', {
    vi: 'Dòng này không phải là JSON hợp lệ.',
    en: 'This line is not valid JSON.',
    fr: 'Cette ligne n’est pas du JSON valide.',
  });
}

function notNdjson(): ApiError {
  return new ApiError('MEDIA_TYPE_UNSUPPORTED', {
    vi: `Hãy gửi mỗi dòng một thiết bị với “Content-Type: ${NDJSON}”.`,
    en: `Send one device a line with "Content-Type: ${NDJSON}".`,
    fr: `Envoyez un appareil par ligne avec « Content-Type: ${NDJSON} ».`,
  });
}
