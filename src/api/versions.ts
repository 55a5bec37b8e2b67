import type { FastifyRequest } from 'fastify';
import type { Localized } from '../contracts/localized.ts';
import { ApiError } from './problems.ts';
import { invalid } from './series-params.ts';

/** The version of `If-Match: "3"`, RFC 9110 section 13.1.1. */
export function versionOf({ headers }: Pick<FastifyRequest, 'headers'>): number | undefined {
  const asked = headers['if-match']?.trim();
  if (asked === undefined || asked === '*') return undefined;
  const [, version] = /^"(\d{1,9})"$/.exec(asked) ?? [];
  if (version === undefined) throw invalid('if-match', NO_VERSION);
  return Number(version);
}

const NO_VERSION: Localized = {
  vi: 'Cần số phiên bản trong ngoặc kép, như "3".',
  en: 'Give the version in quotes, such as "3".',
  fr: 'Donnez la version entre guillemets, comme "3".',
};

/** Throws 409 when what was read is not what stands now; without a version nothing is asked. */
export function requireVersion(
  code: 'PROGRAMME_CONFLICT' | 'ACTUATOR_CONFLICT',
  asked: number | undefined,
  standing: number | undefined,
): void {
  if (asked === undefined || asked === standing) return;
  const now = standing ?? 0;
  throw new ApiError(
    code,
    {
      vi: `Bạn sửa từ phiên bản ${asked}, nay đã là ${now}. Hãy đọc lại rồi lưu.`,
      en: `This was changed from version ${asked}, and it is ${now} by now. Read it again, then save.`,
      fr: `Modifié depuis la version ${asked}, c’est maintenant la ${now}. Relisez, puis enregistrez.`,
    },
    { field: 'version' },
  );
}

/** Lets one piece of work begin when the one before it has ended: what was checked still stands. */
export function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
