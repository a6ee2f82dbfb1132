/** The SHA-256 of a file as base64, or null where it can't be had: the checksum is optional. */
export type Hasher = (bytes: Uint8Array<ArrayBuffer>) => Promise<string | null>;

/** WebCrypto; null where there is none, as on plain-http pages and in React Native. */
export const webCryptoHasher: Hasher = async (bytes) => {
  const crypto = globalThis.crypto as Partial<Crypto> | undefined;
  if (!crypto?.subtle) return null;
  return toBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
};

/** Of few bytes: a digest. */
export function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
