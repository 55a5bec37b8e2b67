import { AppError } from '../base/errors.ts';

const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400 } as const;

/** `90s`, `30m`, `1h30m` or `2d` in seconds. Throws USAGE. */
export function secondsOf(text: string, option: string): number {
  const parts = [...text.matchAll(/(\d{1,6})([smhd])/g)];
  const isWhole = parts.map(([part]) => part).join('') === text;
  const seconds = parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * SECONDS[unit as keyof typeof SECONDS],
    0,
  );
  if (isWhole && seconds > 0) return seconds;
  throw new AppError('USAGE', `${text} is no time to run`, {
    field: option,
    hint: 'Write 90s, 30m, 1h30m or 2d.',
  });
}

/** Seconds as people write them: `30m`, `1h30m`. */
export function durationText(seconds: number): string {
  let rest = Math.round(seconds);
  let text = '';
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    const count = Math.floor(rest / SECONDS[unit]);
    rest -= count * SECONDS[unit];
    if (count > 0) text += `${count}${unit}`;
  }
  return text === '' ? '0s' : text;
}
