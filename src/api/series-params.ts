import { z } from 'zod';
import { idSchema } from '../../schemas/common.ts';
import { isTimeZone } from '../base/local-clock.ts';
import { FILLS, VALUE_VERSIONS } from '../contracts/history.ts';
import { AGGREGATE_FUNCTIONS } from '../contracts/series.ts';
import { everyQuery } from './every.ts';
import { instantQuery } from './instants.ts';
import { ApiError } from './problems.ts';
import { listOf } from './query.ts';
import { fileQuery } from './series-files.ts';

/** Rows of one JSON answer: half a million are about 20 MB, what a browser still parses. */
export const JSON_ROWS_MAX = 500_000;
/** Points of a thinned series: a wall screen has 8,000 columns, and no chart needs more. */
const POINTS_MAX = 10_000;
/** Cursors are two times and a short hash; none comes near this length. */
const CURSOR_LENGTH_MAX = 512;

export const metricName: z.ZodString = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,62}$/);

export const zoneQuery = z
  .string()
  .max(64)
  .refine(isTimeZone, { params: { code: 'ZONE_INVALID' } })
  .optional()
  .describe('IANA time zone of plain dates and of days, weeks, months and years.');

const targets = {
  device: listOf(idSchema).describe('Device ids; one of device, site and coop is needed.'),
  site: listOf(idSchema).describe('Site ids.'),
  coop: listOf(idSchema).describe('Cooperative ids.'),
};

const range = {
  metric: listOf(metricName).describe("Metric names; all of the devices' kinds without it."),
  from: instantQuery.optional().describe('Start, included; 24 hours before `to` without it.'),
  to: instantQuery.optional().describe('End, excluded; now without it.'),
  tz: zoneQuery,
};

const shape = {
  every: everyQuery.optional(),
  fn: listOf(z.enum(AGGREGATE_FUNCTIONS)).describe('Functions over each bucket; mean without it.'),
  fill: z
    .enum(FILLS)
    .default('none')
    .describe(
      'What an empty bucket shows: no row, nulls, the bucket before, or a line between. Needs every.',
    ),
  points: z.coerce
    .number()
    .int()
    .min(2)
    .max(POINTS_MAX)
    .optional()
    .describe(
      'For charts: at most so many points per series, the least and the greatest of each stretch.',
    ),
  values: z
    .enum(VALUE_VERSIONS)
    .default('corrected')
    .describe('As the device said, corrected, or both side by side (points only).'),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(JSON_ROWS_MAX)
    .optional()
    .describe(
      'Most rows per series. Of points in JSON it makes pages: each ends at one instant for all series, and `next` goes on behind it.',
    ),
  cursor: z
    .string()
    .min(1)
    .max(CURSOR_LENGTH_MAX)
    .optional()
    .describe('The `next` of the page before; everything else as it was asked then.'),
  order: z.enum(['asc', 'desc', 'ascending', 'descending']).default('asc'),
};

/** Parameters of `/series`. */
export const seriesQuery = z.strictObject({ ...targets, ...range, ...shape, ...fileQuery });

/** Parameters of the series of one site. */
export const siteSeriesQuery = z.strictObject({ ...range, ...shape, ...fileQuery });

export const statsQuery = z.strictObject({
  ...targets,
  ...range,
  values: z
    .enum(VALUE_VERSIONS)
    .exclude(['both'])
    .default('corrected')
    .describe('As the device said, or corrected.'),
});

export type SeriesRequest = z.output<typeof seriesQuery>;
/** Which series over which time: what every question to history has. */
export type SeriesTargets = Omit<z.output<typeof statsQuery>, 'values'>;

const text = (vi: string, en: string, fr: string): ApiError['detail'] => ({ vi, en, fr });

/** A parameter that does not go with the others, in the reader's language. */
export function invalid(field: string, detail: ApiError['detail']): ApiError {
  return new ApiError('REQUEST_INVALID', detail, { field });
}

/** Throws REQUEST_INVALID for parameters that are right by themselves and wrong together. */
export function checkTogether(request: SeriesRequest): void {
  const { every, fn, fill, points, values, limit, cursor, format } = request;
  const descending = isDescending(request);
  const wrong: ReadonlyArray<readonly [boolean, string, ApiError['detail']]> = [
    [every === undefined && fn !== undefined, 'every', EVERY_MISSING],
    [every === undefined && fill !== 'none', 'every', FILL_ALONE],
    [every !== undefined && values === 'both', 'values', BOTH_WITH_EVERY],
    [points !== undefined && every !== undefined, 'points', POINTS_WITH_EVERY],
    [points !== undefined && descending, 'points', POINTS_DESCENDING],
    [points !== undefined && limit !== undefined, 'points', POINTS_WITH_LIMIT],
    [cursor !== undefined && limit === undefined, 'limit', CURSOR_ALONE],
    [cursor !== undefined && every !== undefined, 'cursor', CURSOR_WITH_EVERY],
    [cursor !== undefined && format !== 'json', 'cursor', CURSOR_WITH_FILE],
  ];
  for (const [isWrong, field, detail] of wrong) if (isWrong) throw invalid(field, detail);
}

export function isDescending({ order }: Pick<SeriesRequest, 'order'>): boolean {
  return order.startsWith('desc');
}

const EVERY_MISSING = text(
  'fn cần every, ví dụ every=1h.',
  'fn needs every, such as every=1h.',
  'fn exige every, par exemple every=1h.',
);
const FILL_ALONE = text(
  'fill cần every, ví dụ every=1h.',
  'fill needs every, such as every=1h.',
  'fill exige every, par exemple every=1h.',
);
const BOTH_WITH_EVERY = text(
  'values=both chỉ dùng cho điểm đo: hãy bỏ every, hoặc dùng values=raw hay values=corrected.',
  'values=both is for points: leave every out, or use values=raw or values=corrected.',
  'values=both vaut pour les points : omettez every, ou utilisez values=raw ou values=corrected.',
);
const POINTS_WITH_EVERY = text(
  'points chỉ dùng cho điểm đo: hãy chọn points hoặc every.',
  'points is for points: use either points or every.',
  'points vaut pour les points : utilisez points ou every.',
);
const POINTS_DESCENDING = text(
  'points luôn theo thứ tự thời gian: hãy bỏ order.',
  'points always come oldest first: leave order out.',
  'points va du plus ancien au plus récent : omettez order.',
);
const POINTS_WITH_LIMIT = text(
  'points đã giới hạn số dòng: hãy bỏ limit.',
  'points already limits the rows: leave limit out.',
  'points limite déjà les lignes : omettez limit.',
);
const CURSOR_ALONE = text(
  'cursor cần limit, như ở trang trước.',
  'cursor needs limit, as on the page before.',
  'cursor exige limit, comme à la page précédente.',
);
const CURSOR_WITH_EVERY = text(
  'Trang chỉ có cho điểm đo: hãy bỏ every hoặc cursor.',
  'Pages are for points: leave every or cursor out.',
  'Les pages valent pour les points : omettez every ou cursor.',
);
const CURSOR_WITH_FILE = text(
  'Trang chỉ có trong JSON; tệp được gửi trọn vẹn: hãy bỏ cursor hoặc format.',
  'Pages are JSON; a file is sent whole: leave cursor or format out.',
  'Les pages sont en JSON ; un fichier est envoyé entier : omettez cursor ou format.',
);
