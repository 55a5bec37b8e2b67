import { z } from 'zod';

/** Longest word of a device on why. */
const REASON_LENGTH_MAX = 200;
const SECONDS_MAX = 7 * 86_400;

export const ACKNOWLEDGEMENTS = ['accepted', 'running', 'done', 'refused', 'failed'] as const;

/**
 * A controller's answer to a command, topic `ack`. `accepted`: it will begin; `running`: it has;
 * `done`: it is over, or, of a stop, it stands; `refused`: it will not; `failed`: it could not.
 */
export const acknowledgementSchema = z
  .object({
    id: z.string().min(1).max(100),
    state: z.enum(ACKNOWLEDGEMENTS),
    grantedSeconds: z.number().int().min(0).max(SECONDS_MAX).exactOptional(),
    reason: z.string().max(REASON_LENGTH_MAX).exactOptional(),
  })
  .meta({ id: 'Acknowledgement' });
export type Acknowledgement = z.output<typeof acknowledgementSchema>;

/** What is published on the topic `command`, QoS 1, never retained. */
export const commandMessageSchema = z
  .object({
    id: z.uuid({ version: 'v7' }),
    action: z.string(),
    maxSeconds: z.number().int().min(1).max(SECONDS_MAX).exactOptional(),
    notAfter: z.iso.datetime().describe('The device never begins it later.'),
    sequence: z.number().int().min(1).describe('A device takes none older than it has.'),
  })
  .meta({ id: 'CommandMessage' });
export type CommandMessage = z.output<typeof commandMessageSchema>;
