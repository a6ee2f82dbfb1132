import { throwIfAborted, withinTime } from "../abort.js";
import { PhotodockError } from "../errors.js";
import type { CallOptions } from "../http.js";
import type { Hasher } from "../hash.js";
import type { Photo, UploadItem } from "../models.js";
import type { QueueApi } from "./api.js";
import { isUnknownCall, toItemError, verdictOf } from "./failures.js";
import type { Files } from "./files.js";
import { keyOf, type StoredItem } from "./item.js";
import type { Change } from "./ledger.js";
import type { Work } from "./plan.js";

/** What became of a work: what happened to its items, and which have to be tried again and why. */
export interface Outcome {
  readonly changes: readonly Change[];
  readonly again: ReadonlyMap<string, unknown>;
  readonly removed?: readonly string[];
}

export interface Worker {
  readonly api: QueueApi;
  readonly files: Files;
  readonly hash: Hasher | null;
  /** The service has no such call. */
  lookupIsUnknown(): void;
  /** Whether another item, which is wanted, is the same photo. */
  isShared(item: StoredItem): boolean;
}

type Items = readonly StoredItem[];
type Result = PhotodockError | { readonly changes: readonly Change[] };

/** Everything but sending. Rejects where the call failed as a whole. */
export async function perform(work: Work, worker: Worker, options: CallOptions): Promise<Outcome> {
  const { api } = worker;
  const now = Date.now();
  switch (work.kind) {
    case "hash":
      return changed([
        [work.items[0].id, { type: "hashed", checksum: await checksumOf(work.items[0], worker, options.signal) }],
      ]);
    case "look":
      return changed(await look(work.items, worker, options));
    case "request":
      return byItem(work.items, async (items) => {
        const uploads = await api.requestUploads(items.map(requestOf), options);
        return uploads.map((upload, index) => {
          if (upload instanceof PhotodockError) return upload;
          return { changes: [[idAt(items, index), { type: "issued", upload, at: now }]] };
        });
      });
    case "refresh":
      return changed(await refresh(work.items[0], api, options));
    case "confirm":
      return byItem(work.items, async (items) => {
        const photos = await api.confirmMany(items.map(photoIdOf), options);
        return (await explained(items, photos, api, options)).map((photo, index) =>
          confirmed(idAt(items, index), photo),
        );
      });
    case "restart":
      return changed(await restart(work.items[0], api, options));
    case "delete":
      if (!worker.isShared(work.items[0])) await deletePhoto(work.items[0], api, options);
      return { ...changed([]), removed: [work.items[0].id] };
    case "send":
      throw new Error("Files are sent by the sender.");
  }
}

function changed(changes: readonly Change[]): Outcome {
  return { changes, again: new Map() };
}

/** For hashing a file: a second for each 100 KB, far more than any phone needs, and some more. */
const HASH_SECONDS = 30;
const HASHED_PER_SECOND = 100_000;

/** None rather than a failure, or an endless wait: the checksum is optional. */
async function checksumOf(item: StoredItem, { files, hash }: Worker, signal?: AbortSignal): Promise<string | null> {
  if (!hash) return null;
  const bytes = await files.bytes(item);
  if (!bytes) return null;
  try {
    return await withinTime(HASH_SECONDS + item.fileSize / HASHED_PER_SECOND, signal, () => hash(bytes));
  } catch {
    throwIfAborted(signal);
    return null;
  }
}

async function look(items: Items, worker: Worker, options: CallOptions): Promise<Change[]> {
  const checksums = [...new Set(items.map(({ checksum }) => checksum ?? ""))];
  const projectId = items[0]?.projectId ?? "";
  try {
    const found = await worker.api.findExisting(projectId, checksums, options);
    const byChecksum = new Map(found.map((photo) => [photo.checksum_sha256, photo]));
    return items.map(({ id, checksum }): Change => {
      const photo = byChecksum.get(checksum ?? "");
      return [id, { type: "looked", photoId: photo?.photo_id ?? null, status: photo?.status ?? null }];
    });
  } catch (error) {
    if (verdictOf(error) !== "never") throw error;
    // It only saves sending: what it refuses, the request itself will refuse more exactly.
    if (isUnknownCall(error)) worker.lookupIsUnknown();
    return items.map(({ id }): Change => [id, { type: "looked", photoId: null, status: null }]);
  }
}

async function refresh(item: StoredItem, api: QueueApi, options: CallOptions): Promise<Change[]> {
  try {
    const at = Date.now();
    return [[item.id, { type: "issued", upload: await api.refreshUpload(photoIdOf(item), options), at }]];
  } catch (error) {
    // It has arrived by an earlier try, or has failed: the confirm will say which.
    if (isClosed(error)) return [[item.id, { type: "closed" }]];
    throw error;
  }
}

export function isClosed(error: unknown): boolean {
  return error instanceof PhotodockError && error.code === "invalid_status_transition";
}

/** The detection is started again, or was by a try whose answer was lost: then the photo says how it is now. */
async function restart(item: StoredItem, api: QueueApi, options: CallOptions): Promise<Change[]> {
  const photoId = photoIdOf(item);
  try {
    return [[item.id, { type: "photo", photo: await api.retryDetection(photoId, options), at: Date.now() }]];
  } catch (error) {
    const [photo] = isClosed(error) ? await api.photosByIds([photoId], options) : [];
    if (!photo) throw error;
    return [[item.id, { type: "photo", photo, at: Date.now() }]];
  }
}

type Confirmed = Photo | PhotodockError;

/** A photo that was refused by a confirm whose answer was lost takes no other: why it was refused, it says itself. */
async function explained(
  items: Items,
  photos: readonly Confirmed[],
  api: QueueApi,
  options: CallOptions,
): Promise<readonly Confirmed[]> {
  const ids = items.map(photoIdOf);
  const closed = ids.filter((_, index) => isClosed(photos[index]));
  if (closed.length === 0) return photos;
  try {
    const found = new Map((await api.photosByIds(closed, options)).map((photo) => [photo.id, photo]));
    return photos.map((photo, index) => (isClosed(photo) ? (found.get(ids[index] ?? "") ?? photo) : photo));
  } catch (error) {
    if (verdictOf(error) === "later") throw error;
    return photos;
  }
}

function confirmed(id: string, photo: Confirmed): Result {
  const at = Date.now();
  if (!(photo instanceof PhotodockError)) return { changes: [[id, { type: "photo", photo, at }]] };
  if (photo.code !== "upload_not_found") return photo;
  return { changes: [[id, { type: "missing", error: toItemError(photo), at }]] };
}

/** One call for all; where it is refused as a whole, each half by itself, so that one item never fails another. */
async function byItem(items: Items, call: (items: Items) => Promise<readonly Result[]>): Promise<Outcome> {
  let results: readonly Result[];
  try {
    results = await call(items);
  } catch (error) {
    if (verdictOf(error) !== "never") throw error;
    if (items.length === 1) return changed(items.map(({ id }) => failure(id, error)));
    const half = Math.ceil(items.length / 2);
    const first = await byItem(items.slice(0, half), call);
    const second = await byItem(items.slice(half), call);
    return { changes: [...first.changes, ...second.changes], again: new Map([...first.again, ...second.again]) };
  }
  const changes: Change[] = [];
  const again = new Map<string, unknown>();
  for (const [index, { id }] of items.entries()) {
    const result = results[index];
    if (result === undefined) continue;
    if (!(result instanceof PhotodockError)) changes.push(...result.changes);
    else if (verdictOf(result) === "never") changes.push(failure(id, result));
    else again.set(id, result);
  }
  return { changes, again };
}

export function failure(id: string, error: unknown): Change {
  return [id, { type: "failed", error: toItemError(error), at: Date.now() }];
}

/**
 * Gone already is as good. What the service won't delete stays, and ends by itself if nothing was sent. A photo that the
 * project had before is somebody else's.
 */
async function deletePhoto({ photoId, existing }: StoredItem, api: QueueApi, options: CallOptions): Promise<void> {
  if (photoId === null || existing) return;
  try {
    await api.deletePhoto(photoId, options);
  } catch (error) {
    if (verdictOf(error) !== "never") throw error;
  }
}

/** The same each time: another body under the same key would be refused. */
function requestOf(item: StoredItem): UploadItem {
  return {
    project_id: item.projectId,
    file_name: item.fileName,
    file_size: item.fileSize,
    mime_type: item.mimeType,
    idempotency_key: keyOf(item),
    ...(item.checksum != null && { checksum_sha256: item.checksum }),
    ...(item.detectionTypes && { detection_types: item.detectionTypes }),
    ...(item.priority && { priority: item.priority }),
    ...(item.clientMetadata && { client_metadata: item.clientMetadata }),
  };
}

function photoIdOf(item: StoredItem): string {
  if (item.photoId === null) throw new Error("This step needs a photo id.");
  return item.photoId;
}

function idAt(items: Items, index: number): string {
  const item = items[index];
  if (!item) throw new Error("The service answered with more items than were asked for.");
  return item.id;
}
