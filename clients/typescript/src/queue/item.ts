import type { ClientMetadata, PhotoStatus, UploadRequest } from "../models.js";

/**
 * How far an item has come. Each may be done again from its beginning (ADR 0025).
 *
 *     waiting → ready → sending → sent → processing → completed
 *
 * `sending`: a PUT has begun and its end is not known. `failed`: it cannot go on by itself, `error` says why.
 * `cancelling`: the photo is to be deleted, then the item.
 */
export type Step = "waiting" | "ready" | "sending" | "sent" | "processing" | "completed" | "failed" | "cancelling";

/**
 * Where the file is: `store` (kept beside the record), `uri` (a file of the app), `page` (nowhere but in the page: after
 * a reload it must be given again).
 */
export type FileOrigin =
  { readonly kind: "store" } | { readonly kind: "uri"; readonly uri: string } | { readonly kind: "page" };

export interface ItemError {
  /** Of the API (docs/errors.md), `network_error`, `timeout`, `storage_refused`, `file_missing` or `file_changed`. */
  readonly code: string;
  readonly detail: string;
}

/** What one PUT needs. `expiresAt` is in milliseconds of this machine's clock, whose error so cancels out. */
export interface UploadTarget {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: number;
}

export interface MultipartState {
  readonly partSize: number;
  readonly partCount: number;
}

/** What is stored of each photo: plain JSON. */
export interface StoredItem {
  readonly id: string;
  /** Under which the photo is asked for: however often, there is one. Null: the id. */
  readonly idempotencyKey: string | null;
  /** Milliseconds; no two of one queue alike. */
  readonly addedAt: number;
  /** When it became `completed` or `failed`. */
  readonly endedAt: number | null;
  readonly projectId: string;
  readonly fileName: string;
  readonly fileSize: number;
  readonly mimeType: string;
  readonly detectionTypes: readonly string[] | null;
  readonly priority: UploadRequest["priority"] | null;
  readonly clientMetadata: ClientMetadata | null;
  readonly origin: FileOrigin;
  /** The same for the same file of the same project; null where that cannot be told. */
  readonly fingerprint: string | null;
  readonly step: Step;
  readonly paused: boolean;
  /** Base64; null: there is none; undefined: not computed yet. */
  readonly checksum: string | null | undefined;
  /** Whether the service was asked if it has the photo already. */
  readonly looked: boolean;
  /** The project had this very photo before. */
  readonly existing: boolean;
  readonly photoId: string | null;
  readonly target: UploadTarget | null;
  readonly multipart: MultipartState | null;
  readonly photoStatus: PhotoStatus | null;
  /** Somebody wants its failed detection to be started again. Undefined in records that are older than this field. */
  readonly restart?: boolean | undefined;
  /** How often S3 refused the file, or had not what it said it took: a few times may pass. */
  readonly refusals: number;
  readonly error: ItemError | null;
}

/** What is shown: the record, and what is known of this moment. */
export interface QueueItem extends StoredItem {
  readonly sentBytes: number;
  /** From 0 to 1: the file's bytes are the way to 0.9, the detection is the rest. */
  readonly progress: number;
  /** Why it waits, where it waits: it goes on by itself. */
  readonly lastError: ItemError | null;
  /** Whether `retry` can change anything: it has failed, and not because of what the file is. */
  readonly canRetry: boolean;
}

export function keyOf({ idempotencyKey, id }: StoredItem): string {
  return idempotencyKey ?? id;
}

export function hasEnded(item: StoredItem): boolean {
  return item.step === "completed" || item.step === "failed";
}

/** Whether the service has the file, so that nobody needs it here. A failed detection changes nothing about that. */
export function hasArrived(item: StoredItem): boolean {
  if (item.step === "failed") return item.photoStatus !== null && !NEVER_ARRIVED.has(item.error?.code ?? "");
  return item.step === "processing" || item.step === "completed";
}

/** Bytes that are not what was declared are refused each time. */
export function canRetry(item: StoredItem): boolean {
  return item.step === "failed" && item.error?.code !== "content_mismatch";
}

const NEVER_ARRIVED = new Set(["content_mismatch", "upload_expired"]);
