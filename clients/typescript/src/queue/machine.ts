import type { IssuedUpload, Photo, PhotoStatus } from "../models.js";
import { canRetry, hasArrived, type ItemError, type MultipartState, type Step, type StoredItem } from "./item.js";

/** What happened to an item. */
export type ItemEvent =
  | { readonly type: "hashed"; readonly checksum: string | null }
  /** The service was asked whether it has the photo already. */
  | { readonly type: "looked"; readonly photoId: string | null; readonly status: PhotoStatus | null }
  /** A URL was issued, the first or a fresh one. */
  | { readonly type: "issued"; readonly upload: IssuedUpload; readonly at: number }
  | { readonly type: "split"; readonly multipart: MultipartState | null }
  /** The first byte is about to leave. */
  | { readonly type: "began" }
  /** The PUT ended before the last byte had left: it cannot have arrived. */
  | { readonly type: "interrupted" }
  /** S3 has the object: 200, or 412. */
  | { readonly type: "stored" }
  /** S3 does not take this URL, or these bytes. */
  | { readonly type: "refused"; readonly error: ItemError; readonly at: number }
  /** The service looked and found no object. */
  | { readonly type: "missing"; readonly error: ItemError; readonly at: number }
  /** The service has nothing to send any more: whether the photo arrived, a confirm says. */
  | { readonly type: "closed" }
  | { readonly type: "photo"; readonly photo: Pick<Photo, "id" | "status" | "error">; readonly at: number }
  | { readonly type: "failed"; readonly error: ItemError; readonly at: number }
  | { readonly type: "retried" }
  | { readonly type: "paused"; readonly paused: boolean }
  | { readonly type: "cancelled" };

/** Refusals that may pass: a URL that ended early, a byte that was damaged on the way. */
const REFUSALS = 3;

/** Steps from which each event leads on. In all others it comes too late and changes nothing. */
const FROM: Readonly<Record<ItemEvent["type"], readonly Step[]>> = {
  hashed: ["waiting"],
  looked: ["waiting"],
  issued: ["waiting", "ready", "cancelling"],
  split: ["ready", "sending"],
  began: ["ready"],
  interrupted: ["sending"],
  stored: ["sending"],
  refused: ["ready", "sending"],
  missing: ["sending", "sent"],
  closed: ["ready", "sending"],
  photo: ["ready", "sending", "sent", "processing"],
  failed: ["waiting", "ready", "sending", "sent", "processing"],
  retried: ["failed"],
  paused: ["waiting", "ready", "sending", "sent", "processing", "failed"],
  cancelled: ["waiting", "ready", "sending", "sent", "failed"],
};

/** The item after the event; the very same object where nothing changes. Knows neither time nor store nor network. */
export function advance(item: StoredItem, event: ItemEvent): StoredItem {
  if (!FROM[event.type].includes(item.step)) return item;
  switch (event.type) {
    case "hashed":
      return { ...item, checksum: event.checksum };
    case "looked":
      return looked(item, event.photoId, event.status);
    case "issued":
      return issued(item, event.upload, event.at);
    case "split":
      return { ...item, multipart: event.multipart };
    case "began":
      return { ...item, step: "sending" };
    case "interrupted":
      return { ...item, step: "ready" };
    case "stored":
    case "closed":
      return { ...item, step: "sent" };
    case "refused":
      return again(item, event.error, event.at);
    case "missing":
      // Of a PUT whose end was not known that is no surprise, of one that S3 had confirmed it is.
      return item.step === "sent" ? again(item, event.error, event.at) : { ...item, step: "ready" };
    case "photo":
      return followed(item, event.photo, event.at);
    case "failed":
      return failed(item, event.error, event.at);
    case "retried":
      return retried(item);
    case "paused":
      return item.paused === event.paused ? item : { ...item, paused: event.paused };
    case "cancelled":
      return { ...item, step: "cancelling", error: null, endedAt: null, paused: false };
  }
}

function looked(item: StoredItem, photoId: string | null, status: PhotoStatus | null): StoredItem {
  if (photoId === null) return { ...item, looked: true };
  return { ...item, looked: true, existing: true, photoId, photoStatus: status, step: "processing" };
}

function issued(item: StoredItem, upload: IssuedUpload, at: number): StoredItem {
  const target = {
    url: upload.upload_url,
    method: upload.method,
    headers: upload.headers,
    expiresAt: at + upload.expires_in_seconds * 1000,
  };
  const step = item.step === "cancelling" ? "cancelling" : "ready";
  return { ...item, step, photoId: upload.photo_id, target };
}

/**
 * Back to sending with a fresh URL, a few times. An upload in parts begins with one too: by it a photo that was given up
 * is waited for again, and parts that are there stay.
 */
function again(item: StoredItem, error: ItemError, at: number): StoredItem {
  const refusals = item.refusals + 1;
  if (refusals >= REFUSALS) return { ...failed(item, error, at), refusals };
  return { ...item, step: "ready", target: null, multipart: null, refusals };
}

function followed(item: StoredItem, photo: Pick<Photo, "id" | "status" | "error">, at: number): StoredItem {
  const now = { photoId: photo.id, photoStatus: photo.status, target: null, multipart: null, restart: false };
  const arrived = { ...item, ...now };
  switch (photo.status) {
    case "completed":
      return { ...arrived, step: "completed", endedAt: at };
    case "failed":
      return failed(arrived, { code: photo.error?.code ?? "failed", detail: photo.error?.detail ?? "" }, at);
    case "pending_upload":
      return item;
    default:
      if (item.step === "processing" && item.photoStatus === photo.status && !item.restart) return item;
      return { ...arrived, step: "processing" };
  }
}

function failed(item: StoredItem, error: ItemError, at: number): StoredItem {
  // A photo that is gone leaves its key free: a retry makes it anew.
  const gone = error.code === "photo_not_found" ? { photoId: null, target: null, multipart: null } : {};
  return { ...item, ...gone, restart: false, step: "failed", error, endedAt: at };
}

/**
 * Where a failed item goes on. A photo that has arrived stays one that has: only its detection is started again. Of what
 * was sent otherwise a confirm tells.
 */
function retried(item: StoredItem): StoredItem {
  if (!canRetry(item)) return item;
  const again = { ...item, error: null, endedAt: null, refusals: 0, paused: false };
  if (item.photoId === null) return { ...again, step: "waiting", photoStatus: null, existing: false };
  if (hasArrived(item)) return { ...again, step: "processing", photoStatus: "uploaded", restart: true };
  return { ...again, step: "sending", photoStatus: null };
}
