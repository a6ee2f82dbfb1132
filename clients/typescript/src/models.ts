/** Names for what `schema.ts` generates. Properties are named as in the API. */
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

export type Photo = Schemas["PhotoResponse"];
export type PhotoStatus = Schemas["PhotoStatus"];
export type PhotoPage = Schemas["PhotoPage"];
export type PhotoQuery = NonNullable<paths["/api/v1/photos"]["get"]["parameters"]["query"]>;
export type PhotoResult = Schemas["PhotoBatch"]["items"][number];
export type ClientMetadata = Schemas["ClientMetadata"];
export type ExifData = Schemas["ExifResponse"]["exif_data"];
export type HistoryItem = Schemas["HistoryItem"];
export type UploadRequest = Schemas["UploadRequest"];
export type UploadItem = Schemas["UploadItem"];
/** Properties with a default are in each answer all the same. */
export type IssuedUpload = Required<Schemas["UploadResponse"]>;
export type UploadResult = Schemas["UploadBatchResponse"]["items"][number];
export type StatusReport = Schemas["ProcessingUpdate"] | Schemas["CompletedUpdate"] | Schemas["FailedUpdate"];
export type Project = Schemas["ProjectResponse"];
export type Policies = Schemas["PolicyResponse"];
export type PolicyChange = Schemas["PolicyRequest"];
export type ParkedJob = Schemas["ParkedJobResponse"];
export type ParkedJobQuery = NonNullable<paths["/api/v1/outbox"]["get"]["parameters"]["query"]>;
export type Problem = Schemas["Problem"];

/** One line of `GET /events`: thin, so that nothing in it can be out of date. */
export interface PhotoChange {
  readonly type: `photo.${PhotoStatus}` | "photo.deleted" | "photo.renditions";
  readonly photo_id: string;
  readonly project_id: string;
  readonly status: PhotoStatus;
  readonly at: string;
}

/** A photo that the project has already. */
export interface ExistingPhoto {
  readonly checksum_sha256: string;
  readonly photo_id: string;
  readonly status: PhotoStatus;
}

export interface MultipartUpload {
  readonly photo_id: string;
  /** Bytes of every part but the last. */
  readonly part_size: number;
  /** They are numbered from 1 on. */
  readonly part_count: number;
  readonly part_checksums: boolean;
  /** How long it can be resumed; asking for URLs puts it off. */
  readonly expires_in_seconds: number;
  readonly expires_at: string;
}

export interface Part {
  readonly part_number: number;
  readonly etag: string;
}

export interface PartList {
  readonly items: readonly IssuedPart[];
  readonly uploaded: readonly (Part & { readonly size: number })[];
}

export interface IssuedPart {
  readonly part_number: number;
  readonly size: number;
  readonly upload_url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expires_in_seconds: number;
  readonly expires_at: string;
}
