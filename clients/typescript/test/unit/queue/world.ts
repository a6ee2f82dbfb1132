import { NetworkError, PhotodockError } from "../../../src/errors.js";
import type { IssuedUpload, Photo, PhotoStatus, UploadItem } from "../../../src/models.js";
import type { MultipartParts } from "../../../src/queue/api.js";
import type { TransportResponse } from "../../../src/transport.js";

export interface WorldPhoto {
  readonly id: string;
  readonly key: string;
  readonly item: UploadItem;
  status: PhotoStatus;
  error: { code: "content_mismatch" | "upload_expired" | "detection_failed"; detail: string } | null;
  stored: boolean;
  /** Bodies that S3 has taken in, whole or refused: each costs the line. */
  puts: number;
  parts: Map<number, number> | null;
  confirmedAt: number;
}

/**
 * What goes wrong with one request. `lost`: it never arrives. `answer`: it is done and its answer is lost. `cut`: half of
 * a file leaves. A number is that status; 403 and 400 are S3's word on a URL that has ended and on damaged bytes.
 */
export type Fault = "none" | "lost" | "answer" | "cut" | 400 | 403 | 409 | 429 | 500 | 503;

export interface WorldOptions {
  /** By the order of requests; none when they are used up. */
  readonly faults?: readonly Fault[];
  readonly ttlSeconds?: number;
  readonly latencyMs?: number;
  readonly partSize?: number;
  readonly processingMs?: number;
}

/** The service and its S3 in memory, by the contract in docs/api.md, and as unreliable as is asked for. */
export class World {
  readonly photos = new Map<string, WorldPhoto>();
  readonly calls: string[] = [];
  /** Bytes that went over the line in PUTs. */
  sentBytes = 0;
  online = true;
  signedIn = true;
  /** What becomes of each photo that is confirmed, or detected, from now on. */
  mismatches = false;
  detectionFails = false;
  private readonly options: WorldOptions;
  private requests = 0;

  constructor(options: WorldOptions = {}) {
    this.options = options;
  }

  get arrived(): WorldPhoto[] {
    return [...this.photos.values()].filter(({ status }) => status !== "pending_upload" && status !== "failed");
  }

  count(name: string): number {
    return this.calls.filter((call) => call === name).length;
  }

  /** One request, with what goes wrong with it. */
  async request<T>(name: string, work: () => T): Promise<T> {
    this.calls.push(name);
    const fault = this.options.faults?.[this.requests++] ?? "none";
    await pause(this.options.latencyMs ?? 20);
    if (!this.online || fault === "lost" || fault === "cut") throw new NetworkError("network_error", "lost");
    if (!this.signedIn) throw new PhotodockError("unauthenticated", "expired", { status: 401 });
    if (fault === 429) throw new PhotodockError("rate_limited", "limit", { status: 429, retryAfterSeconds: 3 });
    if (fault === 500) throw new PhotodockError("internal_error", "fault", { status: 500 });
    if (fault === 503) throw new PhotodockError("database_unavailable", "away", { status: 503, retryAfterSeconds: 2 });
    const result = work();
    if (fault === "answer") throw new NetworkError("network_error", "answer lost");
    return result;
  }

  find(id: string): WorldPhoto {
    const photo = this.photos.get(id);
    if (!photo) throw problem(404, "photo_not_found");
    return photo;
  }

  issue(item: UploadItem): IssuedUpload {
    const key = item.idempotency_key ?? "";
    const known = [...this.photos.values()].find((photo) => photo.key === key);
    if (known && JSON.stringify(known.item) !== JSON.stringify(item)) throw problem(409, "idempotency_conflict");
    const photo: WorldPhoto = known ?? {
      ...{ id: `photo-${String(this.photos.size + 1)}`, key, item, status: "pending_upload", error: null },
      ...{ stored: false, puts: 0, parts: null, confirmedAt: 0 },
    };
    this.photos.set(photo.id, photo);
    return this.url(photo);
  }

  url(photo: WorldPhoto): IssuedUpload {
    const ttl = this.options.ttlSeconds ?? 900;
    return {
      ...{ upload_id: crypto.randomUUID(), photo_id: photo.id, method: "PUT", headers: { "If-None-Match": "*" } },
      upload_url: `https://s3.example/${photo.id}?until=${String(Date.now() + ttl * 1000)}`,
      ...{ s3_url: "", status_url: "", expires_in_seconds: ttl, expires_at: "" },
    };
  }

  /** What nobody has sent for a week is not waited for any more; a fresh URL revives it. */
  giveUp(): void {
    for (const photo of this.photos.values()) {
      if (photo.status !== "pending_upload") continue;
      Object.assign(photo, { status: "failed", error: { code: "upload_expired", detail: "" }, parts: null });
    }
  }

  confirm(id: string): Photo {
    const photo = this.find(id);
    if (photo.error?.code === "upload_expired" && !photo.stored) throw problem(409, "upload_not_found");
    if (photo.error?.code === "content_mismatch") throw problem(409, "invalid_status_transition");
    if (photo.status === "pending_upload") {
      if (!photo.stored) throw problem(409, "upload_not_found");
      if (this.mismatches)
        Object.assign(photo, { status: "failed", error: { code: "content_mismatch", detail: "no known image" } });
      else Object.assign(photo, { status: "uploaded", confirmedAt: Date.now() });
    }
    return this.shown(photo);
  }

  /** Its detection goes on by time alone. */
  shown(photo: WorldPhoto): Photo {
    const age = Date.now() - photo.confirmedAt;
    const half = this.options.processingMs ?? 3_000;
    if (photo.status === "uploaded" && age > half) photo.status = "processing";
    if (photo.status === "processing" && age > 2 * half) {
      const failure = { status: "failed", error: { code: "detection_failed", detail: "too dark" } } as const;
      Object.assign(photo, this.detectionFails ? failure : { status: "completed" });
    }
    const { id, status, error, item } = photo;
    return { id, status, error, project_id: item.project_id } as unknown as Photo;
  }

  retryDetection(id: string): Photo {
    const photo = this.find(id);
    if (photo.error?.code !== "detection_failed") throw problem(409, "invalid_status_transition");
    Object.assign(photo, { status: "uploaded", error: null, confirmedAt: Date.now() });
    return this.shown(photo);
  }

  parts(id: string, numbers: readonly number[]): MultipartParts {
    const photo = this.find(id);
    if (photo.status !== "pending_upload") throw problem(409, "invalid_status_transition");
    if (!photo.parts) throw problem(409, "multipart_not_started");
    const size = this.options.partSize ?? 1_000;
    return {
      uploaded: [...photo.parts].map(([part_number, bytes]) => ({ part_number, size: bytes })),
      items: numbers.map((number) => ({
        part_number: number,
        upload_url: `${this.url(photo).upload_url}&part=${String(number)}`,
        ...{ method: "PUT", headers: {}, size: Math.min(size, photo.item.file_size - (number - 1) * size) },
      })),
    };
  }

  /** S3's answer to a PUT that arrived whole. */
  put(url: string, bytes: number, fault: Fault): TransportResponse {
    const { pathname, searchParams } = new URL(url);
    const photo = this.photos.get(pathname.slice(1));
    const part = searchParams.get("part");
    if (!photo) return answer(404, "NoSuchKey");
    photo.puts += 1;
    if (fault === 403 || Number(searchParams.get("until")) < Date.now()) return answer(403, "AccessDenied");
    if (fault === 400) return answer(400, "BadDigest");
    if (fault === 409) return answer(409, "ConditionalRequestConflict");
    if (fault === 500 || fault === 429) return answer(500, "InternalError");
    if (fault === 503) return answer(503, "SlowDown");
    if (part !== null) {
      photo.parts?.set(Number(part), bytes);
      return answer(200, "");
    }
    if (photo.stored) return answer(412, "PreconditionFailed");
    if (bytes !== photo.item.file_size) return answer(403, "SignatureDoesNotMatch");
    photo.stored = true;
    return answer(200, "");
  }

  nextFault(): Fault {
    return this.options.faults?.[this.requests++] ?? "none";
  }

  get latencyMs(): number {
    return this.options.latencyMs ?? 20;
  }

  get partSize(): number {
    return this.options.partSize ?? 1_000;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A problem of the API. */
export function problem(status: number, code: string): PhotodockError {
  return new PhotodockError(code, code, { status });
}

function answer(status: number, code: string): TransportResponse {
  return { status, headers: {}, body: code && `<Error><Code>${code}</Code></Error>` };
}
