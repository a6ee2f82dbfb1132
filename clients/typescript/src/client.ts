import { sleep } from "./abort.js";
import { Administration, segment, signalOf } from "./administration.js";
import type { PhotodockError } from "./errors.js";
import { photoEvents, type EventsOptions, type PhotoEvent } from "./events.js";
import { webCryptoHasher, type Hasher } from "./hash.js";
import { parsed, type CallOptions } from "./http.js";
import { randomId } from "./ids.js";
import type * as Models from "./models.js";
import { Multipart } from "./multipart.js";
import { parseRetryAfter, toError } from "./problems.js";
import { DEFAULT_RETRIES, type RetryPolicy } from "./retry.js";
import type { PhotoSource } from "./source.js";
import type { TokenCallback } from "./tokens.js";
import type { Transport } from "./transport.js";
import { defaultTransport } from "./transports/default.js";
import { uploadPhoto, type UploadOptions } from "./upload.js";

export interface ClientOptions {
  /** Where the service is, as `https://photos.example.com`. */
  readonly baseUrl: string;
  readonly token: TokenCallback;
  /** For calls of the API; the platform's own by default. */
  readonly fetch?: typeof fetch | undefined;
  /** For the files; XMLHttpRequest where there is one, else `fetch`. */
  readonly transport?: Transport | undefined;
  /** WebCrypto by default; null: no checksums. */
  readonly hash?: Hasher | null | undefined;
  /** The longest one call may take. */
  readonly timeoutSeconds?: number | undefined;
  readonly retries?: Partial<RetryPolicy> | undefined;
}

export interface WaitOptions extends CallOptions {
  /** How long to wait for a change, 30 at the most. */
  readonly waitSeconds?: number | undefined;
}

export interface RequestOptions extends CallOptions {
  /** Of this photo and no other; a new random one by default. */
  readonly idempotencyKey?: string | undefined;
}

const TIMEOUT_SECONDS = 30;
/** A field that every issued URL has. */
const ISSUED = "upload_url";
/** Below the API's 30, so that proxies with that limit don't cut a wait off. */
const WAIT_SECONDS = 25;
/** A service with too many waiting clients holds no answer back, and is not asked without a pause. */
const UNHELD_SECONDS = 0.5;

/**
 * Every call of the API. Each takes `signal`, has a time limit, is tried again where that may help, and throws
 * PhotodockError. Names and shapes of photos, requests and answers are the API's own.
 */
export class PhotodockClient extends Administration {
  /** Sends files to the store. */
  readonly transport: Transport;
  readonly hash: Hasher | null;
  readonly retries: RetryPolicy;
  /** Large photos in parts. */
  readonly multipart: Multipart;

  constructor(options: ClientOptions) {
    const retries = { ...DEFAULT_RETRIES, ...options.retries };
    super({
      baseUrl: options.baseUrl,
      token: options.token,
      // As a plain function: browsers refuse a `fetch` that is called as a method.
      fetch: options.fetch ?? ((...request) => fetch(...request)),
      timeoutSeconds: options.timeoutSeconds ?? TIMEOUT_SECONDS,
      retries,
    });
    this.transport = options.transport ?? defaultTransport();
    this.hash = options.hash === undefined ? webCryptoHasher : options.hash;
    this.retries = retries;
    this.multipart = new Multipart(this.api);
  }

  /**
   * Uploads one photo: upload URL, PUT to the store, confirmation, and the wait for its detection. Resolves with the
   * photo in its final status; `failed` then means that the detection failed, and the photo is there all the same.
   * Rejects with `content_mismatch` where the store got something else than was declared.
   */
  async upload(source: PhotoSource, options: UploadOptions): Promise<Models.Photo> {
    return uploadPhoto(this, source, options);
  }

  /** An upload URL. With the same key and request it is the same photo, however often it is asked for. */
  async requestUpload(request: Models.UploadRequest, options: RequestOptions = {}): Promise<Models.IssuedUpload> {
    const headers = { "Idempotency-Key": options.idempotencyKey ?? randomId() };
    const call = { method: "POST", path: "/photos/upload-url", body: request, headers, expects: ISSUED } as const;
    return this.api.json({ ...call, ...signalOf(options) });
  }

  /** Up to 100 at once; in their order, what was issued or why not. Those without an `idempotency_key` get one here. */
  async requestUploads(
    items: readonly Models.UploadItem[],
    options: CallOptions = {},
  ): Promise<(Models.IssuedUpload | PhotodockError)[]> {
    const keyed = items.map((item) => ({ ...item, idempotency_key: item.idempotency_key ?? randomId() }));
    const call = { method: "POST", path: "/photos/upload-urls", body: { items: keyed }, ...signalOf(options) } as const;
    const answer = await this.api.answer(call);
    const results = (parsed(answer, "items") as { items: Models.UploadResult[] }).items;
    const reset = parseRetryAfter(answer.headers.get("RateLimit-Reset"));
    return results.map((item) =>
      "photo_id" in item
        ? (item as Models.IssuedUpload)
        : toError(item.error, item.error.status === 429 ? reset : undefined),
    );
  }

  /** A fresh URL for a photo whose last one has ended; the photo stays the same. */
  async refreshUpload(photoId: string, options: CallOptions = {}): Promise<Models.IssuedUpload> {
    const call = { method: "POST", path: `${path(photoId)}/upload-url`, expects: ISSUED } as const;
    return this.api.json({ ...call, ...signalOf(options) });
  }

  /** Which of up to 500 files, by their SHA-256 (base64), the project has: they need not be sent again. */
  async exists(
    projectId: string,
    checksums: readonly string[],
    options: CallOptions = {},
  ): Promise<readonly Models.ExistingPhoto[]> {
    const body = { project_id: projectId, checksums };
    return this.items({ method: "POST", path: "/photos/exists", body, ...signalOf(options) });
  }

  /** Says that the file is there. May be repeated. Look at the photo's status: `failed` means `content_mismatch`. */
  async confirm(photoId: string, options: CallOptions = {}): Promise<Models.Photo> {
    const call = {
      method: "PATCH",
      path: `${path(photoId)}/status`,
      body: { status: "uploaded" },
      expects: "id",
    } as const;
    return this.api.json({ ...call, ...signalOf(options) });
  }

  /** The same for up to 100; in their order, the photo or why it is not confirmed. */
  async confirmMany(
    photoIds: readonly string[],
    options: CallOptions = {},
  ): Promise<(Models.Photo | PhotodockError)[]> {
    const body = { photo_ids: photoIds };
    const call = { method: "POST", path: "/photos/confirm", body, expects: "items", ...signalOf(options) } as const;
    const answer = await this.api.json<{ items: Models.PhotoResult[] }>(call);
    return answer.items.map((item) => ("id" in item ? item : toError(item.error)));
  }

  /** With `waitSeconds` as soon as its status changes, or when that time is up; a final status is told at once. */
  async photo(photoId: string, options: WaitOptions = {}): Promise<Models.Photo> {
    const { waitSeconds } = options;
    const query = { wait: waitSeconds };
    const call = { method: "GET", path: path(photoId), query, waitSeconds, expects: "id" } as const;
    return this.api.json({ ...call, ...signalOf(options) });
  }

  /** The photo each time it has changed, and at once; ends with its final status. */
  async *follow(photoId: string, options: CallOptions = {}): AsyncGenerator<Models.Photo, void, undefined> {
    const waiting = { query: { wait: WAIT_SECONDS }, waitSeconds: WAIT_SECONDS };
    for (let etag: string | null = null, first = true, final = false; !final; first = false) {
      const answer = await this.api.answer({
        ...{ method: "GET", path: path(photoId), ...signalOf(options) },
        ...(!first && waiting),
        // A proxy may have taken the ETag away.
        ...(etag && { headers: { "If-None-Match": etag } }),
      });
      if (answer.status === 304) {
        await sleep(UNHELD_SECONDS, options.signal);
        continue;
      }
      etag = answer.headers.get("ETag");
      const photo = parsed(answer, "id") as Models.Photo;
      final = isFinal(photo.status);
      yield photo;
    }
  }

  /** One page, newest first. */
  async photos(query: Models.PhotoQuery, options: CallOptions = {}): Promise<Models.PhotoPage> {
    return this.api.json({ method: "GET", path: "/photos", query, expects: "items", ...signalOf(options) });
  }

  /** Page after page, from `query.cursor` on. */
  async *photoPages(
    query: Models.PhotoQuery,
    options: CallOptions = {},
  ): AsyncGenerator<Models.PhotoPage, void, undefined> {
    let page = await this.photos(query, options);
    yield page;
    while (page.next_cursor !== null) {
      page = await this.photos({ ...query, cursor: page.next_cursor }, options);
      yield page;
    }
  }

  async exif(photoId: string, options: CallOptions = {}): Promise<Models.ExifData> {
    const call = { method: "GET", path: `${path(photoId)}/exif`, expects: "exif_data", ...signalOf(options) } as const;
    return (await this.api.json<{ exif_data: Models.ExifData }>(call)).exif_data;
  }

  /** Oldest first. */
  async history(photoId: string, options: CallOptions = {}): Promise<readonly Models.HistoryItem[]> {
    return this.items({ method: "GET", path: `${path(photoId)}/history`, ...signalOf(options) });
  }

  /** A photo that is gone already is no error where it was this call that may have deleted it. */
  async deletePhoto(photoId: string, options: CallOptions = {}): Promise<void> {
    const call = { method: "DELETE", path: path(photoId), expects: null, ...signalOf(options) } as const;
    await this.api.unlessDone(call, "photo_not_found");
  }

  /** Starts a failed detection again. */
  async retryDetection(photoId: string, options: CallOptions = {}): Promise<Models.Photo> {
    const call = { method: "POST", path: `${path(photoId)}/retry`, ...signalOf(options) } as const;
    const answer = await this.api.unlessDone(call, "invalid_status_transition");
    return answer ? (parsed(answer, "id") as Models.Photo) : this.photo(photoId, options);
  }

  /** For detectors (scope `photos:pipeline`). */
  async report(photoId: string, report: Models.StatusReport, options: CallOptions = {}): Promise<Models.Photo> {
    const call = { method: "PATCH", path: `${path(photoId)}/status`, body: report, expects: "id" } as const;
    return this.api.json({ ...call, ...signalOf(options) });
  }

  /**
   * The changes of a project's photos as they happen (null: of all projects). The first event is `reset`, on which to read the list; then each
   * change, none left out, over lost connections too. Ends when `signal` is aborted.
   */
  events(projectId: string | null, options: EventsOptions = {}): AsyncGenerator<PhotoEvent, void, undefined> {
    return photoEvents(this.api, this.retries, projectId, options);
  }
}

export function isFinal(status: Models.PhotoStatus): boolean {
  return status === "completed" || status === "failed";
}

function path(photoId: string): string {
  return `/photos/${segment(photoId)}`;
}
