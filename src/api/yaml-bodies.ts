import { AppError } from '../base/errors.ts';
import { readYaml } from '../base/yaml.ts';
import type { ApiScope } from './context.ts';
import { ApiError } from './problems.ts';

/** What people call it, RFC 9512 first. */
const YAML_TYPES = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];
/** A rule of twenty tests with its words in three languages is 8 KB. */
const YAML_BYTES_MAX = 64 * 1024;

/** Routes of this scope take YAML where they take JSON. */
export function takeYaml(scope: ApiScope): void {
  scope.addContentTypeParser(
    YAML_TYPES,
    { parseAs: 'string', bodyLimit: YAML_BYTES_MAX },
    async (_request: unknown, body: string | Buffer) => {
      try {
        return readYaml(body.toString());
      } catch (error) {
        throw error instanceof AppError ? unreadable(error) : error;
      }
    },
  );
}

function unreadable({ message, hint = '' }: AppError): ApiError {
  return new ApiError('BODY_INVALID', {
    vi: `Nội dung không phải là YAML hợp lệ: ${message}`,
    en: `The body is not valid YAML: ${message}. ${hint}`,
    fr: `Le corps n’est pas du YAML valide : ${message}`,
  });
}
