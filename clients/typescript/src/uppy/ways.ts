import type { PhotodockClient } from "../client.js";
import { PhotodockError } from "../errors.js";
import type { IssuedUpload, Part, Photo } from "../models.js";
import type { SignedPut } from "../storage.js";

/** How a photo's bytes get to the store, told as if all were parts. */
export interface Way {
  part(photoId: string, number: number): Promise<SignedPut>;
  /** What need not be sent any more. */
  list(photoId: string): Promise<readonly Part[]>;
  /** The photo, confirmed. May be repeated. */
  complete(photoId: string): Promise<Photo>;
  abort(photoId: string): Promise<void>;
}

/** By the upload URL: the file is its own only part. */
export class Whole implements Way {
  private readonly client: PhotodockClient;
  private readonly fresh = new Map<string, IssuedUpload>();

  constructor(client: PhotodockClient) {
    this.client = client;
  }

  /** A first URL costs no second call. */
  remember(issued: IssuedUpload): void {
    this.fresh.set(issued.photo_id, issued);
  }

  async part(photoId: string): Promise<SignedPut> {
    const issued = this.fresh.get(photoId);
    this.fresh.delete(photoId);
    return issued ?? this.client.refreshUpload(photoId);
  }

  /** A file whose answer was lost has arrived all the same, and can be confirmed. */
  async list(photoId: string): Promise<readonly Part[]> {
    try {
      await this.client.confirm(photoId);
      return parts(1);
    } catch (error) {
      if (hasCode(error, "upload_not_found")) return [];
      throw error;
    }
  }

  async complete(photoId: string): Promise<Photo> {
    return this.client.confirm(photoId);
  }

  /** There is nothing to throw away: the service gives up a photo whose file never comes. */
  async abort(photoId: string): Promise<void> {
    this.fresh.delete(photoId);
    return Promise.resolve();
  }
}

export class InParts implements Way {
  private readonly client: PhotodockClient;

  constructor(client: PhotodockClient) {
    this.client = client;
  }

  async part(photoId: string, number: number): Promise<SignedPut> {
    const { items } = await this.client.multipart.parts(photoId, { numbers: [number] });
    const [issued] = items;
    if (!issued) throw new PhotodockError("unexpected_answer", `No URL came for part ${String(number)}.`);
    return issued;
  }

  async list(photoId: string): Promise<readonly Part[]> {
    try {
      return (await this.client.multipart.parts(photoId)).uploaded;
    } catch (error) {
      if (!hasCode(error, "multipart_not_started", "invalid_status_transition")) throw error;
      return this.begunAnew(photoId);
    }
  }

  /** The upload is over: completed before an answer was lost, aborted, or given up after days. */
  private async begunAnew(photoId: string): Promise<readonly Part[]> {
    const photo = await this.client.photo(photoId);
    if (photo.error?.code === "upload_expired") await this.client.refreshUpload(photoId);
    else if (photo.status !== "pending_upload") return parts(MAX_PARTS);
    await this.client.multipart.start(photoId);
    return [];
  }

  async complete(photoId: string): Promise<Photo> {
    return this.client.multipart.complete(photoId);
  }

  async abort(photoId: string): Promise<void> {
    await this.client.multipart.abort(photoId);
  }
}

/** Uppy leaves out numbers that a file has not. */
const MAX_PARTS = 1000;

/** As of a photo that has arrived. Nobody looks at these ETags any more. */
function parts(count: number): readonly Part[] {
  return Array.from({ length: count }, (_, index) => ({ part_number: index + 1, etag: "arrived" }));
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof PhotodockError && codes.includes(error.code);
}
