import { NetworkError, PhotodockError } from "../../../src/errors.js";
import type { IssuedUpload, Photo, PhotoStatus, UploadItem } from "../../../src/models.js";
import type { MultipartParts, QueueApi } from "../../../src/queue/api.js";
import type { Transport, TransportRequest, TransportResponse } from "../../../src/transport.js";

export interface WorldPhoto {
  readonly id: string;
  readonly key: string;
  readonly item: UploadItem;
  status: PhotoStatus;
  error: { code: "content_mismatch"; detail: string } | null;
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

  confirm(id: string): Photo {
    const photo = this.find(id);
    if (photo.error) throw problem(409, "invalid_status_transition");
    if (photo.status === "pending_upload") {
      if (!photo.stored) throw problem(409, "upload_not_found");
      photo.status = "uploaded";
      photo.confirmedAt = Date.now();
    }
    return this.shown(photo);
  }

  /** Its detection goes on by time alone. */
  shown(photo: WorldPhoto): Photo {
    const age = Date.now() - photo.confirmedAt;
    const half = this.options.processingMs ?? 3_000;
    if (photo.status === "uploaded" && age > half) photo.status = "processing";
    if (photo.status === "processing" && age > 2 * half) photo.status = "completed";
    const { id, status, error, item } = photo;
    return { id, status, error, project_id: item.project_id } as unknown as Photo;
  }

  parts(id: string, numbers: readonly number[]): MultipartParts {
    const photo = this.find(id);
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

export function worldApi(world: World): QueueApi {
  const each = <T>(work: () => T): T | PhotodockError => {
    try {
      return work();
    } catch (error) {
      if (error instanceof PhotodockError) return error;
      throw error;
    }
  };
  return {
    requestUploads: (items) => world.request("request", () => items.map((item) => each(() => world.issue(item)))),
    refreshUpload: (id) =>
      world.request("refresh", () => {
        const photo = world.find(id);
        if (photo.status !== "pending_upload") throw problem(409, "invalid_status_transition");
        return world.url(photo);
      }),
    confirmMany: (ids) => world.request("confirm", () => ids.map((id) => each(() => world.confirm(id)))),
    photosByIds: (ids) =>
      world.request("photos", () => {
        const found = ids.map((id) => world.photos.get(id)).filter((photo) => photo !== undefined);
        return found.map((photo) => world.shown(photo));
      }),
    deletePhoto: (id) =>
      world.request("delete", () => {
        if (!world.photos.delete(id)) throw problem(404, "photo_not_found");
      }),
    findExisting: (projectId, checksums) =>
      world.request("look", () =>
        world.arrived
          .filter(({ item }) => item.project_id === projectId && checksums.includes(item.checksum_sha256 ?? ""))
          .map(({ id, status, item }) => ({ photo_id: id, status, checksum_sha256: item.checksum_sha256 ?? "" })),
      ),
    beginMultipart: (id) =>
      world.request("multipart", () => {
        const photo = world.find(id);
        if (photo.status !== "pending_upload") throw problem(409, "invalid_status_transition");
        photo.parts ??= new Map();
        return { part_size: world.partSize, part_count: Math.ceil(photo.item.file_size / world.partSize) };
      }),
    multipartParts: (id, numbers) => world.request("parts", () => world.parts(id, numbers)),
    completeMultipart: (id) =>
      world.request("complete", () => {
        const photo = world.find(id);
        const bytes = [...(photo.parts?.values() ?? [])].reduce((sum, size) => sum + size, 0);
        if (!photo.stored && bytes !== photo.item.file_size) throw problem(409, "multipart_incomplete");
        photo.stored = true;
        photo.parts = null;
        return world.confirm(id);
      }),
  };
}

/** Sends in two halves, so that a cut can come between them. */
export function worldTransport(world: World, reportsProgress = true): Transport {
  return {
    reportsProgress,
    async send({ url, body, signal, onProgress }: TransportRequest): Promise<TransportResponse> {
      world.calls.push("put");
      const fault = world.nextFault();
      const size = body instanceof Blob ? body.size : (body as Uint8Array).byteLength;
      for (const share of [0.5, 1]) {
        await pause(world.latencyMs);
        if (signal?.aborted) throw signal.reason;
        if (!world.online || fault === "lost" || (fault === "cut" && share === 1))
          throw new NetworkError("network_error", "cut");
        world.sentBytes += size / 2;
        onProgress?.(Math.floor(size * share), size);
      }
      const result = world.put(url, size, fault);
      if (fault === "answer") throw new NetworkError("network_error", "answer lost");
      return result;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function problem(status: number, code: string): PhotodockError {
  return new PhotodockError(code, code, { status });
}

function answer(status: number, code: string): TransportResponse {
  return { status, headers: {}, body: code && `<Error><Code>${code}</Code></Error>` };
}
