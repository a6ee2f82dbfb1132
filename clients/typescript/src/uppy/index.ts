import type AwsS3 from "@uppy/aws-s3";
import type { AwsBody } from "@uppy/aws-s3";
import type { Body, Meta, Uppy, UppyFile } from "@uppy/core";

import type { PhotodockClient } from "../client.js";
import type { UploadOptions } from "../upload.js";
import { takeUpAgain } from "./again.js";
import { Cuts } from "./cuts.js";
import { Signer } from "./signer.js";

/** Of each upload's `response.body`; `key` is the photo's id. */
export type { AwsBody };

export type PhotoDetails = Pick<UploadOptions, "detectionTypes" | "priority" | "clientMetadata">;

export interface UppyOptions<M extends Meta, B extends Body> {
  readonly client: PhotodockClient;
  readonly projectId: string;
  /** What else is to be said of a photo. */
  readonly details?: ((file: UppyFile<M, B>) => PhotoDetails) | undefined;
  /** Files of so many bytes and more go in parts; of the service it is `PHOTODOCK_MULTIPART_MIN_SIZE`. */
  readonly multipartFrom?: number | undefined;
  /** How many files are sent at once: Uppy's own default is 6. */
  readonly limit?: number | undefined;
}

const MULTIPART_FROM = 8 * 1024 * 1024;

/**
 * Gives Uppy its uploader, `@uppy/aws-s3`, which sends photos to photodock from then on. An upload succeeds when the
 * photo is confirmed; the photo's id is `file.meta.photoId` as soon as there is one.
 *
 * Uppy's uploader knows S3 alone. What it asks S3 for besides taking bytes is asked of the service here, and answered in
 * S3's words by a `data:` URL.
 */
export function connectUppy<M extends Meta, B extends Body>(
  uppy: Uppy<M, B>,
  uploader: typeof AwsS3,
  options: UppyOptions<M, B>,
): void {
  const cuts = new Cuts(options.multipartFrom ?? MULTIPART_FROM);
  const signer = new Signer(uppy, options, cuts);
  uppy.use(uploader<M, B>, {
    // To Uppy all files go in parts, small ones in a single one: then confirming is a part of the upload, and a file that
    // was sent before its answer was lost is found when Uppy lists the parts, before it is sent again.
    shouldUseMultipart: true,
    getChunkSize: ({ size }) => cuts.partSize(size),
    generateObjectKey: ({ id }) => id,
    signRequest: (request) => signer.sign(request),
    ...(options.limit !== undefined && { limit: options.limit }),
  });
  takeUpAgain(uppy);
}
