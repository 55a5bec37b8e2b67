import type { Clock } from '../base/clock.ts';
import { type Logger, repeatGuard } from '../base/logger.ts';
import type { Principal } from '../contracts/access.ts';
import { sha256 } from './secrets.ts';

/** A token or a session as far as verifying goes. */
export interface Credential {
  id: string;
  principal: Principal;
  expiresAt: number | null;
  lastUsedAt: number | null;
}

export interface VerifierOptions {
  clock: Clock;
  logger: Logger;
  find(hash: Uint8Array): Promise<Credential | undefined>;
  /** Notes the use; returns when the credential now expires. */
  touch(credential: Credential, at: number): Promise<number | null>;
}

/** What another process removes is noticed within this time; what we remove, at once. */
const REMEMBERED_MS = 10_000;
/** Credentials in use at the same time; 1,000 entries are about 0.5 MB. */
const REMEMBERED_MAX = 1_000;
/** "Last used" is for people: a minute is near enough, and spares the disk a write per request. */
const TOUCH_MS = 60_000;
/** No text we made or accept is longer; hashing a megabyte for a stranger is work for nothing. */
const TEXT_LENGTH_MAX = 1_024;

/** Tells whose text this is, with a short memory so that most requests ask nobody. */
export class Verifier {
  readonly #options: VerifierOptions;
  readonly #remembered = new Map<string, { credential: Credential; until: number }>();
  readonly #quiet: ReturnType<typeof repeatGuard>;
  #removals = 0;

  constructor(options: VerifierOptions) {
    this.#options = options;
    this.#quiet = repeatGuard(options.clock);
  }

  async verify(text: string): Promise<Principal | undefined> {
    if (text.length === 0 || text.length > TEXT_LENGTH_MAX) return undefined;
    const credential = await this.#credentialOf(sha256(text));
    if (credential === undefined) return undefined;
    const now = this.#options.clock.now();
    if (credential.expiresAt !== null && credential.expiresAt <= now) return undefined;
    if (credential.lastUsedAt === null || now - credential.lastUsedAt >= TOUCH_MS) {
      this.#touch(credential, now);
    }
    return credential.principal;
  }

  /** Removed credentials are unknown from now on, also to whoever is being looked up just now. */
  forget(removed: (credential: Credential) => boolean): void {
    this.#removals++;
    for (const [key, { credential }] of this.#remembered) {
      if (removed(credential)) this.#remembered.delete(key);
    }
  }

  async #credentialOf(hash: Uint8Array): Promise<Credential | undefined> {
    const { clock, find } = this.#options;
    const key = Buffer.from(hash).toString('base64url');
    const known = this.#remembered.get(key);
    if (known !== undefined && clock.monotonic() < known.until) return known.credential;
    this.#remembered.delete(key);
    const removals = this.#removals;
    const credential = await find(hash);
    // A removal during the look-up may have been this very one: then it is not remembered.
    if (credential !== undefined && removals === this.#removals) {
      if (this.#remembered.size >= REMEMBERED_MAX) this.#forgetOldest();
      this.#remembered.set(key, { credential, until: clock.monotonic() + REMEMBERED_MS });
    }
    return credential;
  }

  #forgetOldest(): void {
    const oldest = this.#remembered.keys().next();
    if (!oldest.done) this.#remembered.delete(oldest.value);
  }

  /** Not waited for: a slow disk must not slow a request that only reads. */
  #touch(credential: Credential, now: number): void {
    credential.lastUsedAt = now;
    const { touch, logger } = this.#options;
    touch(credential, now).then(
      (expiresAt) => {
        credential.expiresAt = expiresAt;
      },
      (error: unknown) => {
        this.#quiet('touch', (suppressed) =>
          logger.warn({ error, suppressed }, 'the last use of a credential could not be noted'),
        );
      },
    );
  }
}
