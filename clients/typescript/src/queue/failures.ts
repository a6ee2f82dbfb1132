import { NetworkError, PhotodockError, StorageError } from "../errors.js";
import type { ItemError } from "./item.js";

/**
 * What a failure means for an item: `later` (it may pass: never given up), `session` (nothing works until somebody signs
 * in, and then all does), `url` and `file` (S3 takes this URL, or these bytes, not: a fresh try, a few times), `never`.
 */
export type Verdict = "later" | "session" | "url" | "file" | "never";

/** S3's codes for bytes that are not those that were declared. */
const OTHER_BYTES = new Set(["BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"]);
/** S3's 400s that a broken or slow connection causes. */
const BROKEN = new Set(["RequestTimeout", "IncompleteBody"]);
const SESSION = new Set(["insufficient_scope", "token_unavailable"]);
const ENDED_CREDENTIALS = new Set(["ExpiredToken", "TokenRefreshRequired"]);

export function verdictOf(error: unknown): Verdict {
  if (error instanceof FileError) return "never";
  // A bug, or what a captive portal sends in the service's place: no reason to give a photo up.
  if (!(error instanceof PhotodockError) || error.code === "unexpected_answer") return "later";
  if (error instanceof StorageError) return ofStorage(error);
  if (error.status === 401 || SESSION.has(error.code)) return "session";
  return error.retryable ? "later" : "never";
}

function ofStorage(error: StorageError): Verdict {
  const code = error.storageCode;
  if (error.retryable || code === "" || BROKEN.has(code)) return "later";
  if (OTHER_BYTES.has(code)) return "file";
  return error.status === 403 || ENDED_CREDENTIALS.has(code) ? "url" : "never";
}

/** Whether the service has no such call: it is older than this client. */
export function isUnknownCall(error: unknown): boolean {
  return error instanceof PhotodockError && (error.code === "not_found" || error.status === 405);
}

/** Whether no answer came at all. */
export function isNetworkFailure(error: unknown): boolean {
  return error instanceof NetworkError;
}

/** The file is not to be had, or is another one than was added. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: "file_missing" | "file_changed";

  constructor(code: "file_missing" | "file_changed", detail: string) {
    super(detail);
    this.code = code;
  }
}

export function toItemError(error: unknown): ItemError {
  if (error instanceof PhotodockError) return { code: error.code, detail: error.detail };
  if (error instanceof FileError) return { code: error.code, detail: error.message };
  return { code: "unexpected", detail: error instanceof Error ? error.message : String(error) };
}
