import type { Page } from '../contracts/state.ts';

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };
type OptionalKeys<T> = { [Key in keyof T]-?: undefined extends T[Key] ? Key : never }[keyof T];
type WithoutUndefined<T> = Defined<Omit<T, OptionalKeys<T>> & Partial<Pick<T, OptionalKeys<T>>>>;

/** The object without its undefined fields: "not said" must not become "set to nothing". */
export function withoutUndefined<T extends object>(value: T): WithoutUndefined<T> {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(entries) as WithoutUndefined<T>;
}

/** A page as the stores take it, from the parameters every list has. */
export function pageFrom({ limit, cursor }: { limit: number; cursor?: string | undefined }): Page {
  return cursor === undefined ? { limit } : { limit, after: cursor };
}
