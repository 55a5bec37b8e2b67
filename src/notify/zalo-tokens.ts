import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError, describeError } from '../base/errors.ts';
import { jsonOf } from '../base/http-exchange.ts';
import type { ChannelContext, SendOutcome } from '../contracts/notify.ts';
import { post } from './http-post.ts';

export interface ZaloTokensOptions {
  oauthUrl: string;
  appId: string;
  appSecret: string;
  /** The refresh token of the authorisation; used once, those after it are kept in the memory. */
  refreshToken: string;
  context: Pick<ChannelContext, 'memory' | 'now' | 'print'>;
}

const tokenPair = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  /** Milliseconds since 1970. */
  expiresAt: z.number(),
  renewedAt: z.number(),
  /** Which authorisation they descend from: a new one in the settings replaces them. */
  origin: z.string(),
});

type TokenPair = z.output<typeof tokenPair>;

const answerShape = z.object({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1),
  /** Seconds; it comes as a text. */
  expires_in: z.coerce.number().positive(),
});

const TOKENS = 'tokens';
/** A token that ends while its request is under way is as good as none. */
const EXPIRY_MARGIN_MS = 60_000;
/** Refresh tokens live three months: an alarm that never rings must not let them lapse. */
const RENEW_AFTER_MS = 7 * 86_400_000;

/**
 * The access token of an official account. A refresh token works once and gives the next pair, so
 * renewals never run beside each other and both tokens are kept together before they are used.
 */
export class ZaloTokens {
  readonly #options: ZaloTokensOptions;
  readonly #origin: string;
  #pair: TokenPair | undefined;
  #isKept = true;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ZaloTokensOptions) {
    this.#options = options;
    this.#origin = createHash('sha256').update(options.refreshToken).digest('base64url');
  }

  /** Whatever must not be shown: what was configured and what was renewed. */
  get secrets(): string[] {
    const { appSecret, refreshToken } = this.#options;
    const renewed =
      this.#pair === undefined ? [] : [this.#pair.accessToken, this.#pair.refreshToken];
    return [appSecret, refreshToken, ...renewed];
  }

  /**
   * A token to use now, another than `rejected`. Throws ZALO_TOKEN when Zalo gives none.
   */
  async current(signal: AbortSignal, rejected?: string): Promise<string> {
    const turn = this.#turn.then(async () => {
      const pair = await this.#load();
      const { now } = this.#options.context;
      const isUsable = pair !== undefined && pair.expiresAt - EXPIRY_MARGIN_MS > now();
      if (isUsable && pair.accessToken !== rejected) {
        await this.#keep();
        return pair.accessToken;
      }
      return (await this.#renew(pair, signal)).accessToken;
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Renews tokens that were not renewed for a week; tells the operator when that fails. */
  async keepAlive(signal: AbortSignal): Promise<void> {
    const { context } = this.#options;
    const turn = this.#turn.then(async () => {
      const pair = await this.#load();
      if (pair === undefined || context.now() - pair.renewedAt < RENEW_AFTER_MS) return;
      await this.#renew(pair, signal);
    });
    this.#turn = turn.catch((error: unknown) => {
      context.print(`zalo-zns: the tokens were not renewed: ${describeError(error)}`);
    });
    await this.#turn;
  }

  async #load(): Promise<TokenPair | undefined> {
    if (this.#pair !== undefined) return this.#pair;
    const text = await this.#options.context.memory.get(TOKENS);
    const kept = text === undefined ? undefined : tokenPair.parse(JSON.parse(text));
    this.#pair = kept?.origin === this.#origin ? kept : undefined;
    return this.#pair;
  }

  async #renew(pair: TokenPair | undefined, signal: AbortSignal): Promise<TokenPair> {
    const { oauthUrl, appId, appSecret, context } = this.#options;
    const refreshToken = pair?.refreshToken ?? this.#options.refreshToken;
    const form = { refresh_token: refreshToken, app_id: appId, grant_type: 'refresh_token' };
    let renewed: z.output<typeof answerShape> | undefined;
    const request = {
      url: `${oauthUrl}/v4/oa/access_token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', secret_key: appSecret },
      body: new URLSearchParams(form).toString(),
      secrets: this.secrets,
    };
    const outcome = await post({ ...request, signal, now: context.now }, (answer): SendOutcome => {
      renewed = answerShape.safeParse(jsonOf(answer)).data;
      if (renewed !== undefined) return { state: 'sent', answer: '' };
      return { state: 'retry', answer: answer.text, reason: `status ${answer.status}` };
    });
    if (renewed === undefined) {
      const said = 'reason' in outcome ? `${outcome.reason} ${outcome.answer}`.trim() : '';
      throw new AppError('ZALO_TOKEN', `Zalo gave no new access token: ${said}`, {
        hint: 'If its refresh token lapsed or was used, authorise the app again.',
      });
    }
    const at = context.now();
    this.#pair = {
      accessToken: renewed.access_token,
      refreshToken: renewed.refresh_token,
      expiresAt: at + renewed.expires_in * 1_000,
      renewedAt: at,
      origin: this.#origin,
    };
    this.#isKept = false;
    await this.#keep();
    return this.#pair;
  }

  /** A pair that could not be written stays here and is written with its next use. */
  async #keep(): Promise<void> {
    if (this.#isKept || this.#pair === undefined) return;
    const { memory, print } = this.#options.context;
    try {
      await memory.set(TOKENS, JSON.stringify(this.#pair));
      this.#isKept = true;
    } catch (error) {
      print(`zalo-zns: the new tokens could not be kept: ${describeError(error)}`);
    }
  }
}
