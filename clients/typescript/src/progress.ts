import type { PhotoStatus } from "./models.js";

/** Where an upload is. `processing` begins when the photo is confirmed and lasts until its final status. */
export type UploadPhase = "preparing" | "uploading" | "confirming" | "processing" | "done";

export interface UploadProgress {
  readonly phase: UploadPhase;
  /** Known from `uploading` on. */
  readonly photoId: string | null;
  readonly sentBytes: number;
  readonly totalBytes: number;
  /** Of the whole way, 0 to 1; never falls. */
  readonly fraction: number;
}

/** Sending takes most of the time; the rest is the service's and the detector's. */
const UPLOADED = 0.9;
const STATUS_FRACTIONS: Readonly<Record<PhotoStatus, number>> = {
  pending_upload: UPLOADED,
  uploaded: 0.93,
  processing: 0.96,
  completed: 1,
  failed: 1,
};

/** Of the whole way, how far a photo is that has `sent` of `total` bytes sent and `status`, once it is confirmed. */
export function fractionOf(sent: number, total: number, status?: PhotoStatus): number {
  if (status && status !== "pending_upload") return STATUS_FRACTIONS[status];
  return total > 0 ? UPLOADED * Math.min(1, sent / total) : 0;
}
