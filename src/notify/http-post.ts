import { AppError, describeError } from '../base/errors.ts';
import { type Answer, type Exchange, exchange } from '../base/http-exchange.ts';
import type { SendOutcome } from '../contracts/notify.ts';
import { presentable } from './hide.ts';
import { late } from './open-channels.ts';

export interface Post extends Omit<Exchange, 'deadlineMs' | 'late'> {
  /** Shorter than what a channel is given, so that it says more. */
  deadlineMs?: number;
  /** Hidden in whatever is answered. */
  secrets?: readonly string[];
}

const DEADLINE_MS = 8_000;

/**
 * One exchange with a provider, judged by `judge`. Never throws for what the network or the other
 * side does: that may work later, unless the address is one that must not be dialled.
 */
export async function post(
  request: Post,
  judge: (answer: Answer) => SendOutcome,
): Promise<SendOutcome> {
  const { secrets = [], deadlineMs = DEADLINE_MS, ...rest } = request;
  let outcome: SendOutcome;
  try {
    outcome = judge(await exchange({ ...rest, deadlineMs, late: () => late(deadlineMs) }));
  } catch (error) {
    const isForbidden = error instanceof AppError && error.code === 'ADDRESS_FORBIDDEN';
    const state = isForbidden ? 'refused' : 'retry';
    outcome = { state, answer: '', reason: describeError(error) };
  }
  return presentable(outcome, secrets);
}

/** The outcome of an answer that did not do it and may do so later. */
export function laterOutcome({ text, afterMs }: Answer, reason: string): SendOutcome {
  return { state: 'retry', answer: text, reason, ...(afterMs === undefined ? {} : { afterMs }) };
}
