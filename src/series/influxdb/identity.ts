import { randomUUID } from 'node:crypto';
import type { Connection } from './connection.ts';
import { InfluxFailure } from './failure.ts';
import { identifier } from './influxql.ts';

/** Holds the mark by which we know our data again. */
const MEASUREMENT = 'sluice_store';
/** A bucket whose data expires must not lose the mark before the data: it is set anew. */
const RENEW_EVERY_MS = 3_600_000;

/** The mark the server has, or null. */
export async function readIdentity(connection: Connection): Promise<string | null> {
  try {
    const statement = `SELECT last("id") FROM ${identifier(MEASUREMENT)}`;
    for await (const { values } of connection.query(statement)) {
      const id = values[0]?.[1];
      if (typeof id === 'string') return id;
    }
  } catch (error) {
    // On 3 there is neither database nor table before the first write.
    const isMissing = error instanceof InfluxFailure && /not found|not exist/i.test(error.why);
    if (!isMissing) throw error;
  }
  return null;
}

export function newIdentity(): string {
  return randomUUID();
}

/** Sets the mark now and then, so that it is always among the newest data. */
export class IdentityMark {
  readonly #connection: Connection;
  #renewAt = Number.NEGATIVE_INFINITY;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async renew(id: string, now: number): Promise<void> {
    if (now >= this.#renewAt) await this.set(id, now);
  }

  async set(id: string, now: number): Promise<void> {
    // Some servers want a tag in every table.
    await this.#connection.write(`${MEASUREMENT},part=identity id="${id}" ${now}`);
    this.#renewAt = now + RENEW_EVERY_MS;
  }
}
