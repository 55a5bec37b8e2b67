import type { Clock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import type { Journal } from '../contracts/journal.ts';
import type { Registry } from '../contracts/registry.ts';
import type { HandReports } from '../contracts/survey.ts';

export interface HandReportsOptions {
  journal: Pick<Journal, 'append'>;
  registry: Pick<Registry, 'source'>;
  clock: Clock;
  /** How far ahead of our clock an observed time may be, as for reports. */
  clockFutureMs: number;
}

/**
 * Hands what people measured to the journal as an imported report: the device itself was not heard.
 * Who said it and their note stay in the frame beside the values.
 */
export function createHandReports(options: HandReportsOptions): HandReports {
  const { journal, registry, clock, clockFutureMs } = options;
  return {
    latestTime: () => clock.now() + clockFutureMs,

    async record({ device, observedAt, values, who, note }) {
      const source = registry.source(device);
      if (source === undefined) {
        throw new AppError('DEVICE_NOT_FOUND', `there is no device ${device}`);
      }
      const payload = Buffer.from(JSON.stringify({ observedAt, values, who, note }));
      const receivedAt = clock.now();
      await new Promise<void>((resolve, reject) => {
        journal.append({ source, topic: 'import', payload, receivedAt }, (error) => {
          if (error === null) resolve();
          else reject(error);
        });
      });
    },
  };
}
