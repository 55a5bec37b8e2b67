import type { Reason } from '../contracts/irrigation.ts';

/** A step of a reasoning with its numbers, by the code that `docs/irrigation.md` explains. */
export function reasonText({ code, values }: Reason): string {
  const said = Object.entries(values).map(([name, value]) => `${name} ${value ?? 'unknown'}`);
  return said.length === 0 ? code : `${code} (${said.join(', ')})`;
}
