import { z } from 'zod';
import { HEALTH_CODES } from '../src/contracts/health.ts';
import { SEVERITIES } from '../src/contracts/rule.ts';
import { idSchema, instantSchema, localizedSchema, nameSchema } from './common.ts';

/** An existing fleet may bring its own secrets, when they are as long as ours would be. */
export const SECRET_LENGTH_MIN = 32;
const SECRET_LENGTH_MAX = 256;
/** A device that reports less than once a month is not being watched. */
const INTERVAL_SECONDS_MAX = 31 * 86_400;

const secretSchema = z
  .string()
  .min(SECRET_LENGTH_MIN)
  .max(SECRET_LENGTH_MAX)
  .describe('Brings an existing secret; without it a new one is made.');

const intervalSchema = z
  .int()
  .min(1)
  .max(INTERVAL_SECONDS_MAX)
  .nullable()
  .optional()
  .describe("Expected seconds between reports; null for the kind's own.");

/** A label, not a description. */
const TAG_LENGTH_MAX = 40;
const TAGS_MAX = 20;

const tagsSchema = z
  .array(z.string().trim().min(1).max(TAG_LENGTH_MAX))
  .max(TAGS_MAX)
  .transform((tags) => [...new Set(tags)].sort())
  .optional()
  .describe('Words that rules may ask for.');

const gatewaySchema = idSchema
  .nullable()
  .optional()
  .describe("Device whose link this one's messages pass; its silence explains this one's.");

/** What is sent to create a device. Its id is also its MQTT client id and user name. */
export const deviceInputSchema = z.strictObject({
  id: idSchema,
  coop: idSchema,
  site: idSchema.nullable().optional(),
  kind: z.string().min(1).max(63),
  name: nameSchema.nullable().optional(),
  secret: secretSchema.optional(),
  intervalSeconds: intervalSchema,
  tags: tagsSchema,
  gateway: gatewaySchema,
});

export type DeviceInput = z.infer<typeof deviceInputSchema>;

export const deviceChangeSchema = z.strictObject({
  site: idSchema.nullable().optional(),
  name: nameSchema.nullable().optional(),
  intervalSeconds: intervalSchema,
  tags: tagsSchema,
  gateway: gatewaySchema,
});

export const secretInputSchema = z.strictObject({ secret: secretSchema.optional() });

const findingShape = {
  code: z.enum(HEALTH_CODES),
  severity: z.enum(SEVERITIES),
};

export const healthFindingSchema = z
  .object({ ...findingShape, text: localizedSchema })
  .meta({ id: 'HealthFinding' });

export const deviceSchema = z
  .object({
    id: z.string(),
    coop: z.string(),
    site: z.string().nullable(),
    kind: z.string(),
    name: z.string().nullable(),
    intervalSeconds: z.number().nullable().describe('As declared; null: not.'),
    expectedSeconds: z
      .number()
      .nullable()
      .describe("Expected between its reports: declared, else learned from them, else the kind's."),
    tags: z.array(z.string()).readonly(),
    gateway: z.string().nullable(),
    createdAt: instantSchema,
    online: z.boolean().describe('Connected to the broker now.'),
    lastSeenAt: instantSchema.nullable().describe('When it last said anything; null: never.'),
    firmware: z.string().nullable(),
    health: z
      .array(z.object(findingShape))
      .describe('What is wrong with it, the gravest first; the texts are under `/health`.'),
  })
  .meta({ id: 'Device' });

export const credentialsSchema = z
  .object({
    clientId: z.string(),
    username: z.string(),
    password: z.string().describe('Shown this once; only its hash is kept.'),
  })
  .meta({ id: 'Credentials' });

export const createdDeviceSchema = z
  .object({ device: deviceSchema, credentials: credentialsSchema })
  .meta({ id: 'CreatedDevice' });
