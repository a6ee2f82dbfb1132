import type { PhotodockClient } from "../client.js";
import type { PhotodockError } from "../errors.js";
import type { PhotoEvent } from "../events.js";
import type { CallOptions } from "../http.js";
import type { PhotoChange as Change } from "./follower.js";
import type { ExistingPhoto, IssuedUpload, Photo, UploadItem } from "../models.js";

export interface IssuedMultipart {
  readonly part_size: number;
  readonly part_count: number;
}

export interface IssuedPart {
  readonly part_number: number;
  readonly upload_url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly size: number;
}

export interface MultipartParts {
  readonly items: readonly IssuedPart[];
  readonly uploaded: readonly { readonly part_number: number; readonly size: number }[];
}

/** What the queue needs of the service. Rejects with PhotodockError; tries nothing again by itself. */
export interface QueueApi {
  requestUploads(
    items: readonly UploadItem[],
    options: CallOptions,
  ): Promise<readonly (IssuedUpload | PhotodockError)[]>;
  refreshUpload(photoId: string, options: CallOptions): Promise<IssuedUpload>;
  confirmMany(ids: readonly string[], options: CallOptions): Promise<readonly (Photo | PhotodockError)[]>;
  photosByIds(ids: readonly string[], options: CallOptions): Promise<readonly Photo[]>;
  deletePhoto(photoId: string, options: CallOptions): Promise<void>;
  retryDetection(photoId: string, options: CallOptions): Promise<Photo>;
  findExisting(
    projectId: string,
    checksums: readonly string[],
    options: CallOptions,
  ): Promise<readonly ExistingPhoto[]>;
  beginMultipart(photoId: string, options: CallOptions): Promise<IssuedMultipart>;
  /** URLs for these parts, and which parts are there. */
  multipartParts(photoId: string, numbers: readonly number[], options: CallOptions): Promise<MultipartParts>;
  completeMultipart(photoId: string, options: CallOptions): Promise<Photo>;
  abortMultipart(photoId: string, options: CallOptions): Promise<void>;
}

/** The client's calls, each sent once: when to try again the queue knows better. */
export function queueApi(client: PhotodockClient): QueueApi {
  const once = (options: CallOptions): CallOptions => ({ ...options, attempts: 1 });
  return {
    requestUploads: (items, options) => client.requestUploads(items, once(options)),
    refreshUpload: (photoId, options) => client.refreshUpload(photoId, once(options)),
    confirmMany: (ids, options) => client.confirmMany(ids, once(options)),
    photosByIds: async (ids, options) => (await client.photos({ ids: ids.join(",") }, once(options))).items,
    deletePhoto: (photoId, options) => client.deletePhoto(photoId, once(options)),
    retryDetection: (photoId, options) => client.retryDetection(photoId, once(options)),
    findExisting: (projectId, checksums, options) => client.exists(projectId, checksums, once(options)),
    beginMultipart: (photoId, options) => client.multipart.start(photoId, once(options)),
    multipartParts: (photoId, numbers, options) =>
      client.multipart.parts(photoId, numbers.length > 0 ? { numbers } : {}, once(options)),
    completeMultipart: (photoId, options) => client.multipart.complete(photoId, undefined, once(options)),
    abortMultipart: (photoId, options) => client.multipart.abort(photoId, once(options)),
  };
}

export async function* changesOf(events: AsyncIterable<PhotoEvent>): AsyncGenerator<Change, void, undefined> {
  for await (const event of events) {
    yield event.type === "reset" ? { type: "reset" } : { type: "photo", photoId: event.photo_id };
  }
}
