/** A hash as it is stored. */
export function hashText(hash: Uint8Array): string {
  return Buffer.from(hash).toString('base64url');
}

export function hashBytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
