import type { AwsS3Options } from "@uppy/aws-s3";
import type { Body, Meta } from "@uppy/core";

import type { Part, Photo } from "../models.js";

export type SignRequest = Extract<AwsS3Options<Meta, Body>, { signRequest: unknown }>["signRequest"];
export type Request = Parameters<SignRequest>[0];
export type Signed = Awaited<ReturnType<SignRequest>>;

/** What S3 answers, so far as Uppy reads it. A `data:` URL, as Uppy sends a request to whatever it gets. */
export function initiated(uploadId: string): Signed {
  return answer("InitiateMultipartUploadResult", element("UploadId", uploadId));
}

export function listed(parts: readonly Part[]): Signed {
  const items = parts.map(({ part_number, etag }) =>
    element("Part", element("PartNumber", String(part_number)) + element("ETag", escape(etag))),
  );
  return answer("ListPartsResult", items.join(""));
}

export function completed(photo: Photo): Signed {
  const content = element("Location", escape(photo.s3_url)) + element("Key", photo.id);
  return answer("CompleteMultipartUploadResult", content);
}

export function aborted(): Signed {
  return answer("AbortMultipartUploadResult", "");
}

function answer(name: string, content: string): Signed {
  return { url: `data:application/xml,${encodeURIComponent(element(name, content))}` };
}

function element(name: string, content: string): string {
  return `<${name}>${content}</${name}>`;
}

function escape(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;" })[character] ?? "&gt;");
}
