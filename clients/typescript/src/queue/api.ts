import type { CallOptions } from "../http.js";
import type { IssuedUpload, Photo, PhotoResult, PhotoStatus, UploadItem, UploadResult } from "../models.js";

/** A photo that the project has already. */
export interface ExistingPhoto {
  readonly checksum_sha256: string;
  readonly photo_id: string;
  readonly status: PhotoStatus;
}

/** What the queue needs of the service. Rejects with PhotodockError; tries nothing again by itself. */
export interface QueueApi {
  requestUploads(items: readonly UploadItem[], options: CallOptions): Promise<readonly UploadResult[]>;
  refreshUpload(photoId: string, options: CallOptions): Promise<IssuedUpload>;
  confirmPhotos(ids: readonly string[], options: CallOptions): Promise<readonly PhotoResult[]>;
  photosByIds(ids: readonly string[], options: CallOptions): Promise<readonly Photo[]>;
  deletePhoto(photoId: string, options: CallOptions): Promise<void>;
  findExisting(projectId: string, checksums: readonly string[], options: CallOptions): Promise<readonly ExistingPhoto[]>;
}
