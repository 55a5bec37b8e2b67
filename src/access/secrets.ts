import { hash, randomBytes } from 'node:crypto';
import { AppError } from '../base/errors.ts';

/** 256 random bits: nobody guesses them, so a plain SHA-256 keeps them safe at rest. */
const SECRET_BYTES = 32;
/** A secret brought along must be as hard to guess; 32 letters are the least that can be. */
export const SECRET_LENGTH_MIN = 32;
/** A CONNECT packet may have 4 KiB, of which ids and the rest need less than 1. */
const SECRET_LENGTH_MAX = 1_024;
/** Scanners that look for leaked secrets find an API token by it. */
const TOKEN_PREFIX = 'sluice_';

export function newSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

export function newTokenText(): string {
  return TOKEN_PREFIX + newSecret();
}

export function sha256(text: string): Uint8Array {
  return hash('sha256', text, 'buffer');
}

/** What is stored of a device secret. Throws SECRET_TOO_SHORT or SECRET_TOO_LONG. */
export function hashSecret(text: string): Uint8Array {
  if (text.length < SECRET_LENGTH_MIN) {
    throw new AppError(
      'SECRET_TOO_SHORT',
      `a secret has at least ${SECRET_LENGTH_MIN} characters`,
      {
        field: 'secret',
        hint: 'Leave it out and a good one is made for you.',
      },
    );
  }
  if (text.length > SECRET_LENGTH_MAX) {
    throw new AppError('SECRET_TOO_LONG', `a secret has at most ${SECRET_LENGTH_MAX} characters`, {
      field: 'secret',
    });
  }
  return sha256(text);
}
