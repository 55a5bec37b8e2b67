import { AppError } from '../base/errors.ts';

const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

/** Throws ID_INVALID: ids stand in topics, paths and file names, so their letters are few. */
export function assertId(id: string, field = 'id'): void {
  if (ID.test(id)) return;
  throw new AppError('ID_INVALID', `${JSON.stringify(id.slice(0, 80))} is not an id`, {
    field,
    hint: 'Use 1 to 63 letters, digits, - and _, the first a letter or digit.',
  });
}
