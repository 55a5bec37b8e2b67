import { AppError } from '../base/errors.ts';
import { unknownReference } from './problems.ts';

/**
 * Runs a creation or change. What the state does not find is then something the body refers to, so
 * it answers 422 with the field, not 404 as if the route were missing.
 */
export async function withReferences<T>(
  refers: { coop?: string; site?: string | null | undefined },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'COOP_NOT_FOUND' && refers.coop !== undefined) {
      throw unknownReference('COOP', refers.coop, 'coop');
    }
    if (error.code === 'SITE_NOT_FOUND' && typeof refers.site === 'string') {
      throw unknownReference('SITE', refers.site, 'site');
    }
    throw error;
  }
}
