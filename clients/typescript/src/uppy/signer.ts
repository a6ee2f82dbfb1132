import type { Body, Meta, Uppy, UppyFile } from "@uppy/core";

import type { PhotodockClient } from "../client.js";
import { PhotodockError } from "../errors.js";
import { randomId } from "../ids.js";
import type { UploadRequest } from "../models.js";
import { describePhoto } from "../source.js";
import { requestFor, throwIfMismatched } from "../upload.js";
import { aborted, completed, initiated, listed, type Request, type Signed } from "./answers.js";
import type { Cuts } from "./cuts.js";
import type { UppyOptions } from "./index.js";
import { InParts, Whole, type Way } from "./ways.js";

/** What was sent is not what was declared, and deleted; or somebody has deleted the photo. */
const LOST_CODES = ["content_mismatch", "photo_not_found"];

/** Does what Uppy asks of S3. Keys are Uppy's own ids of files until the photo has one, which is the key from then on. */
export class Signer<M extends Meta, B extends Body> {
  private readonly uppy: Uppy<M, B>;
  private readonly client: PhotodockClient;
  private readonly options: UppyOptions<M, B>;
  private readonly cuts: Cuts;
  private readonly whole: Whole;
  /** By what Uppy keeps as the upload's id, also over a reload of the page. */
  private readonly ways: ReadonlyMap<string, Way>;
  private readonly keys = new WeakMap<Blob, { text: string; key: string }>();

  constructor(uppy: Uppy<M, B>, options: UppyOptions<M, B>, cuts: Cuts) {
    this.uppy = uppy;
    this.client = options.client;
    this.options = options;
    this.cuts = cuts;
    this.whole = new Whole(options.client);
    this.ways = new Map<string, Way>([
      ["whole", this.whole],
      ["parts", new InParts(options.client)],
    ]);
  }

  async sign(request: Request): Promise<Signed> {
    try {
      return await this.signed(request);
    } catch (error) {
      if (error instanceof PhotodockError && LOST_CODES.includes(error.code)) this.startOver(request.key);
      throw error;
    }
  }

  private async signed(request: Request): Promise<Signed> {
    const { key, method } = request;
    if (!("uploadId" in request)) return this.begin(this.uppy.getFile(key));
    const way = this.ways.get(request.uploadId);
    if (!way) throw new Error(`"${request.uploadId}" is no upload of this client.`);
    if ("partNumber" in request) {
      const { upload_url: url, headers } = await way.part(key, request.partNumber);
      return { url, headers };
    }
    if (method === "GET") return listed(await way.list(key));
    if (method === "POST") return completed(throwIfMismatched(await way.complete(key)));
    await way.abort(key);
    return aborted();
  }

  private async begin(file: UppyFile<M, B>): Promise<Signed> {
    const data = file.data as Blob;
    const names = { fileName: file.meta.name, mimeType: file.type || undefined };
    const options = { ...this.options.details?.(file), projectId: this.options.projectId };
    const request = await requestFor(this.client, describePhoto(data, names), options);
    const issued = await this.client.requestUpload(request, { idempotencyKey: this.keyOf(data, request) });
    const key = issued.photo_id;
    this.uppy.setFileMeta(file.id, { photoId: key } as unknown as Parameters<Uppy<M, B>["setFileMeta"]>[1]);
    if (this.cuts.partSize(data.size) < data.size) {
      await this.startParts(key, data.size);
      return { ...initiated("parts"), key };
    }
    this.whole.remember(issued);
    return { ...initiated("whole"), key };
  }

  /** Of this photo nothing can come any more: a retry makes a new one. */
  private startOver(photoId: string): void {
    const file = this.uppy.getFiles().find(({ meta }) => meta["photoId"] === photoId);
    if (!file || file.isRemote) return;
    if (file.data) this.keys.delete(file.data);
    this.uppy.setFileState(file.id, { s3Multipart: undefined } as unknown as Partial<UppyFile<M, B>>);
  }

  private async startParts(photoId: string, fileSize: number): Promise<void> {
    try {
      this.cuts.learn(fileSize, (await this.client.multipart.start(photoId)).part_size);
    } catch (error) {
      if (error instanceof PhotodockError && error.code === "multipart_not_needed") this.cuts.learn(fileSize, fileSize);
      throw error;
    }
  }

  /** The same file under the same name is the same photo, however often it is begun. */
  private keyOf(data: Blob, request: UploadRequest): string {
    const text = JSON.stringify(request);
    const known = this.keys.get(data);
    if (known?.text === text) return known.key;
    const key = randomId();
    this.keys.set(data, { text, key });
    return key;
  }
}
