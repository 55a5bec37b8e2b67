import type { SendOutcome } from '../contracts/notify.ts';

/** Shortest text that is a secret; hiding a shorter one would make every answer unreadable. */
const SECRET_LENGTH_MIN = 4;
/** What is kept of an answer; cut only after hiding, or half a secret would stay at its end. */
const ANSWER_LENGTH_MAX = 500;

/** The text without these secrets, nor as they look in a URL or inside a JSON text. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const forms = secrets
    .filter(({ length }) => length >= SECRET_LENGTH_MIN)
    .flatMap((secret) => [
      secret,
      new URLSearchParams({ secret }).toString().slice('secret='.length),
      JSON.stringify(secret).slice(1, -1),
    ])
    // A secret may hold another one: the longest goes first.
    .sort((left, right) => right.length - left.length);
  return forms.reduce((shown, form) => shown.replaceAll(form, '(hidden)'), text);
}

/** The outcome as it may be kept and shown: no secrets, no control characters, not long. */
export function presentable(outcome: SendOutcome, secrets: readonly string[]): SendOutcome {
  // Control characters in an answer would command the terminal it is printed on.
  const clean = (text: string): string =>
    hideSecrets(text, secrets)
      .replace(/\p{Cc}+/gu, ' ')
      .trim()
      .slice(0, ANSWER_LENGTH_MAX);
  const answer = clean(outcome.answer);
  return 'reason' in outcome
    ? { ...outcome, answer, reason: clean(outcome.reason) }
    : { ...outcome, answer };
}
