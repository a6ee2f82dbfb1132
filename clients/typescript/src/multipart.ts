import type { Api, CallOptions } from "./http.js";
import type { MultipartUpload, Part, PartList, Photo } from "./models.js";

export interface PartQuery {
  /** Parts whose URLs are wanted, up to 100; none: just what is there. */
  readonly numbers?: readonly number[] | undefined;
  /** Of each of those its SHA-256, base64, where the upload was begun with `partChecksums`. */
  readonly checksums?: readonly string[] | undefined;
}

/** Uploads in parts, for large photos on poor networks: what has arrived stays, and only the rest is sent again. */
export class Multipart {
  private readonly api: Api;

  constructor(api: Api) {
    this.api = api;
  }

  /** For a photo that is pending. A repeat resumes the same upload. */
  async start(photoId: string, options: CallOptions & { partChecksums?: boolean } = {}): Promise<MultipartUpload> {
    const body = { part_checksums: options.partChecksums ?? false };
    return this.api.json({ method: "POST", path: path(photoId), body, expects: "part_size", ...sending(options) });
  }

  /** URLs for parts, and which parts are there. */
  async parts(photoId: string, query: PartQuery = {}, options: CallOptions = {}): Promise<PartList> {
    const { numbers, checksums } = query;
    const lists = { numbers: numbers?.join(","), checksums_sha256: checksums?.join(",") };
    return this.api.json({
      method: "GET",
      path: `${path(photoId)}/parts`,
      query: lists,
      expects: "items",
      ...sending(options),
    });
  }

  /** Puts the parts together and confirms the photo; without `parts` those that are there. */
  async complete(photoId: string, parts?: readonly Part[], options: CallOptions = {}): Promise<Photo> {
    const body = parts ? { parts } : {};
    return this.api.json({
      method: "POST",
      path: `${path(photoId)}/complete`,
      body,
      expects: "id",
      ...sending(options),
    });
  }

  /** Throws away what was sent; the photo stays pending. */
  async abort(photoId: string, options: CallOptions = {}): Promise<void> {
    await this.api.answer({ method: "DELETE", path: path(photoId), expects: null, ...sending(options) });
  }
}

function sending({ signal, attempts }: CallOptions): CallOptions {
  return { signal, attempts };
}

function path(photoId: string): string {
  return `/photos/${encodeURIComponent(photoId)}/multipart`;
}
