import { z } from 'zod';

/** Most reports in one message; a device that buffered more sends several messages. */
export const REPORTS_PER_MESSAGE_MAX: number = 500;
/** Largest payload of one message. */
export const MESSAGE_BYTES_MAX: number = 64 * 1024;

/**
 * What a device sends on `…/report`: this object or an array of them. The schema is the document
 * form of the contract; the decoder in `src/ingest` applies it value by value, so that one bad
 * value costs only itself.
 */
export interface Report {
  observedAt?: string | number | undefined;
  sequence?: number | undefined;
  boot?: string | undefined;
  values: Record<string, number>;
}

export const reportSchema: z.ZodType<Report> = z
  .object({
    observedAt: z
      .union([
        z.iso.datetime({ offset: true }),
        z.int().describe('Milliseconds since 1970-01-01T00:00:00Z.'),
      ])
      .optional()
      .describe('When it was observed; without it the time of receipt stands.'),
    sequence: z
      .int()
      .min(0)
      .optional()
      .describe('Counts reports since the device started; tells a repeat from a new report.'),
    boot: z
      .string()
      .max(64)
      .optional()
      .describe('Changes at each start of the device, so that sequences may begin again.'),
    values: z
      .record(z.string(), z.number())
      .describe("Finite numbers by metric name, in the metric's unit and range."),
  })
  .strict();

/** What a device sends on `…/status`, and leaves as its Will. */
export interface Status {
  online: boolean;
  firmware?: string | undefined;
}

export const statusSchema: z.ZodType<Status> = z.object({
  online: z.boolean(),
  firmware: z.string().max(64).optional(),
});

/** What a device is told on `…/rejected`. */
export interface Rejected {
  code: string;
  reason: string;
  sequence: number | null;
}

export const rejectedSchema: z.ZodType<Rejected> = z.object({
  code: z.string(),
  reason: z.string(),
  sequence: z.int().nullable(),
});
