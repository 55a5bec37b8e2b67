import { parseDocument, stringify } from 'yaml';
import { AppError } from './errors.ts';

/** References to one part in a document people write; more of them only blow it up. */
const ALIASES_MAX = 20;
const LINE_WIDTH = 100;

/** Reads one YAML document, or JSON. Throws YAML_INVALID with the line. */
export function readYaml(text: string): unknown {
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true });
  const [error] = document.errors;
  if (error !== undefined) {
    const [reason = 'it cannot be read'] = error.message.split('\n');
    throw invalid(reason.replace(/:$/, ''));
  }
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX }) as unknown;
  } catch {
    throw invalid('it refers to its own parts too often');
  }
}

export function writeYaml(value: unknown): string {
  return stringify(value, { lineWidth: LINE_WIDTH, aliasDuplicateObjects: false });
}

function invalid(reason: string): AppError {
  return new AppError('YAML_INVALID', `this is not YAML: ${reason}`, {
    hint: 'Indent with spaces, and put text with a colon in quotes.',
  });
}
