import { AppError } from '../base/errors.ts';
import type { Client, ClientRequest } from './client.ts';
import type { Terminal } from './output.ts';

/**
 * Sends it; where the server asks for a second word, a person gives it on the terminal, or `--yes`
 * has given it. Throws CONFIRMATION_NEEDED when nobody does.
 */
export async function sendConfirmed<T>(
  client: Client,
  request: ClientRequest,
  { terminal, yes }: { terminal: Terminal; yes: boolean },
): Promise<T> {
  try {
    return await client.send<T>(request);
  } catch (error) {
    if (!(error instanceof AppError) || error.confirmation === undefined) throw error;
    const { message, confirmation } = error;
    if (!yes && !(await terminal.agrees(message))) {
      const hint = 'Nothing was done. Say --yes when it is meant.';
      throw new AppError('CONFIRMATION_NEEDED', message, { hint });
    }
    return client.send<T>({ ...request, headers: { ...request.headers, confirmation } });
  }
}
