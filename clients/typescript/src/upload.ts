import type { PhotodockClient } from "./client.js";
import { NetworkError, PhotodockError, StorageError } from "./errors.js";
import type { CallOptions } from "./http.js";
import { randomId } from "./ids.js";
import type { ClientMetadata, IssuedUpload, Photo, PhotoStatus, UploadRequest } from "./models.js";
import { fractionOf, type UploadPhase, type UploadProgress } from "./progress.js";
import { retrying } from "./retry.js";
import { bytesOf, describePhoto, type DescribedPhoto, type PhotoNames, type PhotoSource } from "./source.js";
import { putFile } from "./storage.js";

export interface UploadOptions extends CallOptions, PhotoNames {
  readonly projectId: string;
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Names this photo across restarts: with the same key and file it never becomes a second one. */
  readonly idempotencyKey?: string | undefined;
  readonly detectionTypes?: readonly string[] | undefined;
  readonly priority?: UploadRequest["priority"] | undefined;
  /** What the app itself measured. */
  readonly clientMetadata?: ClientMetadata | undefined;
  /** `uploaded`: resolves as soon as the photo is confirmed, and does not wait for its detection. */
  readonly until?: "uploaded" | "final" | undefined;
}

/** What `PhotodockClient.upload` does. */
export async function uploadPhoto(
  client: PhotodockClient,
  source: PhotoSource,
  options: UploadOptions,
): Promise<Photo> {
  const described = describePhoto(source, options);
  const told = new Told(described.fileSize, options.onProgress);
  told.tell("preparing");
  const { signal } = options;
  const issued = await client.requestUpload(await requestFor(client, described, options), {
    idempotencyKey: options.idempotencyKey ?? randomId(),
    signal,
  });
  told.photoId = issued.photo_id;
  const photo = await new Sending(client, described, told, signal).stored(issued);
  throwIfMismatched(photo);
  told.tell("processing", photo.status);
  return options.until === "uploaded" ? photo : finished(client, photo, told, signal);
}

/** The photo; throws where it failed because the store got something else than was declared. */
export function throwIfMismatched(photo: Photo): Photo {
  if (photo.error?.code !== "content_mismatch") return photo;
  throw new PhotodockError("content_mismatch", photo.error.detail ?? "The store got another file than was declared.");
}

export async function requestFor(
  client: PhotodockClient,
  { body, fileName, fileSize, mimeType }: DescribedPhoto,
  options: UploadOptions,
): Promise<UploadRequest> {
  const bytes = client.hash && (await bytesOf(body));
  const checksum = client.hash && bytes && (await client.hash(bytes));
  return {
    project_id: options.projectId,
    file_name: fileName,
    file_size: fileSize,
    mime_type: mimeType,
    ...(checksum && { checksum_sha256: checksum }),
    ...(options.detectionTypes && { detection_types: options.detectionTypes }),
    ...(options.priority && { priority: options.priority }),
    ...(options.clientMetadata && { client_metadata: options.clientMetadata }),
  };
}

/** Brings one file to the store, by as many URLs and tries as it takes, and confirms it. */
class Sending {
  private readonly client: PhotodockClient;
  private readonly described: DescribedPhoto;
  private readonly told: Told;
  private readonly signal: AbortSignal | undefined;

  constructor(client: PhotodockClient, described: DescribedPhoto, told: Told, signal: AbortSignal | undefined) {
    this.client = client;
    this.described = described;
    this.told = told;
    this.signal = signal;
  }

  async stored(first: IssuedUpload): Promise<Photo> {
    let issued = first;
    let endsAt = 0;
    return retrying(this.client.retries, this.signal, async () => {
      try {
        return await this.sendAndConfirm(issued);
      } catch (error) {
        const sentAll = this.told.sentBytes === this.described.fileSize;
        // The answer was lost, maybe nothing else: the service can look, which costs less than sending all of it again.
        if (error instanceof NetworkError && sentAll) return await this.confirmedOr(issued.photo_id, error);
        if (!(error instanceof StorageError && error.mayHaveExpired)) throw error;
        // A URL that was fresh has not ended: the headers or the bytes are not those that were signed.
        if (Date.now() < endsAt) throw error;
        const fresh = await this.refreshed(issued.photo_id);
        // It has arrived by a try whose answer was lost.
        if (!fresh) return await this.client.confirm(issued.photo_id, { signal: this.signal });
        issued = fresh;
        endsAt = Date.now() + issued.expires_in_seconds * 1000;
        return this.sendAndConfirm(issued);
      }
    });
  }

  private async sendAndConfirm(issued: IssuedUpload): Promise<Photo> {
    this.told.restart();
    await putFile(this.client.transport, issued, this.described.body, {
      size: this.described.fileSize,
      signal: this.signal,
      onProgress: (sent) => {
        this.told.send(sent);
      },
    });
    this.told.tell("confirming");
    return this.client.confirm(issued.photo_id, { signal: this.signal });
  }

  /** Undefined where the photo takes no upload any more. */
  private async refreshed(photoId: string): Promise<IssuedUpload | undefined> {
    try {
      return await this.client.refreshUpload(photoId, { signal: this.signal });
    } catch (refusal) {
      if (refusal instanceof PhotodockError && refusal.code === "invalid_status_transition") return undefined;
      throw refusal;
    }
  }

  private async confirmedOr(photoId: string, error: NetworkError): Promise<Photo> {
    try {
      return await this.client.confirm(photoId, { signal: this.signal });
    } catch (refusal) {
      throw refusal instanceof PhotodockError && refusal.code === "upload_not_found" ? error : refusal;
    }
  }
}

async function finished(
  client: PhotodockClient,
  confirmed: Photo,
  told: Told,
  signal: AbortSignal | undefined,
): Promise<Photo> {
  let last = confirmed;
  for await (const photo of client.follow(confirmed.id, { signal })) {
    last = photo;
    told.tell("processing", photo.status);
  }
  told.tell("done", last.status);
  return last;
}

/** What was told of the progress. */
class Told {
  photoId: string | null = null;
  sentBytes = 0;
  private fraction = 0;
  private readonly totalBytes: number;
  private readonly onProgress: ((progress: UploadProgress) => void) | undefined;

  constructor(totalBytes: number, onProgress: ((progress: UploadProgress) => void) | undefined) {
    this.totalBytes = totalBytes;
    this.onProgress = onProgress;
  }

  restart(): void {
    this.sentBytes = 0;
  }

  send(sentBytes: number): void {
    this.sentBytes = sentBytes;
    this.tell("uploading");
  }

  tell(phase: UploadPhase, status?: PhotoStatus): void {
    this.fraction = Math.max(this.fraction, fractionOf(this.sentBytes, this.totalBytes, status));
    const { photoId, sentBytes, totalBytes, fraction } = this;
    this.onProgress?.({ phase, photoId, sentBytes, totalBytes, fraction });
  }
}
