/**
 * What can go wrong, apart from an abort, which passes through as the reason of its signal.
 *
 *     PhotodockError        `code` says what happened; of the API: one of docs/errors.md. Of this package:
 *     │                     `token_unavailable`, `unexpected_answer`, `streaming_unsupported`, `file_missing`
 *     ├── NetworkError      no answer came: `network_error`, `timeout`
 *     └── StorageError      S3 did not take the file: `storage_refused`; `storageCode` is S3's own
 */

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

export interface ErrorFacts {
  readonly status?: number | undefined;
  readonly correlationId?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly fieldErrors?: readonly FieldError[] | undefined;
  readonly cause?: unknown;
}

export class PhotodockError extends Error {
  override readonly name: string = "PhotodockError";
  /** Stable; decide by this one. */
  readonly code: string;
  /** A sentence that says what to do. */
  readonly detail: string;
  /** Of the HTTP answer; undefined where there was none. */
  readonly status: number | undefined;
  /** Names the request in the service's log. */
  readonly correlationId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** With `invalid_request`: what is wrong with which field. */
  readonly fieldErrors: readonly FieldError[];

  constructor(code: string, detail: string, facts: ErrorFacts = {}) {
    super(detail, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.detail = detail;
    this.status = facts.status;
    this.correlationId = facts.correlationId;
    this.retryAfterSeconds = facts.retryAfterSeconds;
    this.fieldErrors = facts.fieldErrors ?? [];
  }

  /** Whether the same request may succeed later. Of all 4xx only 408 and 429 may. */
  get retryable(): boolean {
    return this.status !== undefined && (this.status >= 500 || this.status === 408 || this.status === 429);
  }
}

export class NetworkError extends PhotodockError {
  override readonly name = "NetworkError";

  constructor(code: "network_error" | "timeout", detail: string, cause?: unknown) {
    super(code, detail, { cause });
  }

  override get retryable(): boolean {
    return true;
  }
}

export class StorageError extends PhotodockError {
  override readonly name = "StorageError";
  /** `AccessDenied`, `BadDigest`, …; empty where S3's answer could not be read. */
  readonly storageCode: string;

  constructor(status: number, storageCode: string, retryAfterSeconds?: number) {
    super("storage_refused", `The store answered ${String(status)} ${storageCode}`.trimEnd() + ".", {
      status,
      retryAfterSeconds,
    });
    this.storageCode = storageCode;
  }

  /** S3's 409 (`ConditionalRequestConflict`: another write of the same key was under way) passes too. */
  override get retryable(): boolean {
    return this.status === 409 || super.retryable;
  }

  /** The URL has ended, or its headers were not those that were signed. */
  get mayHaveExpired(): boolean {
    return this.status === 403;
  }
}
