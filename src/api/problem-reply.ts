import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../schemas/problem.ts';
import { AppError, describeError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import type { Language, Localized } from '../contracts/localized.ts';
import { languageOf } from './language.ts';
import { plantDetail } from './plant-problems.ts';
import type { ProblemKind } from './problem-kind.ts';
import { ApiError, PROBLEMS } from './problems.ts';
import { type FieldIssue, issuesOf } from './validation.ts';

const INTERNAL: ProblemKind = PROBLEMS['INTERNAL_ERROR'] as ProblemKind;

/** Fastify's own codes for input it refuses before a route sees it. */
const FRAMEWORK_CODES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNSUPPORTED',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'BODY_INVALID',
  FST_ERR_CTP_INVALID_JSON_BODY: 'BODY_INVALID',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BODY_INVALID',
  FST_UNDER_PRESSURE: 'SERVER_BUSY',
};

const DETAILS: Readonly<Record<string, Localized>> = {
  BODY_TOO_LARGE: {
    vi: 'Nội dung gửi lên lớn hơn mức cho phép. Hãy chia nhỏ rồi gửi lại.',
    en: 'The body is larger than this route takes. Send it in smaller parts.',
    fr: 'Le corps dépasse la taille acceptée. Envoyez-le en plusieurs parties.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    vi: 'Hãy gửi JSON với “Content-Type: application/json”.',
    en: 'Send JSON with "Content-Type: application/json".',
    fr: 'Envoyez du JSON avec « Content-Type: application/json ».',
  },
  BODY_INVALID: {
    vi: 'Nội dung không phải là JSON hợp lệ.',
    en: 'The body is not valid JSON.',
    fr: 'Le corps n’est pas du JSON valide.',
  },
  SERVER_BUSY: {
    vi: 'Máy chủ đang bận. Hãy thử lại sau vài giây.',
    en: 'The server is busy. Try again in a few seconds.',
    fr: 'Le serveur est occupé. Réessayez dans quelques secondes.',
  },
  REQUEST_INVALID: {
    vi: 'Yêu cầu không đúng dạng.',
    en: 'The request is malformed.',
    fr: 'La requête est mal formée.',
  },
  INTERNAL_ERROR: {
    vi: 'Có lỗi bên trong máy chủ. Hãy báo mã yêu cầu này cho người vận hành.',
    en: 'Something went wrong inside the server. Give this request id to its operator.',
    fr: 'Une erreur interne est survenue. Donnez cet identifiant de requête à l’exploitant.',
  },
};

interface Answer {
  problem: Problem;
  headers: Record<string, string>;
}

/** What an error is answered with, in the language; unexpected ones say nothing of themselves. */
export function problemOf(error: unknown, language: Language, requestId: string): Answer {
  const issues = issuesOf(error, language);
  if (issues !== undefined) return invalidInput(issues, language);
  if (error instanceof AppError && PROBLEMS[error.code] !== undefined) {
    return knownProblem(error, language);
  }
  const framework = frameworkCode(error);
  if (framework !== undefined) return bare(framework, language);
  const answer = bare('INTERNAL_ERROR', language);
  answer.problem.requestId = requestId;
  return answer;
}

function bare(code: string, language: Language): Answer {
  const kind = PROBLEMS[code] ?? INTERNAL;
  return {
    problem: {
      type: `urn:sluice:problem:${code}`,
      title: kind.title[language],
      status: kind.status,
      detail: DETAILS[code]?.[language] ?? kind.title[language],
      code,
    },
    headers:
      kind.retryAfterSeconds === undefined ? {} : { 'retry-after': `${kind.retryAfterSeconds}` },
  };
}

function knownProblem(error: AppError, language: Language): Answer {
  const answer = bare(error.code, language);
  answer.problem.detail = detailOf(error)[language];
  if (error.confirmation !== undefined) answer.problem.confirmation = error.confirmation;
  const field = PROBLEMS[error.code]?.field ?? error.field;
  if (field !== undefined) answer.problem.field = field;
  if (error instanceof ApiError) Object.assign(answer.headers, error.headers);
  return answer;
}

/** Some errors know their detail in every language; others say it in English, or by a table. */
function detailOf(error: AppError): Localized {
  if (error.detail !== undefined) return error.detail;
  const { message, hint } = error;
  const text = hint === undefined ? message : `${message} ${hint}`;
  return plantDetail(error) ?? { vi: text, en: text, fr: text };
}

function invalidInput(issues: readonly FieldIssue[], language: Language): Answer {
  const answer = bare('REQUEST_INVALID', language);
  const first = issues[0];
  if (first !== undefined) {
    answer.problem.detail = `${first.field}: ${first.message}`;
    answer.problem.field = first.field;
  }
  answer.problem.errors = issues.map(({ field, message }) => ({ field, message }));
  return answer;
}

/** Our code for an error of Fastify or its plugins that the caller caused. */
function frameworkCode(error: unknown): string | undefined {
  const { code, statusCode } = (error ?? {}) as Partial<FastifyError>;
  const known = code === undefined ? undefined : FRAMEWORK_CODES[code];
  if (known !== undefined) return known;
  if (statusCode === 413) return 'BODY_TOO_LARGE';
  if (statusCode === 415) return 'MEDIA_TYPE_UNSUPPORTED';
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) return 'REQUEST_INVALID';
  return undefined;
}

/** Answers an error; the unexpected ones are logged here, once, under the id the caller gets. */
export function replyProblem(options: {
  error: unknown;
  request: FastifyRequest;
  reply: FastifyReply;
  logger: Logger;
}): FastifyReply {
  const { error, request, reply, logger } = options;
  const language = languageOf(request.headers['accept-language']);
  const { problem, headers } = problemOf(error, language, request.id);
  if (problem.code === 'INTERNAL_ERROR') {
    logger.error(
      { error, requestId: request.id, method: request.method, route: request.routeOptions.url },
      'request failed unexpectedly',
    );
  } else if (problem.status === 503) {
    logger.debug({ reason: describeError(error) }, 'request answered as unavailable');
  }
  return reply
    .code(problem.status)
    .headers(headers)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .header('content-language', language)
    .header('vary', 'accept-language')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(problem));
}
